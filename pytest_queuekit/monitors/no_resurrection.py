"""What is done, cancelled or dead does not come again."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import span
from pytest_queuekit.monitors.timeline.lease_intervals import Holds
from pytest_queuekit.monitors.timeline.tasks import Ghosts, Life, lives_of, next_claim

_KINDS = {
    Verb.COMPLETE: "completed-again",
    Verb.CANCEL: "cancelled-again",
    Verb.DEAD_LETTERS: "dead-again",
}
_CAUSES = {
    Verb.COMPLETE: "completed",
    Verb.CANCEL: "cancelled",
    Verb.DEAD_LETTERS: "listed among the dead letters",
}


def no_resurrection(history: History, contract: Contract) -> list[Violation]:
    """Find deliveries of finished tasks.

    `completed-again`: after its holder completed it within its lease; `cancelled-again`: after
    it was cancelled while it certainly waited; `dead-again`: after it was listed as dead.
    """
    holds, haunted = Holds(history, contract), Ghosts.of(history).first
    buried = _burials(history)
    return smallest(
        _violation(history, life, end, again)
        for life in lives_of(history).values()
        if life.enqueue is not None and life.deliveries
        for end in _ends(life, holds, haunted, buried.get(life.task))
        for again in [next_claim(life, end)]
        if again is not None
    )


def _burials(history: History) -> dict[str, Operation]:
    """Return for each task the first list of dead letters that has it."""
    first: dict[str, Operation] = {}
    for answer in history.by(Verb.DEAD_LETTERS):
        if answer.ok and isinstance(answer.result, list):
            for label in answer.result:
                first.setdefault(str(label), answer)
    return first


def _ends(
    life: Life, holds: Holds, haunted: float, burial: Operation | None
) -> Iterator[Operation]:
    for delivery in life.deliveries:
        for ending in delivery.endings():
            if ending.verb is Verb.COMPLETE and holds.counts(life, delivery, ending):
                yield ending
    for cancel in life.cancels:
        if cancel.ok and cancel.end is not None and _waited(life, cancel, haunted):
            yield cancel
    if burial is not None:
        yield burial


def _waited(life: Life, cancel: Operation, haunted: float) -> bool:
    """Whether the task certainly waited when it was cancelled: a held one need not be dropped."""
    enqueue, end = life.enqueues[0], cancel.end or cancel.start
    untouched = all(one.claim.start > end for one in life.deliveries)
    return enqueue.ok and enqueue.ended_before(cancel) and untouched and end < haunted


def _violation(history: History, life: Life, end: Operation, again: Operation) -> Violation:
    return violation(
        _KINDS[end.verb],
        f"task {life.task} was {_CAUSES[end.verb]} ({end.actor}, {span(history, end)}) and was "
        f"handed to {again.actor} after that (claim {span(history, again)})",
        end,
        again,
    )
