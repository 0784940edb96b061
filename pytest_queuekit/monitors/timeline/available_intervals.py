"""When a task certainly lay in the queue, ready to be claimed."""

from __future__ import annotations

import enum
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.monitors.timeline.attempts import failures, limit_of, waits
from pytest_queuekit.monitors.timeline.instants import NEVER, nanoseconds, number
from pytest_queuekit.monitors.timeline.lease_intervals import Holds
from pytest_queuekit.monitors.timeline.tasks import Delivery, Ghosts, Life, lives_of, shared_keys


class Reason(enum.Enum):
    """What put a task into the queue."""

    ENQUEUED = "enqueued"
    RELEASED = "released"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class Stay:
    """One time for which a task certainly lay in the queue.

    life: the task's.
    reason: what put it there.
    cause: the operations that prove it.
    since: nanoseconds from which it was there.
    ready: nanoseconds from which it could be claimed: its wait was over, and noticed.
    until: nanoseconds up to which it was; never, if nobody took it.
    """

    life: Life
    reason: Reason
    cause: tuple[Operation, ...]
    since: float
    ready: float
    until: float

    @property
    def enqueue(self) -> Operation:
        """The enqueue of the task."""
        return self.life.enqueues[0]


def stays_of(history: History, contract: Contract) -> list[Stay]:
    """Find the certain stays of all tasks.

    A claim of unknown outcome may have cut any of them short: that is for the reader to weigh.
    """
    finder = _Finder(history, contract)
    shared, dead = shared_keys(history), buried(history)
    lives = lives_of(history)
    return [
        stay
        for life in lives.values()
        if life.enqueue is not None and life.task not in shared
        for stay in finder.stays(life, listed=life.task in dead)
        if stay.since < stay.until
    ]


def buried(history: History) -> frozenset[str]:
    """Return the tasks that some list of dead letters has."""
    answers = [one.result for one in history.by(Verb.DEAD_LETTERS) if one.ok]
    return frozenset(
        label
        for answer in answers
        if isinstance(answer, list)
        for label in answer
        if isinstance(label, str)
    )


class _Finder:
    def __init__(self, history: History, contract: Contract) -> None:
        self._contract = contract
        self._holds = Holds(history, contract)
        self._late = nanoseconds(contract.resolution)
        self._ghosts = Ghosts.of(history).weight
        self._reclaims = Capability.RECLAIM in contract.capabilities
        notice = Verb.RECLAIM if self._reclaims else Verb.CLAIM
        self._notices = [one for one in history.by(notice) if one.ok and one.end is not None]

    def stays(self, life: Life, *, listed: bool) -> Iterator[Stay]:
        gone = min((one.start for one in life.cancels), default=NEVER)
        first = self._first(life, gone)
        if first is not None:
            yield first
        if listed:
            return
        for place, delivery in enumerate(life.deliveries):
            until = min(_start(life, place + 1), gone)
            if delivery.claim.end is None or delivery.claim.end >= until:
                return  # overlapping deliveries: who came when is open
            stay = self._again(life, place, delivery, until)
            if stay is not None:
                yield stay

    def _first(self, life: Life, gone: float) -> Stay | None:
        enqueue = life.enqueues[0]
        delay = number(enqueue.arguments.get("delay") or 0)
        if enqueue.end is None or enqueue.outcome is not Outcome.OK or delay is None:
            return None
        ready = enqueue.end + (nanoseconds(delay) + self._late if delay > 0 else 0)
        return Stay(
            life=life,
            reason=Reason.ENQUEUED,
            cause=(enqueue,),
            since=enqueue.end,
            ready=ready,
            until=min(_start(life, 0), gone),
        )

    def _again(self, life: Life, place: int, delivery: Delivery, until: float) -> Stay | None:
        """Find what certainly put the task back into the queue after its delivery at a place."""
        tries = place + 1 + self._ghosts
        if tries >= limit_of(life, self._contract):
            return None
        endings = delivery.endings()
        if not endings:
            return self._expired(life, delivery, until, tries)
        ending = endings[0]
        if ending.end is None or not self._holds.counts(life, delivery, ending):
            return None
        if ending.verb is Verb.RELEASE:
            reason, wait = Reason.RELEASED, 0.0
        elif ending.verb is Verb.FAIL and self._contract.retry is not None:
            sure = sum(at <= place for at, _, _ in failures(life, self._holds))
            reason = Reason.FAILED
            wait = waits(self._contract, sure, tries)[1] + self._late
        else:
            return None
        return Stay(
            life=life,
            reason=reason,
            cause=(delivery.claim, ending),
            since=ending.end,
            ready=ending.end + wait,
            until=until,
        )

    def _expired(self, life: Life, delivery: Delivery, until: float, tries: int) -> Stay | None:
        needed = {Capability.LEASE, Capability.AT_LEAST_ONCE}
        if not needed <= self._contract.capabilities:
            return None
        over = self._holds.of(delivery).over + self._late
        cause: tuple[Operation, ...] = (delivery.claim,)
        since, wait = over, waits(self._contract, 1, tries)[1]
        if self._reclaims or wait:
            # It may count as a failure, after which the task waits from when that was noticed.
            notice = self._notice(over)
            if notice is None or notice.end is None:
                return None
            cause = (delivery.claim, notice) if self._reclaims else cause
            since = notice.end
        return Stay(
            life=life,
            reason=Reason.EXPIRED,
            cause=cause,
            since=since,
            ready=since + wait,
            until=until,
        )

    def _notice(self, over: float) -> Operation | None:
        """Return the first call after a lease was over that made the queue look for such."""
        place = bisect_right(self._notices, over, key=lambda one: one.start)
        return self._notices[place] if place < len(self._notices) else None


def _start(life: Life, place: int) -> float:
    return life.deliveries[place].claim.start if place < len(life.deliveries) else NEVER
