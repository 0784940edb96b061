"""A released or retried task is delivered again from its declared place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pytest_queuekit.model.capabilities import declaration
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import (
    Arrival,
    AvailableInterval,
    available_intervals,
)
from pytest_queuekit.monitors.timeline.coverage import Interval, passed_over, shortest_cover
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.groups import group_of
from pytest_queuekit.monitors.timeline.moments import NEVER, nanoseconds
from pytest_queuekit.monitors.timeline.tasks import UnknownClaims
from pytest_queuekit.monitors.timeline.wording import actor, done, when

_ARRIVALS = (Arrival.ENQUEUED, Arrival.RELEASED, Arrival.FAILED)

_Place = tuple[int, float]
"""A place among the tasks of one priority: the part of the queue, and the place in that part."""


def redelivery(history: History, contract: Contract) -> list[Violation]:
    """Report `misplaced`: a delivery that passed over a task, one of the two delivered before.

    `order` compares first deliveries with each other. Tasks with a delay, a group or other
    capabilities are left out, as are tasks of different priorities.
    """
    if contract.order.redelivery is None or history.derived(UnknownClaims.of).claims:
        return []
    alike: dict[str, list[AvailableInterval]] = defaultdict(list)
    for interval in available_intervals(history, contract):
        # The place of a requeued task is undeclared.
        if (
            interval.arrival in _ARRIVALS
            and _is_plain(interval.enqueue)
            and not interval.task.requeued
        ):
            alike[repr(interval.enqueue.arguments.get("priority"))].append(interval)
    return smallest(
        wrong
        for intervals in alike.values()
        if any(map(_came_back, intervals))
        for wrong in _among(history, contract, intervals)
    )


def _is_plain(enqueue: Operation) -> bool:
    given = enqueue.arguments
    return not given.get("delay") and not given.get("capabilities") and group_of(enqueue) is None


def _among(
    history: History, contract: Contract, intervals: Sequence[AvailableInterval]
) -> Iterator[Violation]:
    waiting = [
        Interval(interval.ready, interval.until, interval, _places(interval, contract)[1])
        for interval in intervals
        if interval.ready < interval.until
    ]
    probes = [
        Interval(claim.start, claim.end, (claim, interval), _places(interval, contract)[0])
        for interval in intervals
        for claim in [_taken_by(interval)]
        if claim is not None and claim.end is not None
    ]
    for probe in passed_over(waiting, probes):
        claim, taken = probe.item
        better = [interval for interval in waiting if interval.rank < probe.rank]
        skipped = [interval.item for interval in shortest_cover(probe, better)]
        if any(_came_back(interval) for interval in (taken, *skipped)):
            yield _violation(history, contract, claim, taken, skipped)


def _places(interval: AvailableInterval, contract: Contract) -> tuple[_Place, _Place]:
    """Return the first and the last place that a task may have; the smaller place goes first.

    The place of a task that came back with a wait counts from its failure or from the wait's end.
    """
    enqueue, back = interval.enqueue, interval.cause[-1]
    redelivery, stack = contract.order.redelivery, contract.order.ties == "lifo"
    spread = nanoseconds(contract.order.resolution)
    if _came_back(interval) and redelivery == "head":
        return (0, -interval.ready), (0, -back.start + spread)
    if _came_back(interval) and redelivery == "tail":
        part = 2 if stack else 1
        return (part, back.start), (part, interval.ready + spread)
    end = NEVER if enqueue.end is None else enqueue.end
    if stack:
        # New tasks go to the head of a stack, as tasks with `redelivery="head"` do.
        part = 0 if redelivery == "head" else 1
        return (part, -end), (part, -enqueue.start + spread)
    return (1, enqueue.start), (1, end + spread)


def _came_back(interval: AvailableInterval) -> bool:
    return interval.arrival is not Arrival.ENQUEUED


def _taken_by(interval: AvailableInterval) -> Operation | None:
    claims = (delivery.claim for delivery in interval.task.deliveries)
    return next((claim for claim in claims if claim.start == interval.until), None)


def _violation(
    history: History,
    contract: Contract,
    claim: Operation,
    taken: AvailableInterval,
    skipped: Sequence[AvailableInterval],
) -> Violation:
    names = " and then ".join(_described(history, interval) for interval in skipped)
    return violation(
        "misplaced",
        "Task delivered again from another place than declared",
        f"{actor(claim)} claimed {_described(history, taken)} {when(history, claim)} although "
        f"{names} still waited (declared `{declaration(contract.order, 'redelivery', 'ties')}`).",
        *(step for interval in (taken, *skipped) for step in (interval.enqueue, *interval.cause)),
        claim,
        *map(_taken_by, skipped),
    )


def _described(history: History, interval: AvailableInterval) -> str:
    return f"{interval.task.label} ({done(history, interval.cause[-1])})"
