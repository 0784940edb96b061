"""How many tasks were in each state, at least and at most, at every instant of a history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.monitors.timeline.attempts import declared_limit, failures
from pytest_queuekit.monitors.timeline.available_intervals import Reason, stays_of
from pytest_queuekit.monitors.timeline.coverage import Axis
from pytest_queuekit.monitors.timeline.instants import NEVER, latest
from pytest_queuekit.monitors.timeline.lease_intervals import Holds
from pytest_queuekit.monitors.timeline.tasks import (
    Delivery,
    Ghosts,
    Life,
    happens,
    lives_of,
    weight_of,
)

STATES = ("queued", "leased", "completed", "dead")

_GONE = "gone"
_QUEUED = frozenset({"queued"})
_LEASED = frozenset({"leased"})
_COMPLETED = frozenset({"completed"})
_DEAD = frozenset({"dead"})
_CLEARED = frozenset({"completed", _GONE})
_TAKEN = frozenset({"leased", "completed", _GONE})
_CANCELLED = frozenset({"completed", "dead", _GONE})


@dataclass(frozen=True, kw_only=True)
class _Phase:
    """A time in which a task was certainly in one of some states.

    start, end: nanoseconds, neither of them part of it.
    states: those that are possible.
    proof: the operation that says so.
    """

    start: float
    end: float
    states: frozenset[str]
    proof: Operation


class Census:
    """Counts what is certain. Whatever else exists may be in any state."""

    def __init__(self, history: History, contract: Contract) -> None:
        self._phases = [one for one in _phases(history, contract) if one.start < one.end]
        enqueues = [one for one in history.by(Verb.ENQUEUE) if happens(one)]
        ghosts = Ghosts.of(history).claims
        counted = history.by(Verb.STATS)
        self._axis = Axis(
            [
                *(instant for one in self._phases for instant in (one.start, one.end)),
                *(one.start for one in (*enqueues, *ghosts, *counted)),
                *(one.end for one in counted if one.end is not None),
            ]
        )
        self._exist = self._from([(one.start, _size(one)) for one in enqueues])
        self._stolen = self._from([(one.start, weight_of(one)) for one in ghosts])
        kinds = {one.states for one in self._phases}
        self._certain = {states: self._during(states) for states in kinds}

    def bounds(self, state: str, counted: Operation) -> tuple[int, int]:
        """Return the least and the most that may have been counted in a state."""
        start, end = self._axis.at(counted.start), self._axis.at(counted.end or counted.start)
        places = range(start, max(start, end) + 1)
        low = min(self._least(frozenset({state}), place) for place in places)
        high = max(self._exist[place] - self._elsewhere(state, place) for place in places)
        return low, high

    def witnesses(self, state: str, counted: Operation) -> list[Operation]:
        """Return operations that put tasks into a state in which they certainly were."""
        return [
            one.proof
            for one in self._phases
            if one.states == {state} and one.start < counted.start < one.end
        ]

    def _elsewhere(self, state: str, place: int) -> int:
        return sum(self._least(states, place) for states in self._certain if state not in states)

    def _least(self, states: frozenset[str], place: int) -> int:
        if states not in self._certain:
            return 0
        sure = self._certain[states][place]
        return max(0, sure - self._stolen[place]) if states == _QUEUED else sure

    def _from(self, changes: list[tuple[int, int]]) -> list[int]:
        change = [0] * (self._axis.length + 1)
        for instant, weight in changes:
            change[self._axis.at(instant)] += weight
        return list(accumulate(change))

    def _during(self, states: frozenset[str]) -> list[int]:
        change = [0] * (self._axis.length + 1)
        for one in self._phases:
            if one.states == states:
                change[self._axis.at(one.start) + 1] += 1
                change[self._axis.at(one.end)] -= 1
        return list(accumulate(change))


def _size(enqueue: Operation) -> int:
    """Return how many tasks an enqueue may have added; a batch that was cut off has no names."""
    batch = enqueue.arguments.get("batch", 1)
    return batch if enqueue.task is None and isinstance(batch, int) else 1


def _phases(history: History, contract: Contract) -> Iterator[_Phase]:
    for stay in stays_of(history, contract):
        if stay.reason is not Reason.EXPIRED:
            cause = stay.cause[-1]
            yield _Phase(start=stay.since, end=stay.until, states=_QUEUED, proof=cause)
    reader = _Reader(history, contract)
    for life in lives_of(history).values():
        if life.enqueue is not None:
            yield from reader.phases(life)


class _Reader:
    """Reads what became of a task after it was claimed or cancelled."""

    def __init__(self, history: History, contract: Contract) -> None:
        self._contract = contract
        self._holds = Holds(history, contract)
        self._haunted = Ghosts.of(history).first
        self._purges = [one for one in history.by(Verb.PURGE) if happens(one)]
        kept = {Capability.COMPLETE, Capability.AT_LEAST_ONCE} <= contract.capabilities
        self._held = _LEASED if kept else _TAKEN

    def phases(self, life: Life) -> Iterator[_Phase]:
        until = min((one.start for one in life.cancels), default=NEVER)
        for place, delivery in enumerate(life.deliveries):
            following = life.deliveries[place + 1 : place + 2]
            next_start = min([until, *(one.claim.start for one in following)])
            end = latest(delivery.claim)
            if end >= next_start:
                return  # overlapping deliveries: who came when is open
            yield _Phase(
                start=end,
                end=min(self._holds.of(delivery).sure_until, next_start),
                states=self._held,
                proof=delivery.claim,
            )
            if next_start == NEVER:
                yield from self._ended(life, delivery)
        if not life.deliveries:
            yield from self._cancelled(life)

    def _ended(self, life: Life, delivery: Delivery) -> Iterator[_Phase]:
        for one in delivery.endings():
            if not self._holds.counts(life, delivery, one):
                continue
            if one.verb is Verb.COMPLETE:
                purges = (each.start for each in self._purges if latest(each) >= one.start)
                cleared = max(min(purges, default=NEVER), latest(one))
                yield _Phase(start=latest(one), end=cleared, states=_COMPLETED, proof=one)
                yield _Phase(start=cleared, end=NEVER, states=_CLEARED, proof=one)
            elif one.verb is Verb.FAIL:
                limit = declared_limit(life, self._contract)
                count = sum(1 for _ in failures(life, self._holds))
                if limit is not None and count >= limit:
                    yield _Phase(start=latest(one), end=NEVER, states=_DEAD, proof=one)

    def _cancelled(self, life: Life) -> Iterator[_Phase]:
        enqueue = life.enqueues[0]
        for one in life.cancels[:1]:
            certain = one.ok and enqueue.ok and enqueue.ended_before(one)
            if certain and latest(one) < self._haunted:
                yield _Phase(start=latest(one), end=NEVER, states=_CANCELLED, proof=one)
