"""Every accepted task is delivered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import (
    Arrival,
    AvailableInterval,
    available_intervals,
)
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.losses import EmptyClaims, may_forget, most_taken_for_good
from pytest_queuekit.monitors.timeline.moments import NEVER
from pytest_queuekit.monitors.timeline.tasks import DeadLetters
from pytest_queuekit.monitors.timeline.wording import actor, done, when


class _Loss(NamedTuple):
    """The kind, title and words for a task that was never delivered: `fate` follows "was"."""

    kind: str
    title: str
    fate: str


_LOSSES = {
    Arrival.ENQUEUED: _Loss("lost", "Accepted task never delivered", "never delivered"),
    Arrival.REQUEUED: _Loss("requeue-lost", "Requeued task not delivered", "never delivered again"),
    Arrival.RELEASED: _Loss(
        "released-lost", "Released task never delivered again", "never delivered again"
    ),
    Arrival.EXPIRED: _Loss(
        "unfinished-lost",
        "Unfinished task never delivered again",
        "never acknowledged and never delivered again",
    ),
}


_WHOLE = " Another task of its batch was delivered, and a batch is added as a whole or not at all."


def no_loss(history: History, contract: Contract) -> list[Violation]:
    """Report tasks that were never delivered although claims went on until the queue was empty.

    `lost`: accepted and never delivered; `requeue-lost` and `released-lost`: requeued or released,
    and not delivered again;
    `unfinished-lost`: delivered, never acknowledged, and not delivered again. `idempotency` judges
    tasks that share an idempotency key, `retry` judges failed tasks.
    """
    if not history.drained or may_forget(history, contract):
        return []
    empty_claims = history.derived(EmptyClaims)
    dead_letters = history.derived(DeadLetters)
    missing = [
        (interval, empty)
        for interval in available_intervals(history, contract)
        if interval.arrival in _LOSSES
        and interval.until == NEVER
        and not dead_letters.contain(interval.task)
        for empty in [empty_claims.last_for(interval.enqueue)]
        # The last claim must start after the task was ready: otherwise it may look too early.
        if empty is not None and interval.ready < empty.start
    ]
    tasks = [interval.task for interval, _ in missing]
    excused = most_taken_for_good(history, contract, tasks)
    return smallest(_violations(history, missing, excused)) if len(missing) > excused else []


def _violations(
    history: History, missing: list[tuple[AvailableInterval, Operation]], excused: int
) -> Iterator[Violation]:
    note = (
        f" Claims of unknown outcome explain at most {excused} of {len(missing)} such tasks."
        if excused
        else ""
    )
    for interval, empty in missing:
        loss, last = _LOSSES[interval.arrival], interval.cause[-1]
        cause = interval.cause[0] if interval.arrival is Arrival.EXPIRED else last
        yield violation(
            loss.kind,
            loss.title,
            f"{interval.task.label} ({done(history, cause)}) was {loss.fate}: the last claim, by "
            f"{actor(empty)} {when(history, empty)}, returned empty."
            f"{'' if interval.enqueue.ok else _WHOLE}{note}",
            interval.enqueue,
            *interval.cause,
            empty,
        )
