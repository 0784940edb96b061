"""Whether something was there at every instant at which a claim may have looked.

A claim looked at one unknown instant of its interval. It certainly passed over a task only if
at each of these instants some better task was certainly there: not necessarily the same one. This
is the method of critical intervals (Henzinger, Sezgin and Vafeiadis, "Aspect-oriented
linearizability proofs", 2013; Bouajjani, Enea and Wang, "Checking linearizability of concurrent
priority queues", 2017), with union-find over the gaps between the instants that matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any


@dataclass(frozen=True)
class Interval:
    """A stretch of time in nanoseconds, with what it stands for.

    start, end: of something that is certainly there, these two instants themselves are not part;
        of a probe they are.
    what: the caller's.
    rank: of something there, how good it is; of a probe, what beats it: a smaller rank.
    """

    start: float
    end: float
    what: Any = field(compare=False)
    rank: Any = 0


class Axis:
    """Numbers the instants that matter, and the gaps between: instants are even, gaps odd."""

    def __init__(self, instants: Iterable[float]) -> None:
        self._places = {instant: place for place, instant in enumerate(sorted(set(instants)))}
        self.length = 2 * len(self._places) + 1

    def at(self, instant: float) -> int:
        return 2 * self._places[instant]


def beaten(there: Sequence[Interval], probes: Sequence[Interval]) -> list[Interval]:
    """Return the probes that something of smaller rank covers, alone or several in turn.

    O(n log n): every gap is covered once, from the best rank to the worst.
    """
    both = [*there, *probes]
    axis = Axis(instant for one in both for instant in (one.start, one.end))
    free = list(range(axis.length + 1))
    waiting = sorted(there, key=lambda one: one.rank, reverse=True)
    found = []
    for probe in sorted(probes, key=lambda one: one.rank):
        while waiting and waiting[-1].rank < probe.rank:
            one = waiting.pop()
            _cover(free, axis.at(one.start) + 1, axis.at(one.end) - 1)
        if _next(free, axis.at(probe.start)) > axis.at(probe.end):
            found.append(probe)
    return found


def _cover(free: list[int], first: int, last: int) -> None:
    place = _next(free, first)
    while place <= last:
        free[place] = place + 1
        place = _next(free, place)


def _next(free: list[int], place: int) -> int:
    root = place
    while free[root] != root:
        root = free[root]
    while free[place] != root:
        free[place], place = root, free[place]
    return root


def outnumbered(
    there: Sequence[Interval], thieves: Sequence[tuple[float, int]], probes: Sequence[Interval]
) -> list[Interval]:
    """Return the probes during all of which more was there than thieves may have taken.

    thieves: pairs of an instant, and how much may be gone from then on.
    """
    both = [*there, *probes]
    ends = [instant for one in both for instant in (one.start, one.end)]
    axis = Axis([*ends, *(instant for instant, _ in thieves)])
    change = [0] * (axis.length + 2)
    for one in there:
        if one.start < one.end:
            change[axis.at(one.start) + 1] += 1
            change[axis.at(one.end)] -= 1
    for instant, weight in thieves:
        change[axis.at(instant)] -= weight
    bare = [0, *accumulate(left <= 0 for left in accumulate(change))]
    return [one for one in probes if bare[axis.at(one.start)] == bare[axis.at(one.end) + 1]]


def cover_of(probe: Interval, there: Iterable[Interval]) -> list[Interval]:
    """Return the fewest that cover a probe between them; what covers it most where none do."""
    near = [one for one in there if one.start < probe.end and probe.start < one.end]
    chosen: list[Interval] = []
    reached = probe.start
    while reached <= probe.end:
        # Touching is not enough: at the instant itself neither is certainly there.
        able = [one for one in near if one.start < reached < one.end]
        best = max(able, key=lambda one: one.end, default=None)
        if best is None:
            break
        chosen.append(best)
        reached = best.end
    return chosen
