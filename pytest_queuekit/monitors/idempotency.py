"""An idempotency key keeps a second task out, and only as long as it should."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate, chain

from pytest_queuekit.model.capabilities import Capability, KeyHold
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.attempts import limit_of
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import NEVER, latest, nanoseconds, number, span
from pytest_queuekit.monitors.timeline.lease_intervals import Holds
from pytest_queuekit.monitors.timeline.losses import Lookups, excused_by_ghosts, forgets
from pytest_queuekit.monitors.timeline.tasks import Ghosts, Life, happens, lives_of


def idempotency(history: History, contract: Contract) -> list[Violation]:
    """Find keys that hold too little or too much.

    `key-let-through`: two tasks of one key were delivered, though the first certainly still held
    it when the second was enqueued; `key-not-freed`: a task was not taken, or never came, though
    whoever had its key was completed before; `keyed-lost`: of all tasks of a key none ever came.
    """
    finder = _Finder(history, contract)
    lives = lives_of(history).values()
    groups = _groups(lives)
    lost = [found for group in groups if (found := list(finder.lost(group.lives)))]
    return smallest(
        [
            *(one for group in groups for one in finder.let_through(group.lives)),
            *(one for group in groups for one in finder.turned_away(group)),
            *(chain(*lost) if len(lost) > excused_by_ghosts(history, contract, lives) else []),
        ]
    )


@dataclass(frozen=True, kw_only=True)
class _Group:
    """All that concerns one key: tasks that may have had it, and enqueues that were refused it."""

    lives: list[Life] = field(default_factory=list)
    refused: list[Operation] = field(default_factory=list)


def _groups(lives: Iterable[Life]) -> list[_Group]:
    groups: dict[str | None, _Group] = defaultdict(_Group)
    for life in lives:
        for key in {_key(one) for one in life.enqueues}:
            groups[key].lives.append(life)
        for one in life.turned_away:
            if one.outcome is Outcome.REFUSED:
                groups[_key(one)].refused.append(one)
    return [group for key, group in groups.items() if key is not None]


def _key(enqueue: Operation) -> str | None:
    key = enqueue.arguments.get("key")
    return None if key is None else repr(key)


_Hold = tuple[float, float, Operation | None]


class _Holders:
    """Knows who of a key's tasks may have had the key for longest when another was enqueued."""

    def __init__(self, holds: Iterable[_Hold]) -> None:
        by_start = sorted(holds, key=lambda hold: hold[0])
        self._starts = [start for start, _, _ in by_start]
        self._longest: list[_Hold] = list(accumulate(by_start, _longer))

    def longest(self, enqueue: Operation) -> tuple[float, Operation | None]:
        """Return up to when the key may have been held, and by what it was freed then."""
        place = bisect_right(self._starts, latest(enqueue))
        return self._longest[place - 1][1:] if place else (-NEVER, None)


def _longer(one: _Hold, other: _Hold) -> _Hold:
    return one if one[1] >= other[1] else other


class _Finder:
    def __init__(self, history: History, contract: Contract) -> None:
        self._history = history
        self._contract = contract
        self._holds = Holds(history, contract)
        self._lookups = Lookups(history)
        self._ghosts = Ghosts.of(history).weight
        self._purges = [one for one in history.by(Verb.PURGE) if happens(one)]
        self._final = history.drained and not forgets(history, contract)
        self._for_ever = contract.key_hold is KeyHold.FOR_EVER

    def let_through(self, group: list[Life]) -> Iterator[Violation]:
        """Find the first two tasks of a key of which one should have kept the other out."""
        came = [life for life in group if life.enqueue is not None and life.deliveries]
        came.sort(key=lambda life: life.enqueues[0].start)
        for place, first in enumerate(came):
            freed = self._freed(first)
            for second in came[place + 1 :]:
                if freed <= second.enqueues[0].start:
                    break
                if freed > _settled(second) and self._freed(second) > _settled(first):
                    yield self._two(first, second)
                    return

    def turned_away(self, group: _Group) -> Iterator[Violation]:
        """Find enqueues that were refused though whoever had the key was completed before."""
        holders = _Holders(map(self._hold, group.lives))
        for enqueue in group.refused:
            until, done = holders.longest(enqueue)
            if done is not None and until < enqueue.start:
                yield self._not_freed(enqueue, done, "was refused")

    def lost(self, group: list[Life]) -> Iterator[Violation]:
        """Find accepted tasks that no other of the key can have kept out, and that never came."""
        missing = [life for life in group if self._final and self._should_have_come(life)]
        if not missing or len(group) == 1:
            return  # a key of one task is no matter of keys
        # Of those that should have come each may have kept the next one out, but one should come.
        absent = {life.task for life in missing}
        held = [life for life in group if life.task not in absent]
        holders = _Holders(map(self._hold, held))
        for enqueue in [life.enqueues[0] for life in missing]:
            until, done = holders.longest(enqueue)
            if until < enqueue.start:
                later = next((one for one in held if one.deliveries), None)
                yield self._never_came(enqueue, done, later)

    def _freed(self, life: Life) -> float:
        """Return the first instant at which a task that was delivered may not hold its key."""
        delivered = life.deliveries[0].claim.start
        frees = [one.start for one in life.cancels]
        if self._for_ever:
            # What is deleted may be forgotten.
            frees += [one.start for one in self._purges if latest(one) >= delivered]
            return min(frees, default=NEVER)
        if not {Capability.COMPLETE, Capability.AT_LEAST_ONCE} <= self._contract.capabilities:
            frees.append(delivered)
        limit = limit_of(life, self._contract)
        for tries, delivery in enumerate(life.deliveries, start=1 + self._ghosts):
            frees += [one.start for one in delivery.endings() if one.verb is Verb.COMPLETE]
            if tries >= limit:
                frees.append(delivery.claim.start)  # it may die, and that may free the key
        return min(frees, default=NEVER)

    def _should_have_come(self, life: Life) -> bool:
        enqueue = life.enqueue
        if enqueue is None or not enqueue.ok or life.deliveries or life.cancels:
            return False
        lookup = self._lookups.last(enqueue)
        delay = number(enqueue.arguments.get("delay") or 0)
        if lookup is None or delay is None:
            return False
        late = self._contract.resolution if delay > 0 else 0
        return latest(enqueue) + nanoseconds(delay + late) < lookup.start

    def _hold(self, life: Life) -> _Hold:
        """Say from when to when a task may have had its key, and what freed it."""
        start = min(one.start for one in life.enqueues)
        if life.enqueue is not None and not self._for_ever and not life.cancels:
            for delivery in life.deliveries:
                for one in delivery.endings():
                    if one.verb is Verb.COMPLETE and self._holds.counts(life, delivery, one):
                        return start, latest(one), one
        return start, NEVER, None

    def _two(self, first: Life, second: Life) -> Violation:
        one, two = first.enqueues[0], second.enqueues[0]
        return violation(
            "key-let-through",
            f"tasks {first.task} (enqueued {span(self._history, one)}) and {second.task} "
            f"(enqueued {span(self._history, two)}) share the key {_key(one)}, and both came",
            one,
            two,
            first.first,
            second.first,
        )

    def _never_came(
        self, enqueue: Operation, done: Operation | None, later: Life | None
    ) -> Violation:
        if done is not None:
            return self._not_freed(enqueue, done, "never came")
        fate = (
            "neither it nor another task of this key ever came"
            if later is None
            else f"it never came, but task {later.task} did, which was enqueued with this key later"
        )
        return violation(
            "keyed-lost",
            f"task {enqueue.task} was enqueued by {enqueue.actor} with key {_key(enqueue)} "
            f"({span(self._history, enqueue)}), and {fate}",
            enqueue,
            *([later.enqueues[0], later.first] if later is not None else []),
            self._lookups.last(enqueue),
        )

    def _not_freed(self, enqueue: Operation, done: Operation, fate: str) -> Violation:
        return violation(
            "key-not-freed",
            f"task {done.task}, which had the key {_key(enqueue)}, was completed "
            f"({span(self._history, done)}), yet task {enqueue.task}, enqueued with that key "
            f"after it ({span(self._history, enqueue)}), {fate}",
            done,
            enqueue,
        )


def _settled(life: Life) -> float:
    """Return the last instant at which the enqueue of a delivered task took effect."""
    claim = life.deliveries[0].claim
    return min(latest(life.enqueues[0]), latest(claim))
