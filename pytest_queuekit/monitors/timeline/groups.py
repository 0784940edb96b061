"""Groups: how many tasks of one group workers may hold at a moment."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from operator import itemgetter

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.moments import NEVER, first_after, latest, nanoseconds
from pytest_queuekit.monitors.timeline.tasks import (
    DeliveredTask,
    TaskHistory,
    UnknownClaims,
    tasks_with,
)


def group_of(enqueue: Operation) -> str | None:
    """Return the group of a task; None without one."""
    group = enqueue.arguments.get("group")
    return None if group is None else repr(group)


class FreeSlots:
    """Finds the intervals, open at both ends, in which a group certainly has a free slot."""

    def __init__(self, history: History, contract: Contract) -> None:
        self._contract = contract
        self._leases = history.derived(LeaseIntervals, contract)
        self._reclaims = [
            call for call in history.by(Verb.RECLAIM) if call.ok and call.end is not None
        ]
        # A claim of unknown outcome may hold a task of any group for ever.
        self._unknown = [(claim.start, NEVER) for claim in history.derived(UnknownClaims.of).claims]
        self._free: dict[str, Sequence[tuple[float, float]]] = {}
        self._held: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for task in tasks_with(history, "group"):
            group = group_of(task.enqueues[0]) if task.enqueues else None
            if group is not None:
                self._held[group] += [
                    (delivery.claim.start, self._freed_by(task, delivery))
                    for delivery in task.deliveries
                ]

    def between(self, group: str, start: float, end: float) -> Iterator[tuple[float, float]]:
        """Return the parts of an interval in which fewer tasks than the limit may be held."""
        if group not in self._free:
            self._free[group] = list(self._free_intervals(group))
        free = self._free[group]
        for place in range(bisect_right(free, start, key=itemgetter(1)), len(free)):
            opened, closed = free[place]
            if max(opened, start) >= min(closed, end):
                return
            yield max(opened, start), min(closed, end)

    def _free_intervals(self, group: str) -> Iterator[tuple[float, float]]:
        """Return when a group has a free slot, from one change to the next."""
        change: Counter[float] = Counter()
        for since, until in (*self._held[group], *self._unknown):
            change[since] += 1
            change[until] -= 1
        held, opened = 0, -NEVER
        for moment in sorted({*change, NEVER}):
            if held < self._contract.group_limit:
                yield opened, moment
            held, opened = held + change[moment], moment

    def _freed_by(self, task: TaskHistory, delivery: DeliveredTask) -> float:
        """Return the moment after which a delivery certainly holds no slot."""
        ended = [
            latest(ending)
            for ending in delivery.endings
            if self._leases.took_effect(task, delivery, ending)
        ]
        expired = self._leases.of(delivery).expired_by + nanoseconds(self._contract.resolution)
        if Capability.RECLAIM in self._contract.capabilities:
            reclaim = first_after(self._reclaims, expired)
            expired = NEVER if reclaim is None else latest(reclaim)
        return min([*ended, expired])
