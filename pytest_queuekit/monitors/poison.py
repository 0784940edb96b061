"""The queue gives up a task that makes every worker vanish."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.attempts import cite_limit, declared_limit
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.tasks import tasks_of
from pytest_queuekit.monitors.timeline.wording import times

_SPARE = 1
"""Deliveries allowed beyond the limit: some queues count an attempt at its start, some later."""


def poison(history: History, contract: Contract) -> list[Violation]:
    """Report `never-given-up`: a task delivered more often than its limit of attempts.

    Every delivery counts, however it ended. For scenarios whose workers all vanish.
    """
    return smallest(
        violation(
            "never-given-up",
            "Task delivered beyond its limit of attempts",
            f"{task.label} was delivered {times(len(task.deliveries))}, each time to a worker that "
            f"vanished ({cite_limit(task, contract)}).",
            *(delivery.claim for delivery in task.deliveries),
        )
        for task in tasks_of(history).values()
        for limit in (declared_limit(task, contract),)
        if limit is not None and len(task.deliveries) > limit + _SPARE
    )
