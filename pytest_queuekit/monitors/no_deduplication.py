"""Tasks with equal payloads are different tasks."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.losses import EmptyClaims, may_forget
from pytest_queuekit.monitors.timeline.tasks import TaskHistory, UnknownClaims, tasks_of
from pytest_queuekit.monitors.timeline.wording import actor, times, when


def no_deduplication(history: History, contract: Contract) -> list[Violation]:
    """Report `merged`: a payload that was enqueued more often than it was delivered.

    Enqueues with a key, and tasks that may have been cancelled, are left out. Use it in scenarios
    where any worker may receive any of the tasks with equal payloads.
    """
    if (
        not history.drained
        or may_forget(history, contract)
        or history.derived(UnknownClaims.of).claims
    ):
        return []
    empty_claims = history.derived(EmptyClaims)
    return smallest(
        _violation(history, task, empty)
        for task in tasks_of(history).values()
        if len(task.deliveries) < len(task.enqueues) and len(task.enqueues) > 1 and _plain(task)
        for last in task.enqueues[-1:]
        for empty in (empty_claims.last_for(last),)
        if empty is not None and last.ended_before(empty)
    )


def _plain(task: TaskHistory) -> bool:
    accepted = all(enqueue.ok and enqueue.arguments.get("key") is None for enqueue in task.enqueues)
    return accepted and not task.cancels


def _violation(history: History, task: TaskHistory, empty: Operation) -> Violation:
    return violation(
        "merged",
        "Tasks with equal payloads merged",
        f"{task.label} was enqueued {times(len(task.enqueues))} and delivered "
        f"{times(len(task.deliveries))} before a claim by {actor(empty)} "
        f"{when(history, empty)} returned empty.",
        *task.enqueues,
        *(delivery.claim for delivery in task.deliveries),
        empty,
    )
