"""Tasks are delivered in the declared order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pytest_queuekit.model.capabilities import declaration
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.coverage import Interval, passed_over, shortest_cover
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.moments import NEVER
from pytest_queuekit.monitors.timeline.places import (
    Ranks,
    comparable,
    has_priority,
    place_of,
)
from pytest_queuekit.monitors.timeline.shelf_life import may_expire
from pytest_queuekit.monitors.timeline.tasks import TaskHistory, UnknownClaims
from pytest_queuekit.monitors.timeline.wording import actor, when

_MOST_PROVEN = 20
"""Claims out of order for which a proof is built."""


def order(history: History, contract: Contract) -> list[Violation]:
    """Report first deliveries that passed over a better task.

    `priority-order`: a task of better priority certainly waited; `fifo-order`: a task of the same
    priority that was certainly enqueued earlier waited; `lifo-order`: a task of the same priority
    that was certainly enqueued later waited. Tasks with a priority are not compared with tasks
    without one, since a queue chooses its own default. Delayed tasks, tasks of a group, and claims
    after the first claim of unknown outcome are left out.
    """
    groups: dict[bool, list[TaskHistory]] = defaultdict(list)
    for task in comparable(history, contract):
        groups[has_priority(task.enqueues[0], contract)].append(task)
    return smallest(
        wrong for group in groups.values() for wrong in _in_group(history, contract, group)
    )


def _in_group(
    history: History, contract: Contract, tasks: list[TaskHistory]
) -> Iterator[Violation]:
    first_unknown = history.derived(UnknownClaims.of).first_start
    ranks = Ranks(contract.order)
    # In a drained history a task that was never delivered is lost: `no_loss` reports it.
    candidates = [task for task in tasks if task.first_claim is not None or not history.drained]
    waits = [_waiting(task, ranks, first_unknown) for task in candidates]
    waiting = [interval for interval in waits if interval is not None]
    claims = [_claimed(task, ranks) for task in tasks]
    probes = [probe for probe in claims if probe is not None]
    for probe in passed_over(waiting, probes)[:_MOST_PROVEN]:
        better = (interval for interval in waiting if interval.rank < probe.rank)
        yield _violation(history, contract, probe, shortest_cover(probe, better))


def _waiting(task: TaskHistory, ranks: Ranks, first_unknown: float) -> Interval | None:
    """Return when a task that may go to any worker certainly waited for its first delivery.

    From the enqueue's end to the start of the claim or cancel, open at both ends.
    Counter-examples under FIFO: enqueue t [0, 1], enqueue u [1, 5], where u may come first;
    claim u [6, 7], claim t [7, 9], where t may be gone first.
    """
    enqueue, claim = task.enqueues[0], task.first_claim
    if not enqueue.ok or enqueue.end is None or enqueue.arguments.get("capabilities"):
        return None
    until = min(first_unknown, may_expire(enqueue), NEVER if claim is None else claim.start)
    if task.cancels:
        until = min(until, *(cancel.start for cancel in task.cancels))
    if enqueue.end >= until:
        return None
    return Interval(enqueue.end, until, task, ranks.waiting(enqueue))


def _claimed(task: TaskHistory, ranks: Ranks) -> Interval | None:
    """Return when a task was claimed first: not before its own enqueue started."""
    enqueue, claim = task.enqueues[0], task.first_claim
    if claim is None or claim.end is None or claim.end < enqueue.start:
        return None
    return Interval(max(claim.start, enqueue.start), claim.end, task, ranks.claimed(enqueue))


def _violation(
    history: History, contract: Contract, probe: Interval, better: Sequence[Interval]
) -> Violation:
    task: TaskHistory = probe.item
    skipped: list[TaskHistory] = [interval.item for interval in better]
    claim = task.first_claim
    assert claim is not None  # noqa: S101 - every probe is a claim
    priority = Ranks(contract.order).priority
    own = priority(task.enqueues[0])
    tie = all(priority(other.enqueues[0]) == own for other in skipped)
    ties = contract.order.ties
    names = " and then ".join(place_of(history, other.enqueues[0]) for other in skipped)
    return violation(
        f"{ties}-order" if tie else "priority-order",
        f"Task delivered out of {ties.upper() if tie else 'priority'} order",
        f"{actor(claim)} claimed {place_of(history, task.enqueues[0])} {when(history, claim)} "
        f"although {names} still waited (declared "
        f"`{declaration(contract.order, 'ties' if tie else 'priority')}`).",
        task.enqueues[0],
        claim,
        *(operation for other in skipped for operation in (other.enqueues[0], other.first_claim)),
    )
