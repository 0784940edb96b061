"""A completed, cancelled or dead task is not delivered again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.tasks import (
    DeadLetters,
    TaskHistory,
    UnknownClaims,
    next_claim,
    tasks_of,
)
from pytest_queuekit.monitors.timeline.wording import PAST, actor, when

_KINDS = {
    Verb.COMPLETE: ("completed-again", "Completed task delivered again"),
    Verb.CANCEL: ("cancelled-again", "Cancelled task delivered"),
    Verb.DEAD_LETTERS: ("dead-again", "Dead letter delivered again"),
}


def no_resurrection(history: History, contract: Contract) -> list[Violation]:
    """Report deliveries of finished tasks.

    `completed-again`: after the holder completed the task within its lease; `cancelled-again`:
    after a cancel while the task certainly waited; `dead-again`: after a list of dead letters
    contained the task.
    """
    leases = history.derived(LeaseIntervals, contract)
    first_unknown = history.derived(UnknownClaims.of).first_start
    dead_letters = history.derived(DeadLetters)
    return smallest(
        _violation(history, task, end, again)
        for task in tasks_of(history).values()
        if task.only_enqueue is not None and task.deliveries
        for end in _ends(task, leases, first_unknown, dead_letters.naming(task.label))
        for again in [next_claim(task, end)]
        if again is not None
    )


def _ends(
    task: TaskHistory, leases: LeaseIntervals, first_unknown: float, listed: Sequence[Operation]
) -> Iterator[Operation]:
    for delivery in task.deliveries:
        for ending in delivery.endings:
            again = ending.verb is Verb.COMPLETE and next_claim(task, ending)
            if again and leases.took_effect(task, delivery, ending):
                yield ending
    for cancel in task.cancels:
        if cancel.ok and cancel.end is not None and _waited(task, cancel, first_unknown):
            yield cancel
    yield from listed[:1]


def _waited(task: TaskHistory, cancel: Operation, first_unknown: float) -> bool:
    """Return True if a task certainly waited when it was cancelled.

    A queue need not drop a held task. Enqueue and claim must not even touch the cancel.
    Counter-example: enqueue [0, 1], cancel [2, 3], claim [3, 5] is legal: the claim may come first.
    """
    enqueue, end = task.enqueues[0], cancel.end or cancel.start
    untouched = all(delivery.claim.start > end for delivery in task.deliveries)
    return enqueue.ok and enqueue.ended_before(cancel) and untouched and end < first_unknown


def _violation(history: History, task: TaskHistory, end: Operation, again: Operation) -> Violation:
    kind, title = _KINDS[end.verb]
    if end.verb is Verb.DEAD_LETTERS:
        cause = f"it was {PAST[end.verb]} {when(history, end)}"
    else:
        cause = f"{actor(end)} had {PAST[end.verb]} it {when(history, end)}"
    detail = f"{actor(again)} claimed {task.label} {when(history, again)} although {cause}."
    return violation(kind, title, detail, end, again)
