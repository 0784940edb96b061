"""Available intervals: when a task was certainly in the queue, ready to be claimed.

All of them are open at both ends. See `coverage.Interval` for the reason.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.monitors.timeline.added_batches import added_batches
from pytest_queuekit.monitors.timeline.attempts import failures, is_final, possible_limit, waits
from pytest_queuekit.monitors.timeline.clock_steps import ClockSteps
from pytest_queuekit.monitors.timeline.groups import FreeSlots, group_of
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.lives import lives_of
from pytest_queuekit.monitors.timeline.moments import (
    CLOCK_TOLERANCE,
    NEVER,
    first_after,
    nanoseconds,
    number,
)
from pytest_queuekit.monitors.timeline.shelf_life import may_expire
from pytest_queuekit.monitors.timeline.tasks import (
    DeadLetters,
    DeliveredTask,
    TaskHistory,
    UnknownClaims,
    shared_keys,
)


class Arrival(enum.Enum):
    """The event that put a task into the queue."""

    ENQUEUED = "enqueued"
    REQUEUED = "requeued"
    RELEASED = "released"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(slots=True)  # frozen, it would take three times as long to make
class AvailableInterval:
    """An interval, open at both ends, during which a task was certainly in the queue.

    task: the task.
    arrival: the event that put it there.
    cause: the operations that prove it.
    since: nanoseconds from which the task was in the queue.
    waits: nanoseconds until which it certainly waited, for its delay or its retry.
    ready: nanoseconds from which it could be claimed: its wait was over and the queue had noticed.
    until: nanoseconds at which it may have left the queue; never if no claim took it.
    """

    task: TaskHistory
    arrival: Arrival
    cause: tuple[Operation, ...]
    since: float
    waits: float
    ready: float
    until: float

    @property
    def enqueue(self) -> Operation:
        """The enqueue of the task."""
        return self.task.enqueues[0]


def available_intervals(
    history: History, contract: Contract, *, doubtful: frozenset[str] | None = None
) -> Sequence[AvailableInterval]:
    """Return the available intervals of all tasks but the doubtful ones.

    A claim of unknown outcome may have cut any of them short: the caller must allow for that.

    doubtful: labels; by default, those of tasks that share an idempotency key with another task.
    """
    shared = shared_keys(history) if doubtful is None else doubtful
    return history.derived(_available_intervals, contract, shared)


def _available_intervals(
    history: History, contract: Contract, doubtful: frozenset[str]
) -> list[AvailableInterval]:
    intervals = _AvailableIntervals(history, contract)
    slots = FreeSlots(history, contract)
    steps, dead_letters = history.derived(ClockSteps), history.derived(DeadLetters)
    available: list[AvailableInterval] = []
    for task in lives_of(history, contract):
        if task.label in doubtful:
            continue
        found = intervals.of(task, dead=dead_letters.contain(task))
        if steps:
            found = _before_and_after(found, steps)
        group = group_of(task.enqueues[0])
        available += found if group is None else _with_free_slots(found, group, slots)
    return [interval for interval in available if interval.since < interval.until]


def _before_and_after(
    intervals: Iterable[AvailableInterval], steps: ClockSteps
) -> Iterator[AvailableInterval]:
    """Return the parts of intervals in which the clock has shown the time of the task."""
    for interval in intervals:
        expired = interval.arrival is Arrival.EXPIRED
        written = interval.since if expired else interval.cause[-1].start
        for ready, until in steps.parts(written, interval.ready, interval.until):
            yield replace(interval, ready=ready, until=until)


def _with_free_slots(
    intervals: Iterable[AvailableInterval], group: str, slots: FreeSlots
) -> Iterator[AvailableInterval]:
    """Return the parts of intervals in which the task's group has a free slot."""
    for interval in intervals:
        for start, end in slots.between(group, interval.since, interval.until):
            yield replace(interval, since=start, ready=max(start, interval.ready), until=end)


class _AvailableIntervals:
    """Finds the available intervals of each task."""

    def __init__(self, history: History, contract: Contract) -> None:
        self._contract = contract
        self._leases = history.derived(LeaseIntervals, contract)
        self._resolution = nanoseconds(contract.resolution)
        self._steps = history.derived(ClockSteps)
        self._unknown = history.derived(UnknownClaims.of).most_taken
        self._added = history.derived(added_batches)
        self._reclaims = Capability.RECLAIM in contract.capabilities
        notice = Verb.RECLAIM if self._reclaims else Verb.CLAIM
        self._notices = [call for call in history.by(notice) if call.ok and call.end is not None]

    def of(self, task: TaskHistory, *, dead: bool) -> Iterator[AvailableInterval]:
        # A cancel ends an interval at its start, not at its end: it may take effect at once.
        # Counter-example: enqueue [0, 1], cancel [2, 9], claim [4, 5] -> empty is legal.
        cancels = [cancel.start for cancel in task.cancels]
        removed = min([may_expire(task.enqueues[0]), *cancels])
        first = self._requeued(task, removed) if task.requeued else self._first(task, removed)
        if first is not None:
            yield first
        if dead:
            return
        for place, delivery in enumerate(task.deliveries):
            # The next claim ends an interval at its start, for the same reason. Counter-example:
            # enqueue [0, 1], claim by `b` [2, 9] -> task, claim by `a` [4, 5] -> empty is legal.
            until = min(_start(task, place + 1), removed)
            if delivery.claim.end is None or delivery.claim.end >= until:
                return  # overlapping deliveries: their order is unknown
            interval = self._again(task, place, delivery, until)
            if interval is not None:
                yield interval

    def _first(self, task: TaskHistory, removed: float) -> AvailableInterval | None:
        enqueue = task.enqueues[0]
        delay = number(enqueue.arguments.get("delay") or 0)
        proof = self._added.get(enqueue.number, enqueue) if self._added else enqueue
        if proof.end is None or proof.outcome is not Outcome.OK or delay is None:
            return None
        # An interval starts at the enqueue's end, not at its start: until the call returns, another
        # worker may see the queue without the task. Counter-example: enqueue [0, 5],
        # claim [1, 2] -> empty is legal. A delay counts from the end for the same reason, and the
        # queue may notice its end late by the declared resolution.
        ready = proof.end + (nanoseconds(delay) + self._resolution if delay > 0 else 0)
        return AvailableInterval(
            task,
            Arrival.ENQUEUED,
            cause=(enqueue,) if proof is enqueue else (proof, enqueue),
            since=proof.end,
            waits=enqueue.start + nanoseconds(delay) - CLOCK_TOLERANCE,
            ready=ready,
            until=min(_start(task, 0), removed),
        )

    def _requeued(self, task: TaskHistory, removed: float) -> AvailableInterval | None:
        """Return the interval after the requeue of a dead task, which is claimable at once."""
        call = task.requeued
        if call is None or call.end is None:
            return None
        return AvailableInterval(
            task,
            Arrival.REQUEUED,
            cause=(task.enqueues[0], call),
            since=call.end,
            waits=call.start,
            ready=call.end + self._resolution,
            until=min(_start(task, 0), removed),
        )

    def _again(
        self, task: TaskHistory, place: int, delivery: DeliveredTask, until: float
    ) -> AvailableInterval | None:
        """Return the interval after a delivery that certainly put the task back."""
        endings = delivery.endings
        if endings and endings[0].verb is Verb.COMPLETE:
            return None
        tries = place + 1 + self._unknown
        if tries >= possible_limit(task, self._contract):
            return None
        if not endings:
            return self._expired(task, delivery, until, tries)
        ending = endings[0]
        if ending.end is None or not self._leases.took_effect(task, delivery, ending):
            return None
        if ending.verb is Verb.RELEASE:
            arrival, least, wait = Arrival.RELEASED, 0.0, 0.0
        elif self._is_retried(ending):
            certain = sum(at <= place for at, _, _ in failures(task, self._leases))
            arrival = Arrival.FAILED
            # After a requeue, the queue may go on counting the failures, or count from one again.
            least, most = waits(self._contract, certain, tries + task.earlier)
            wait = most + self._resolution
        else:
            return None
        return AvailableInterval(
            task,
            arrival,
            cause=(delivery.claim, ending),
            # From the end of the release or failure, not from its start: it may take effect late.
            # Counter-example: release [4, 7], claim by `b` [5, 6] -> empty is legal.
            since=ending.end,
            waits=ending.start + least - CLOCK_TOLERANCE,
            ready=ending.end + wait,
            # A queue may accept a second thought until another worker has the task.
            # Counter-example: fail [4, 5], complete [6, 7], claim [8, 9] -> empty is legal.
            until=min([until, *(said.start for said in endings[1:])]),
        )

    def _is_retried(self, ending: Operation) -> bool:
        failed = ending.verb is Verb.FAIL and not is_final(ending)
        return failed and self._contract.retry is not None

    def _expired(
        self, task: TaskHistory, delivery: DeliveredTask, until: float, tries: int
    ) -> AvailableInterval | None:
        needed = {Capability.RECOVERY, Capability.AT_LEAST_ONCE}
        lease = self._leases.of(delivery)
        claim = delivery.claim
        expired = self._steps.due(claim.start, lease.expired_by + self._resolution)
        if not needed <= self._contract.capabilities or expired == NEVER:
            return None
        cause = (claim,) if lease.kill is None else (claim, lease.kill)
        since, wait = expired, waits(self._contract, 1, tries + task.earlier)[1]
        if self._reclaims or wait:
            # The expiry may count as a failure. Then the task waits from the call that noticed it.
            notice = self._notice(expired)
            if notice is None or notice.end is None:
                return None
            cause = (*cause, notice) if self._reclaims else cause
            since = notice.end
        return AvailableInterval(
            task,
            Arrival.EXPIRED,
            cause=cause,
            since=since,
            waits=since,
            ready=since + wait,
            until=until,
        )

    def _notice(self, expired: float) -> Operation | None:
        """Return the first call after a lease expired that made the queue look for expired leases.

        A call that starts at the moment of expiry may check the lease just before it expires.
        Counter-example: the lease expires at 13, reclaim [13, 14], claim [15, 16] -> empty is
        legal.
        """
        return first_after(self._notices, expired)


def _start(task: TaskHistory, place: int) -> float:
    return task.deliveries[place].claim.start if place < len(task.deliveries) else NEVER
