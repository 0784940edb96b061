"""One worker at a time holds a task."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.capabilities import Guarantee
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseInterval, LeaseIntervals
from pytest_queuekit.monitors.timeline.tasks import TaskHistory, tasks_of
from pytest_queuekit.monitors.timeline.wording import actor, when


def exclusive(history: History, contract: Contract) -> list[Violation]:
    """Report `double-delivery`: a task delivered while another delivery certainly held it.

    A queue that promises at-most-once may deliver a task again only after a release. Tasks that
    may have been enqueued more than once are left out.
    """
    leases = history.derived(LeaseIntervals, contract)
    return smallest(
        _violation(history, contract, leases, task, *pair)
        for task in tasks_of(history).values()
        if len(task.enqueues) < 2 and len(task.deliveries) > 1
        for pair in _first_clash(task, leases)
    )


def _first_clash(
    task: TaskHistory, leases: LeaseIntervals
) -> Iterator[tuple[LeaseInterval, LeaseInterval]]:
    """Find the first two deliveries of a task that are illegal in either order."""
    intervals = [leases.of(delivery) for delivery in task.deliveries]
    for place, first in enumerate(intervals):
        for later in range(place + 1, len(intervals)):
            second = intervals[later]
            if not _may_precede(first, second) and not _may_precede(second, first):
                yield first, second
                return
            if first.held_until <= second.delivery.claim.start:
                break


def _may_precede(first: LeaseInterval, second: LeaseInterval) -> bool:
    """Return True if the second claim may have looked after the first delivery was over.

    It looked no earlier than the first claim started: the first delivery comes first. Both ends
    are closed: a claim may look at its very start or end.
    """
    started = max(first.delivery.claim.start, second.delivery.claim.start)
    return started <= _end(second) and first.may_be_free(started, _end(second))


def _end(interval: LeaseInterval) -> int:
    end = interval.delivery.claim.end
    return interval.delivery.claim.start if end is None else end


def _violation(
    history: History,
    contract: Contract,
    leases: LeaseIntervals,
    task: TaskHistory,
    first: LeaseInterval,
    second: LeaseInterval,
) -> Violation:
    holder, rival = first.delivery.claim, second.delivery.claim
    once = contract.guarantee is Guarantee.AT_MOST_ONCE
    state = "had already received it" if once else "still held it"
    return violation(
        "double-delivery",
        "Task delivered twice",
        f"{actor(rival)} claimed {task.label} {when(history, rival)} although {actor(holder)} "
        f"{state} (claimed {when(history, holder)}, {leases.cite(first.delivery)}).",
        holder,
        rival,
        *first.delivery.extensions[-1:],
    )
