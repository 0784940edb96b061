"""A worker receives the first of the tasks that are due and suit it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pytest_queuekit.model.capabilities import declaration
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import (
    Arrival,
    AvailableInterval,
    available_intervals,
)
from pytest_queuekit.monitors.timeline.coverage import Interval, passed_over, shortest_cover
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.lives import lives_of
from pytest_queuekit.monitors.timeline.moments import NEVER, nanoseconds
from pytest_queuekit.monitors.timeline.places import Ranks, place_of
from pytest_queuekit.monitors.timeline.routes import may_get
from pytest_queuekit.monitors.timeline.tasks import TaskHistory, UnknownClaims
from pytest_queuekit.monitors.timeline.wording import actor, when


def ready_order(history: History, contract: Contract) -> list[Violation]:
    """Report `out-of-turn`: first deliveries that passed over a better task that was ready.

    The first delivery after a requeue counts as well, with the priority of its task alone. Unlike
    `order`, this monitor allows for delays and routes. It compares ties only if no task has a
    delay: a queue chooses the place of a delayed task among its equals.
    """
    if history.derived(UnknownClaims.of).claims:
        return []
    tasks = [task for task in lives_of(history, contract) if task.first_claim is not None]
    ties = contract.order.ties == "fifo" and not any(
        enqueue.arguments.get("delay") for task in tasks for enqueue in task.enqueues
    )
    ready = [
        interval
        for interval in available_intervals(history, contract)
        if interval.arrival in (Arrival.ENQUEUED, Arrival.REQUEUED)
    ]
    return smallest(
        wrong
        for group in _by_worker(tasks)
        for wrong in _in_group(history, contract, group, ready, ties=ties)
    )


def _by_worker(tasks: Sequence[TaskHistory]) -> Iterator[list[TaskHistory]]:
    """Group tasks by the capabilities of the worker that received them first."""
    groups: dict[str, list[TaskHistory]] = defaultdict(list)
    for task in tasks:
        if task.first_claim is not None:
            groups[repr(task.first_claim.arguments.get("capabilities"))].append(task)
    yield from groups.values()


def _in_group(
    history: History,
    contract: Contract,
    group: list[TaskHistory],
    ready: list[AvailableInterval],
    *,
    ties: bool,
) -> Iterator[Violation]:
    worker, ranks = group[0].deliveries[0].claim, Ranks(contract.order)
    suitable = [
        Interval(interval.ready, interval.until, interval, (rank, since))
        for interval in ready
        if may_get(worker, interval.enqueue)
        for rank in (ranks.priority(interval.enqueue),)
        for since in (_last_place(interval, contract) if ties else 0,)
    ]
    # A tie goes to the task whose enqueue ended before the other's started. Counter-example:
    # enqueue t [0, 3], enqueue u [2, 5], claim u, claim t is legal.
    probes = [
        Interval(claim.start, claim.end, task, (rank, _first_place(task) if ties else 0))
        for task in group
        for claim in (task.first_claim,)
        for rank in (ranks.priority(task.enqueues[0]),)
        if claim is not None and claim.end is not None
    ]
    for probe in passed_over(suitable, probes):
        better = [interval for interval in suitable if interval.rank < probe.rank]
        skipped = [interval.item for interval in shortest_cover(probe, better)]
        yield _violation(history, contract, probe.item, skipped)


def _last_place(interval: AvailableInterval, contract: Contract) -> float:
    """Return the last place that a task may have among those of its priority.

    The place of a requeued task is undeclared.
    """
    if interval.arrival is Arrival.REQUEUED:
        return NEVER
    return interval.since + nanoseconds(contract.order.resolution)


def _first_place(task: TaskHistory) -> float:
    """Return the first place that a task may have among those of its priority."""
    return -NEVER if task.requeued else task.enqueues[0].start


def _violation(
    history: History, contract: Contract, task: TaskHistory, skipped: list[AvailableInterval]
) -> Violation:
    claim = task.deliveries[0].claim
    names = " and then ".join(place_of(history, interval.enqueue) for interval in skipped)
    were = "was" if len(skipped) == 1 else "were"
    return violation(
        "out-of-turn",
        "Ready task passed over",
        f"{actor(claim)} claimed {place_of(history, task.enqueues[0])} {when(history, claim)} "
        f"although {names} {were} ready and {actor(claim)} had the capabilities for it (declared "
        f"`{declaration(contract.order, 'priority', 'ties')}`).",
        task.enqueues[0],
        task.requeued,
        claim,
        *(call for interval in skipped for call in (interval.enqueue, *interval.cause)),
    )
