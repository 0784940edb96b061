"""Of the tasks that a worker can do, and that are due, it is given the first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import Reason, Stay, stays_of
from pytest_queuekit.monitors.timeline.coverage import Interval, beaten, cover_of
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import NEVER, number, span
from pytest_queuekit.monitors.timeline.routes import may_get
from pytest_queuekit.monitors.timeline.tasks import Ghosts, Life, lives_of


def ready_order(history: History, contract: Contract) -> list[Violation]:
    """Find `out-of-turn`: first deliveries for which a better task that was ready was passed over.

    Unlike `order` this knows delays and routes. Ties count only where no task had a delay: when a
    delayed one takes its place among its equals is the queue's affair.
    """
    if Ghosts.of(history).claims:
        return []
    lives = [life for life in lives_of(history).values() if life.first is not None]
    ties = contract.order.ties == "fifo" and not any(_delayed(one) for one in lives)
    stays = [one for one in stays_of(history, contract) if one.reason is Reason.ENQUEUED]
    return smallest(
        found
        for group in _by_worker(lives)
        for found in _passed_over(history, contract, (group, stays), ties=ties)
    )


def _by_worker(lives: Sequence[Life]) -> Iterator[list[Life]]:
    """Group tasks by what the worker that got them first said of itself."""
    groups: dict[str, list[Life]] = defaultdict(list)
    for life in lives:
        if life.first is not None and life.enqueue is not None:
            groups[repr(life.first.arguments.get("capabilities"))].append(life)
    yield from groups.values()


def _passed_over(
    history: History, contract: Contract, tasks: tuple[list[Life], list[Stay]], *, ties: bool
) -> Iterator[Violation]:
    group, stays = tasks
    worker = group[0].deliveries[0].claim
    there = [
        Interval(one.ready, one.until, one, _rank(one.enqueue, contract, ties=ties))
        for one in stays
        if may_get(worker, one.enqueue)
    ]
    probes = [
        Interval(first.start, first.end, life, _rank(life.enqueues[0], contract, ties=ties))
        for life in group
        for first in (life.first,)
        if first is not None and first.end is not None
    ]
    for probe in beaten(there, probes):
        better = [one for one in there if one.rank < probe.rank]
        yield _violation(history, probe.what, [one.what for one in cover_of(probe, better)])


def _rank(enqueue: Operation, contract: Contract, *, ties: bool) -> tuple[float, float]:
    direction = {"lower-first": 1, "higher-first": -1, None: 0}[contract.order.priority]
    priority = direction * (number(enqueue.arguments.get("priority")) or 0)
    end = NEVER if enqueue.end is None else enqueue.end
    return priority, end if ties else 0


def _delayed(life: Life) -> bool:
    return any(one.arguments.get("delay") for one in life.enqueues)


def _violation(history: History, life: Life, passed: list[Stay]) -> Violation:
    claim = life.deliveries[0].claim
    names = ", then ".join(f"{one.life.task}" for one in passed)
    return violation(
        "out-of-turn",
        f"{claim.actor} was handed task {life.task} (claim {span(history, claim)}), while task "
        f"{names}, which it could do, was ready and should have gone first",
        life.enqueues[0],
        claim,
        *(one.enqueue for one in passed),
    )
