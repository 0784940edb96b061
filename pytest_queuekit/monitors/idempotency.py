"""An idempotency key keeps out a second task, and only until it is freed."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, chain
from typing import NamedTuple

from pytest_queuekit.model.capabilities import Capability, KeyConflict, KeyHold
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.attempts import is_final, possible_limit
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.key_times import key_ends
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.losses import EmptyClaims, may_forget, most_taken_for_good
from pytest_queuekit.monitors.timeline.moments import NEVER, latest, nanoseconds, number
from pytest_queuekit.monitors.timeline.shelf_life import may_expire
from pytest_queuekit.monitors.timeline.tasks import (
    DeliveredTask,
    TaskHistory,
    UnknownClaims,
    happens,
    may_be_rejected,
    tasks_of,
    tasks_with,
)
from pytest_queuekit.monitors.timeline.wording import PAST, actor, done, when


def idempotency(history: History, contract: Contract) -> list[Violation]:
    """Report keys that admit or refuse the wrong tasks.

    `key-let-through`: two tasks of a key were delivered, or the second after the first expired,
    although the first certainly still held the key when the second was enqueued; `key-not-freed`: a
    task was refused, or never delivered, although the key was freed before; `keyed-lost`: no task
    of a key was ever delivered. `key_conflict` judges which of two payloads is delivered.
    """
    violations = _KeyViolations(history, contract)
    groups = _groups(tasks_with(history, "key"))
    losses = [lost for group in groups if (lost := list(violations.lost(group.tasks)))]
    return smallest(
        [
            *(wrong for group in groups for wrong in violations.let_through(group.tasks)),
            *(wrong for group in groups for wrong in violations.refused(group)),
            *(chain(*losses) if losses and len(losses) > violations.most_taken_for_good else ()),
        ]
    )


@dataclass(frozen=True, kw_only=True)
class _Group:
    """The operations on one key.

    tasks: those that may have held the key.
    refused: enqueues with the key that were refused.
    """

    tasks: list[TaskHistory] = field(default_factory=list)
    refused: list[Operation] = field(default_factory=list)


def _groups(tasks: Collection[TaskHistory]) -> list[_Group]:
    groups: dict[str | None, _Group] = defaultdict(_Group)
    # Any key that is in use is a reason to refuse a whole batch.
    keys = Counter(_call(each) for task in tasks for each in task.declined if _key(each))
    for task in tasks:
        for key in {_key(enqueue) for enqueue in task.enqueues}:
            groups[key].tasks.append(task)
        for enqueue in task.declined:
            refused = enqueue.outcome is Outcome.REFUSED and not may_be_rejected(enqueue)
            if refused and keys[_call(enqueue)] == 1:
                groups[_key(enqueue)].refused.append(enqueue)
    return [group for key, group in groups.items() if key is not None]


def _call(enqueue: Operation) -> tuple[str, int]:
    return enqueue.actor, enqueue.start


def _key(enqueue: Operation) -> str | None:
    key = enqueue.arguments.get("key")
    return None if key is None else repr(key)


_ENDS = {
    Verb.CLAIM: "claim",
    Verb.COMPLETE: "completion",
    Verb.CANCEL: "cancel",
    Verb.ENQUEUE: "time",
}


class _KeyInterval(NamedTuple):
    """The longest time for which a task may hold its key.

    start, end: nanoseconds, both inside (closed): the key may be taken at the enqueue's very start
        and freed at the completion's very end. Counter-example: complete t [4, 5],
        enqueue u [5, 7] of the same key, refused, is legal.
    freed_by: the completion, claim or cancel at `end`, or the enqueue whose time was over by then;
        None if the key was not certainly freed.
    """

    start: float
    end: float
    freed_by: Operation | None


class _KeyIntervals:
    """Answers which task of a key may have held it longest when another task was enqueued."""

    def __init__(self, intervals: Iterable[_KeyInterval]) -> None:
        by_start = sorted(intervals, key=lambda interval: interval.start)
        self._starts = [interval.start for interval in by_start]
        self._longest = list(accumulate(by_start, _longer))

    def longest(self, enqueue: Operation) -> tuple[float, Operation | None]:
        """Return until when the key may have been held, and the completion that freed it then."""
        place = bisect_right(self._starts, latest(enqueue))
        if not place:
            return -NEVER, None
        return self._longest[place - 1].end, self._longest[place - 1].freed_by


def _longer(first: _KeyInterval, second: _KeyInterval) -> _KeyInterval:
    return first if first.end >= second.end else second


class _KeyViolations:
    """Finds the tasks that a key wrongly admitted or kept out."""

    def __init__(self, history: History, contract: Contract) -> None:
        self._history = history
        self._contract = contract
        self._leases = history.derived(LeaseIntervals, contract)
        self._empty_claims = history.derived(EmptyClaims)
        unknown = history.derived(UnknownClaims.of)
        self._unknown, self._first_unknown = unknown.most_taken, unknown.first_start
        self._purges = [purge for purge in history.by(Verb.PURGE) if happens(purge)]
        self._final = history.drained and not may_forget(history, contract)
        self._outlives = contract.key_hold.outlives_task
        self._until_claim = contract.key_hold is KeyHold.UNTIL_CLAIM
        self._for_a_time = contract.key_hold is KeyHold.FOR_A_TIME
        self._may_replace = contract.key_conflict in (KeyConflict.REPLACE, None)

    @cached_property
    def most_taken_for_good(self) -> int:
        """How many tasks claims of unknown outcome may have taken for good."""
        tasks = tasks_of(self._history).values()
        return most_taken_for_good(self._history, self._contract, tasks)

    @cached_property
    def _end(self) -> float:
        """The last moment at which any operation may have taken effect."""
        return max((latest(operation) for operation in self._history), default=0)

    def let_through(self, group: list[TaskHistory]) -> Iterator[Violation]:
        """Find the first two tasks of a key of which either should have kept out the other."""
        delivered = [task for task in group if task.only_enqueue is not None and task.deliveries]
        delivered.sort(key=lambda task: task.enqueues[0].start)
        delivered[:0] = self._expired(group, delivered)
        for place, first in enumerate(delivered):
            freed = self._freed(first)
            for second in delivered[place + 1 :]:
                if freed <= second.enqueues[0].start:
                    break
                replaced = self._may_have_replaced
                if self._may_replace and (replaced(first, second) or replaced(second, first)):
                    continue
                if freed > _settled(second) and self._freed(second) > _settled(first):
                    yield self._both_delivered(first, second)
                    return

    def _expired(self, group: list[TaskHistory], delivered: list[TaskHistory]) -> list[TaskHistory]:
        """Return the first task of a key, if it expired before another one was delivered.

        Only a key that is held for a time certainly stays in use after that.
        """
        if not (group and self._for_a_time and self._final) or self._may_replace or self._unknown:
            return []
        first = min(group, key=lambda task: task.enqueues[0].start)
        enqueue = first.only_enqueue
        if enqueue is None or not enqueue.ok or first.deliveries:
            return []
        others = (task.enqueues[0].start for task in group if task is not first)
        claims = (task.deliveries[0].claim.start for task in delivered)
        alone = latest(enqueue) < min(others, default=NEVER)
        return [first] if alone and may_expire(enqueue) <= min(claims, default=NEVER) else []

    def refused(self, group: _Group) -> Iterator[Violation]:
        """Find enqueues that were refused although the holder of the key was completed before."""
        intervals = _KeyIntervals(map(self._key_interval, group.tasks))
        for enqueue in group.refused:
            until, freed_by = intervals.longest(enqueue)
            if freed_by is not None and until < enqueue.start:
                yield self._not_freed(enqueue, freed_by, "refused")

    def lost(self, group: list[TaskHistory]) -> Iterator[Violation]:
        """Find undelivered accepted tasks that no other task of the key kept out."""
        missing = [task for task in group if self._final and self._should_have_come(task)]
        if not missing or len(group) == 1:
            return  # `no_loss` judges a key with a single task
        # Each missing task may have kept out the next one, but one of them should have come.
        absent = {task.label for task in missing}
        holders = [task for task in group if task.label not in absent]
        intervals = _KeyIntervals(map(self._key_interval, holders))
        last = max((holder.enqueues[0].start for holder in holders), default=-NEVER)
        for enqueue in [task.enqueues[0] for task in missing]:
            until, freed_by = intervals.longest(enqueue)
            if until >= enqueue.start or (self._may_replace and enqueue.start <= last):
                continue
            if freed_by is not None:
                yield self._not_freed(enqueue, freed_by, "never delivered")
            else:
                later = next((task for task in holders if task.deliveries), None)
                yield self._never_came(enqueue, later)

    def _freed(self, task: TaskHistory) -> float:
        """Return the first moment at which a delivered task may no longer hold its key."""
        delivered = (task.deliveries[0].claim if task.deliveries else task.enqueues[0]).start
        frees: list[float] = [cancel.start for cancel in task.cancels]
        if self._until_claim:
            frees.append(self._first_unknown)
        if self._outlives:
            frees.append(key_ends(task.enqueues[0], self._contract)[0])
            # A purge may delete the key with its task.
            frees += [purge.start for purge in self._purges if latest(purge) >= delivered]
            return min(frees)
        kept = {Capability.COMPLETE, Capability.AT_LEAST_ONCE} <= self._contract.capabilities
        if self._until_claim or not kept:
            frees.append(delivered)
        limit = possible_limit(task, self._contract)
        for tries, delivery in enumerate(task.deliveries, start=1 + self._unknown):
            frees += [
                end.start for end in delivery.endings if end.verb is Verb.COMPLETE or is_final(end)
            ]
            if tries >= limit:
                frees.append(delivery.claim.start)  # the task may die, which may free its key
        return min(frees, default=NEVER)

    def _should_have_come(self, task: TaskHistory) -> bool:
        enqueue = task.only_enqueue
        if enqueue is None or not enqueue.ok or task.deliveries or task.cancels:
            return False
        empty = self._empty_claims.last_for(enqueue)
        delay = number(enqueue.arguments.get("delay") or 0)
        if empty is None or delay is None or may_expire(enqueue) <= empty.start:
            return False
        late = self._contract.resolution if delay > 0 else 0
        return latest(enqueue) + nanoseconds(delay + late) < empty.start

    def _key_interval(self, task: TaskHistory) -> _KeyInterval:
        start = min(enqueue.start for enqueue in task.enqueues)
        if self._until_claim and self._claimed_for_good(task):
            return _KeyInterval(start, latest(task.deliveries[0].claim), task.first_claim)
        if task.only_enqueue is None:
            return _KeyInterval(start, NEVER, None)
        if self._outlives:
            _, over = key_ends(task.only_enqueue, self._contract)
            return _KeyInterval(start, over, task.only_enqueue if over < NEVER else None)
        removed = [cancel for cancel in task.cancels if cancel.ok]
        if removed and not task.deliveries and not self._unknown:
            return _KeyInterval(start, latest(removed[0]), removed[0])
        ends = (self._completion(task, delivery) for delivery in task.deliveries)
        end = next((end for end in ends if end is not None), None)
        if end is None or task.cancels:
            return _KeyInterval(start, NEVER, None)
        return _KeyInterval(start, latest(end), end)

    def _claimed_for_good(self, task: TaskHistory) -> bool:
        """Return True if a task certainly did not wait again after its only delivery."""
        if task.only_enqueue is None or task.cancels or len(task.deliveries) != 1:
            return False
        delivery = task.deliveries[0]
        kept = self._completion(task, delivery) is not None or (
            not self._leases.of(delivery).lease_may_end(delivery.claim.start, self._end)
        )
        return kept and all(end.verb is Verb.COMPLETE for end in delivery.endings)

    def _completion(self, task: TaskHistory, delivery: DeliveredTask) -> Operation | None:
        """Return the completion of a delivery that certainly took effect; None without one."""
        return next(
            (
                end
                for end in delivery.endings
                if end.verb is Verb.COMPLETE and self._leases.took_effect(task, delivery, end)
            ),
            None,
        )

    def _may_have_replaced(self, first: TaskHistory, second: TaskHistory) -> bool:
        """Return True if the second task may have replaced the first while that waited.

        Counter-example: claim t [2, 3], fail t [4, 5], enqueue u [6, 7], claim u [8, 9] is legal.
        """
        begun, settled = second.enqueues[0].start, _settled(second)
        return not any(
            delivery.claim.start > settled
            or (latest(delivery.claim) < begun and not self._may_wait(first, delivery, settled))
            for delivery in first.deliveries
        )

    def _may_wait(self, task: TaskHistory, delivery: DeliveredTask, moment: float) -> bool:
        """Return True if a task may wait again by a moment, after one of its deliveries."""
        if self._completion(task, delivery) is not None:
            return False
        given_back = any(
            ending.start <= moment
            for ending in delivery.endings
            if ending.verb is not Verb.COMPLETE
        )
        lease = self._leases.of(delivery)
        return given_back or lease.lease_may_end(delivery.claim.start, moment)

    def _both_delivered(self, first: TaskHistory, second: TaskHistory) -> Violation:
        older, newer = first.enqueues[0], second.enqueues[0]
        return violation(
            "key-let-through",
            "Idempotency key let a second task through",
            f"{actor(newer)} enqueued {second.label} with key {_key(newer)} "
            f"{when(self._history, newer)} although {first.label} held that key "
            f"({done(self._history, older)}, declared `key_hold="
            f"{self._contract.key_hold.name}`). "
            f"{'Both tasks were' if first.deliveries else f'{second.label} was'} delivered.",
            older,
            newer,
            first.first_claim,
            second.first_claim,
        )

    def _never_came(self, enqueue: Operation, later: TaskHistory | None) -> Violation:
        fate = (
            "nor was any other task of the key"
            if later is None
            else f"although {later.label}, another task of the key, was"
        )
        return violation(
            "keyed-lost",
            "Task with an idempotency key never delivered",
            f"{enqueue.task} with key {_key(enqueue)} ({done(self._history, enqueue)}) was never "
            f"delivered, {fate}.",
            enqueue,
            *([later.enqueues[0], later.first_claim] if later is not None else []),
            self._empty_claims.last_for(enqueue),
        )

    def _not_freed(self, enqueue: Operation, freed_by: Operation, fate: str) -> Violation:
        return violation(
            "key-not-freed",
            f"Idempotency key not freed by {_ENDS[freed_by.verb]}",
            f"{enqueue.task} with key {_key(enqueue)} ({done(self._history, enqueue)}) was {fate} "
            f"although {actor(freed_by)} had {PAST[freed_by.verb]} {freed_by.task}, the holder of "
            f"the key, {when(self._history, freed_by)} (declared `key_hold="
            f"{self._contract.key_hold.name}`).",
            freed_by,
            enqueue,
        )


def _settled(task: TaskHistory) -> float:
    """Return the last moment at which the enqueue of a delivered task took effect."""
    ends = [latest(delivery.claim) for delivery in task.deliveries[:1]]
    return min([latest(task.enqueues[0]), *ends])
