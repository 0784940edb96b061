"""A task that fails again and again does not keep the tasks behind it waiting for ever."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.attempts import declared_limit
from pytest_queuekit.monitors.timeline.available_intervals import Arrival, available_intervals
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.tasks import TaskHistory, tasks_of
from pytest_queuekit.monitors.timeline.wording import actor, done, when

PATIENCE = 50
"""Failures in a row after which a task without a limit of attempts counts as endless."""


def stuck_behind(history: History, contract: Contract) -> list[Violation]:
    """Report `stuck-behind`: a task that waited while another one failed again and again.

    A queue that declares a limit of attempts or the place of a retried task is not judged, nor is
    a stack: its last task goes first. For scenarios with tasks that every worker may take.
    """
    if contract.order.redelivery is not None or contract.order.ties == "lifo":
        return []
    failing = [
        (task, failures)
        for task in tasks_of(history).values()
        if declared_limit(task, contract) is None
        for failures in [_failures(task)]
        if len(failures) >= PATIENCE
    ]
    waiting = [
        interval
        for interval in available_intervals(history, contract)
        if interval.arrival is Arrival.ENQUEUED
    ]
    return smallest(
        violation(
            "stuck-behind",
            "Failing task keeps the tasks behind it waiting",
            f"{actor(during[0])} received {task.label} {len(during)} times in a row from "
            f"{when(history, during[0]).removeprefix('at ')} on, and reported each time that it "
            f"failed, while {interval.task.label} ({done(history, interval.enqueue)}) waited. No "
            "limit of attempts is declared, so it may wait for ever.",
            interval.enqueue,
            task.enqueues[0],
            *during[:2],
            during[-1],
        )
        for task, failures in failing
        for interval in waiting
        for during in [[f for f in failures if interval.ready < f.start < interval.until]]
        if len(during) >= PATIENCE
    )


def _failures(task: TaskHistory) -> list[Operation]:
    endings = [ending for delivery in task.deliveries for ending in delivery.endings]
    return [ending for ending in endings if ending.verb is Verb.FAIL and ending.ok]
