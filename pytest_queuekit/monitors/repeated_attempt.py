"""A task with a limit of one attempt is not delivered again after its worker's death."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.attempts import cite_limit
from pytest_queuekit.monitors.timeline.deaths import OnlyAttempts
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.tasks import tasks_of
from pytest_queuekit.monitors.timeline.wording import actor, when


def repeated_attempt(history: History, contract: Contract) -> list[Violation]:
    """Report `attempt-repeated`: a task delivered again although its only attempt was used.

    For scenarios in which the first worker dies. A queue may count failures alone, and not deaths,
    unless it declares `counts_deaths`.
    """
    attempts = OnlyAttempts(history, contract)
    return smallest(
        violation(
            "attempt-repeated",
            "Task with a single attempt delivered again",
            f"{actor(again)} claimed {task.label} {when(history, again)} although {actor(first)} "
            f"had claimed it {when(history, first)} and died ({cite_limit(task, contract)}).",
            *task.enqueues,
            first,
            again,
        )
        for task in tasks_of(history).values()
        if attempts.ended_by_death(task) and len(task.deliveries) > 1
        for first, again in [[delivery.claim for delivery in task.deliveries[:2]]]
    )
