"""State bounds: how many tasks were in each state, at least and at most, at every moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import accumulate

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.monitors.timeline.attempts import declared_limit, failures, is_last
from pytest_queuekit.monitors.timeline.available_intervals import Arrival, available_intervals
from pytest_queuekit.monitors.timeline.coverage import Axis
from pytest_queuekit.monitors.timeline.deaths import OnlyAttempts
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.moments import NEVER, latest
from pytest_queuekit.monitors.timeline.tasks import (
    DeliveredTask,
    TaskHistory,
    UnknownClaims,
    happens,
    most_taken,
    tasks_of,
)

STATES = ("queued", "ready", "waiting", "leased", "completed", "dead")

_GONE = "gone"
_QUEUED = frozenset({"queued"})
_READY = frozenset({"ready"})
_WAITING = frozenset({"waiting"})
_PARTS = frozenset({_READY, _WAITING})
"""The two kinds of queued tasks, which a queue may count besides."""
_LEASED = frozenset({"leased"})
_COMPLETED = frozenset({"completed"})
_DEAD = frozenset({"dead"})
_PURGED = frozenset({"completed", _GONE})
_TAKEN = frozenset({"leased", "completed", _GONE})
_CANCELLED = frozenset({"completed", "dead", _GONE})


@dataclass(kw_only=True, slots=True)  # frozen, it would take three times as long to make
class StateInterval:
    """An interval during which a task was certainly in one of some states.

    start, end: nanoseconds, both outside (open): at either moment the operation that changes the
        state may be about to take effect or just have done so.
    states: the possible states.
    proof: the operation that put the task there.
    """

    start: float
    end: float
    states: frozenset[str]
    proof: Operation


class StateBounds:
    """Counts the certain states of tasks. Any other task may be in any state."""

    def __init__(self, history: History, contract: Contract) -> None:
        intervals = _state_intervals(history, contract)
        self._intervals = [interval for interval in intervals if interval.start < interval.end]
        enqueues = [enqueue for enqueue in history.by(Verb.ENQUEUE) if happens(enqueue)]
        unknown = history.derived(UnknownClaims.of).claims
        counts = history.by(Verb.STATS)
        changes = [
            *(at for interval in self._intervals for at in (interval.start, interval.end)),
            *(operation.start for operation in (*enqueues, *unknown)),
        ]
        self._axis = Axis(changes, [(count.start, count.end or count.start) for count in counts])
        # Tasks exist, and unknown claims take, from the very start of the call: at most.
        self._exist = self._from([(enqueue.start, _size(enqueue)) for enqueue in enqueues])
        self._taken = self._from([(claim.start, most_taken(claim)) for claim in unknown])
        kinds = {interval.states for interval in self._intervals}
        self._certain = {states: self._during(states) for states in kinds}

    def bounds(self, state: str, stats: Operation) -> tuple[int, int]:
        """Return the least and the most tasks that `stats` may have counted in a state."""
        start, end = self._axis.at(stats.start), self._axis.at(stats.end or stats.start)
        places = range(start, max(start, end) + 1)
        low = min(self._least(frozenset({state}), place) for place in places)
        high = max(self._exist[place] - self._elsewhere(state, place) for place in places)
        return low, high

    def inside(self, state: str, stats: Operation) -> list[StateInterval]:
        """Return the tasks that were certainly in a state while `stats` ran, the latest first."""
        return self._at(stats, {frozenset({state})})

    def outside(self, state: str, stats: Operation) -> list[StateInterval]:
        """Return the tasks that were certainly in other states, the latest first."""
        return self._at(stats, self._other_kinds(state))

    def _at(self, stats: Operation, kinds: Collection[frozenset[str]]) -> list[StateInterval]:
        during = [
            interval
            for interval in self._intervals
            if interval.states in kinds
            and interval.start < stats.start
            and latest(stats) < interval.end
        ]
        return sorted(during, key=lambda interval: -interval.proof.number)

    def _elsewhere(self, state: str, place: int) -> int:
        return sum(self._least(states, place) for states in self._other_kinds(state))

    def _other_kinds(self, state: str) -> list[frozenset[str]]:
        # A ready task is a queued one, too, and counts once.
        twice = {_QUEUED} if {state} in _PARTS else _PARTS
        return [kind for kind in self._certain if state not in kind and kind not in twice]

    def _least(self, states: frozenset[str], place: int) -> int:
        if states not in self._certain:
            return 0
        certain = self._certain[states][place]
        takable = states == _QUEUED or states in _PARTS
        return max(0, certain - self._taken[place]) if takable else certain

    def _from(self, changes: list[tuple[int, int]]) -> list[int]:
        change = [0] * (self._axis.length + 1)
        for moment, count in changes:
            change[self._axis.at(moment)] += count
        return list(accumulate(change))

    def _during(self, states: frozenset[str]) -> list[int]:
        change = [0] * (self._axis.length + 1)
        for interval in self._intervals:
            if interval.states == states:
                change[self._axis.at(interval.start) + 1] += 1
                change[self._axis.at(interval.end)] -= 1
        return list(accumulate(change))


def _size(enqueue: Operation) -> int:
    """Return how many tasks an enqueue may have added. A batch that was cut off has no labels."""
    batch = enqueue.arguments.get("batch", 1)
    return batch if enqueue.task is None and isinstance(batch, int) else 1


def _state_intervals(history: History, contract: Contract) -> Iterator[StateInterval]:
    for interval in available_intervals(history, contract):
        # A task with an expired lease may still be counted as leased.
        if interval.arrival is not Arrival.EXPIRED:
            since, until = interval.since, interval.until
            for start, end, states in (
                (since, until, _QUEUED),
                (since, min(interval.waits, until), _WAITING),
                (interval.ready, until, _READY),
            ):
                proof = interval.cause[-1]
                yield StateInterval(start=start, end=end, states=states, proof=proof)
    reader = _Reader(history, contract)
    for task in tasks_of(history).values():
        if task.only_enqueue is not None:
            yield from reader.intervals(task)


class _Reader:
    """Reads the states of a task after its first claim or cancel."""

    def __init__(self, history: History, contract: Contract) -> None:
        self._contract = contract
        self._leases = history.derived(LeaseIntervals, contract)
        self._first_unknown = history.derived(UnknownClaims.of).first_start
        self._purges = [purge for purge in history.by(Verb.PURGE) if happens(purge)]
        kept = {Capability.COMPLETE, Capability.AT_LEAST_ONCE} <= contract.capabilities
        self._held = _LEASED if kept else _TAKEN
        self._attempts = OnlyAttempts(history, contract)

    def intervals(self, task: TaskHistory) -> Iterator[StateInterval]:
        until = min((cancel.start for cancel in task.cancels), default=NEVER)
        for place, delivery in enumerate(task.deliveries):
            following = task.deliveries[place + 1 : place + 2]
            next_start = min([until, *(later.claim.start for later in following)])
            # From the claim's end, not from its start: it may take the task late.
            # Counter-example: claim [2, 3], stats [2, 3] -> queued=1 is legal.
            end = latest(delivery.claim)
            if end >= next_start:
                return  # overlapping deliveries: their order is unknown
            yield StateInterval(
                start=end,
                end=min(self._leases.of(delivery).held_until, next_start),
                states=self._held,
                proof=delivery.claim,
            )
            if next_start == NEVER:
                yield from self._ended(task, delivery)
        if not task.deliveries:
            yield from self._cancelled(task)
        proof = self._attempts.proof_of_death(task)
        if proof is not None:
            yield StateInterval(start=latest(proof), end=NEVER, states=_DEAD, proof=proof)

    def _ended(self, task: TaskHistory, delivery: DeliveredTask) -> Iterator[StateInterval]:
        for ending in delivery.endings:
            if not self._leases.took_effect(task, delivery, ending):
                continue
            end = latest(ending)
            if ending.verb is Verb.COMPLETE:
                # A purge counts from its start if it ends at or after the completion's start: it
                # may run last. Counter-example: complete [4, 5], purge [3, 7],
                # stats [8, 9] -> completed=0 is legal.
                purges = (purge.start for purge in self._purges if latest(purge) >= ending.start)
                purged = max(min(purges, default=NEVER), end)
                yield StateInterval(start=end, end=purged, states=_COMPLETED, proof=ending)
                yield StateInterval(start=purged, end=NEVER, states=_PURGED, proof=ending)
            elif ending.verb is Verb.FAIL:
                limit = declared_limit(task, self._contract)
                count = sum(1 for _ in failures(task, self._leases))
                if is_last(ending, count, limit):
                    yield StateInterval(start=end, end=NEVER, states=_DEAD, proof=ending)

    def _cancelled(self, task: TaskHistory) -> Iterator[StateInterval]:
        enqueue = task.enqueues[0]
        for cancel in task.cancels[:1]:
            certain = cancel.ok and enqueue.ok and enqueue.ended_before(cancel)
            # A claim of unknown outcome may have held the task when it was cancelled.
            if certain and latest(cancel) < self._first_unknown:
                yield StateInterval(
                    start=latest(cancel), end=NEVER, states=_CANCELLED, proof=cancel
                )
