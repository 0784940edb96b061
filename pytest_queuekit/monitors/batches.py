"""A batch claim takes as many tasks as its limit allows: no more, and no fewer while some wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import (
    Arrival,
    AvailableInterval,
    available_intervals,
)
from pytest_queuekit.monitors.timeline.batch_claims import Encounters, batches_of
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.moments import NEVER, latest, number
from pytest_queuekit.monitors.timeline.routes import may_get
from pytest_queuekit.monitors.timeline.tasks import UnknownClaims, most_taken
from pytest_queuekit.monitors.timeline.wording import actor, done, when

_FULL = "CLAIM-8"
"""The rule whose waiver covers all short batches, whatever rule meets them."""
_CAP = 10
"""Tasks above which a queue may end a batch, whatever its limit."""
_HIGHEST = 1000
"""The limit above which a queue may answer as to a wrong value."""


def batches(history: History, contract: Contract) -> list[Violation]:
    """Report batch claims of the wrong size.

    `over-limit`: more tasks than the limit. `left-out`: fewer, although a task without a delay
    waited throughout the call and no other call met it. `no_false_empty` judges empty batches.
    Batches may be short where the contract says so, or a limitation waives the rule about it.
    """
    return smallest([*_over_limit(history), *_left_out(history, contract)])


def _over_limit(history: History) -> Iterator[Violation]:
    for batch in history.derived(batches_of):
        limit = number(batch[0].arguments["batch"])
        if limit is not None and -NEVER < limit < len(batch):
            yield violation(
                "over-limit",
                "Batch larger than its limit",
                f"{actor(batch[0])} claimed a batch of at most {limit:g} {when(history, batch[0])} "
                f"and received {len(batch)} tasks.",
                *batch[: max(0, int(limit)) + 1],
            )


def _left_out(history: History, contract: Contract) -> Iterator[Violation]:
    if contract.lacks((Capability.FULL_BATCHES,)) or _FULL in contract.waivers:
        return
    few = [batch for batch in history.derived(batches_of) if _is_short(batch)]
    encounters = history.derived(Encounters) if few else None
    short = [batch for batch in few if encounters and encounters.is_alone(batch[0])]
    if not short:
        return
    waiting = [
        interval
        for interval in available_intervals(history, contract)
        if interval.arrival in (Arrival.ENQUEUED, Arrival.RELEASED)
        # A queue may look at the delayed tasks only when no other is left.
        and not number(interval.enqueue.arguments.get("delay"))
    ]
    unknown = history.derived(UnknownClaims.of).claims
    for (claim, *others), there in _with_waiting(short, waiting):
        left = [interval for interval in there if _waits_throughout(interval, claim)]
        taken = sum(most_taken(other) for other in unknown if other.start <= latest(claim))
        if len(left) > taken:
            yield _left_behind(history, left[0], [claim, *others])


def _is_short(batch: Sequence[Operation]) -> bool:
    limit = batch[0].arguments["batch"]
    return isinstance(limit, int) and limit <= _HIGHEST and len(batch) < min(limit, _CAP)


def _with_waiting(
    batches: Iterable[Sequence[Operation]], intervals: Sequence[AvailableInterval]
) -> Iterator[tuple[Sequence[Operation], list[AvailableInterval]]]:
    """Return each batch, by start, with the intervals that go on at its start, in their order."""
    coming = sorted(range(len(intervals)), key=lambda at: -intervals[at].ready)
    there: list[int] = []
    for batch in sorted(batches, key=lambda batch: batch[0].start):
        start = batch[0].start
        while coming and intervals[coming[-1]].ready < start:
            there.append(coming.pop())
        there = sorted(at for at in there if intervals[at].until > start)
        yield batch, [intervals[at] for at in there]


def _waits_throughout(interval: AvailableInterval, claim: Operation) -> bool:
    able = bool(may_get(claim, interval.enqueue))
    return able and interval.ready < claim.start and latest(claim) < interval.until


def _left_behind(
    history: History, interval: AvailableInterval, batch: Sequence[Operation]
) -> Violation:
    claim, task = batch[0], interval.task.label
    return violation(
        "left-out",
        "Waiting task left out of a batch",
        f"{actor(claim)} claimed a batch of {claim.arguments['batch']} {when(history, claim)} and "
        f"received {len(batch)}, although {task} ({done(history, interval.cause[-1])}) waited.",
        *interval.cause,
        *batch,
    )
