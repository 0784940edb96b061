"""What was accepted comes out."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import Reason, Stay, buried, stays_of
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import NEVER, span
from pytest_queuekit.monitors.timeline.losses import Lookups, excused_by_ghosts, forgets

_KINDS = {
    Reason.ENQUEUED: "lost",
    Reason.RELEASED: "released-lost",
    Reason.EXPIRED: "unfinished-lost",
}
_CAUSES = {
    Reason.ENQUEUED: "was enqueued",
    Reason.RELEASED: "was given back",
    Reason.EXPIRED: "was held by a worker that never acknowledged it",
}


def no_loss(history: History, contract: Contract) -> list[Violation]:
    """Find tasks that never came though claims went on until the queue was empty.

    `lost`: accepted and never delivered; `released-lost`: given back and not delivered again;
    `unfinished-lost`: delivered at least once, never acknowledged, and not delivered again.
    Tasks that share an idempotency key are left to the monitor `keys`, failed ones to `retry`.
    """
    if not history.drained or forgets(history, contract):
        return []
    lookups, dead = Lookups(history), buried(history)
    missing = [
        (stay, lookup)
        for stay in stays_of(history, contract)
        if stay.reason in _KINDS and _never_taken(stay) and stay.life.task not in dead
        for lookup in [lookups.last(stay.enqueue)]
        if lookup is not None and stay.ready < lookup.start
    ]
    excused = excused_by_ghosts(history, contract, [stay.life for stay, _ in missing])
    return smallest(_tell(history, missing, excused)) if len(missing) > excused else []


def _never_taken(stay: Stay) -> bool:
    return stay.until == NEVER


def _tell(
    history: History, missing: list[tuple[Stay, Operation]], excused: int
) -> Iterator[Violation]:
    note = (
        f"; of {len(missing)} such tasks, claims of unknown outcome explain at most {excused}"
        if excused
        else ""
    )
    for stay, lookup in missing:
        last = stay.cause[-1]
        yield violation(
            _KINDS[stay.reason],
            f"task {stay.life.task} {_CAUSES[stay.reason]} ({last.actor}, {last.verb} "
            f"{span(history, last)}) and never came again, though {lookup.actor} found the queue "
            f"empty in the end ({span(history, lookup)}){note}",
            stay.enqueue,
            *stay.cause,
            lookup,
        )
