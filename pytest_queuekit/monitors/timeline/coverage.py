"""Coverage: which claims had an available task at every moment at which they may have looked.

A claim looked at one unknown moment of its interval. It certainly passed over a task only if a
better task was certainly available at each of these moments: not necessarily the same task. This
is the method of critical intervals (Henzinger, Sezgin and Vafeiadis, "Aspect-oriented
linearizability proofs", 2013; Bouajjani, Enea and Wang, "Checking linearizability of concurrent
priority queues", 2017), as a sweep through the moments that matter.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import accumulate
from operator import attrgetter
from typing import Any


@dataclass(slots=True)  # frozen, it would take three times as long to make
class Interval:
    """An interval of time in nanoseconds, and the item that it belongs to.

    start, end: of an available task, both moments are outside (open); of a probe, both are
        inside (closed). An operation may take effect at its very start or end, so a probe may have
        looked there, and a task may only just come or already be gone there. Counter-example:
        enqueue [0, 4], claim [4, 6] -> empty is legal: at 4 the claim may look first.
    item: the caller's own object.
    rank: of an available task its place in the order; of a probe the rank that it must yield to:
        any smaller rank beats it.
    """

    start: float
    end: float
    item: Any = field(compare=False)
    rank: Any = 0


class Axis:
    """Numbers the moments that matter and the gaps between them: moments odd, gaps even.

    An open interval then begins one place after its first moment, and a closed one includes it.
    What changes at a moment counts from there on, or from the next moment that matters.
    """

    def __init__(self, changes: Iterable[float], questions: Iterable[tuple[float, float]]) -> None:
        """Take the ends of all questions, by start, and the moments of change in between."""
        ordered = sorted(changes)
        moments: list[float] = []
        asked_until = -math.inf
        for start, end in questions:
            first = bisect_left(ordered, max(start, asked_until))
            moments += (start, end, *ordered[first : bisect_right(ordered, end)])
            asked_until = max(asked_until, end)
        self._moments = sorted(set(moments))
        self.length = 2 * len(self._moments) + 1

    def at(self, moment: float) -> int:
        place = bisect_left(self._moments, moment)
        matters = place < len(self._moments) and self._moments[place] == moment
        return 2 * place + matters


def passed_over(available: Sequence[Interval], probes: Sequence[Interval]) -> list[Interval]:
    """Return the probes that intervals of smaller rank cover, alone or several in turn.

    O(n log n): a sweep through time knows the best interval at each moment. A probe is covered if
    the worst of these, from its start to its end, still beats it.
    """
    ranked = sorted(available, key=attrgetter("rank"))
    doubtful = _doubtful(ranked, probes)
    if not doubtful:
        return []
    worst = _worst_places(ranked, [probe for probe, _ in doubtful])
    return [probe for (probe, better), place in zip(doubtful, worst, strict=True) if place < better]


def _doubtful(ranked: Sequence[Interval], probes: Sequence[Interval]) -> list[tuple[Interval, int]]:
    """Return the probes, by rank, during which some interval of smaller rank may go on.

    Each comes with the number of intervals that beat it. Those throughout which none goes on need
    no search: in a long history these are nearly all.
    """
    doubtful, better, until = [], 0, -math.inf
    for probe in sorted(probes, key=attrgetter("rank")):
        while better < len(ranked) and ranked[better].rank < probe.rank:
            until = max(until, ranked[better].end)
            better += 1
        if until > probe.end:
            doubtful.append((probe, better))
    return doubtful


def _worst_places(ranked: Sequence[Interval], probes: Sequence[Interval]) -> list[int]:
    """Return for each probe the worst place, at any of its moments, of the best interval then.

    A place is an index of `ranked`; a moment without an interval has the place after all others.
    """
    # At one moment a probe starts and ends before an interval starts, which is open there.
    events = [(probe.start, 0, at) for at, probe in enumerate(probes)]
    events += [(probe.end, 1, at) for at, probe in enumerate(probes)]
    events += [
        (interval.start, 2, place)
        for place, interval in enumerate(ranked)
        if interval.start < interval.end
    ]
    events.sort()
    sweep, worst = _Sweep(len(ranked)), [0] * len(probes)
    for moment, kind, at in events:
        sweep.advance(moment)
        if kind == 0:
            worst[at] = sweep.best
        elif kind == 1:
            worst[at] = max(worst[at], sweep.worst_since(probes[at].start))
        else:
            sweep.add(at, ranked[at].end)
    return worst


class _Sweep:
    """Knows the best place of the open intervals at a moment, and since when it was no worse.

    The best place gets worse only where an interval ends. Of these moments it keeps those with a
    worse place than all later ones: their places fall, so that a search finds the worst.
    """

    def __init__(self, nothing: int) -> None:
        self._nothing = nothing
        self._open: list[tuple[int, float]] = []  # a heap of places and ends
        self._moments: list[float] = []
        self._places: list[int] = []

    @property
    def best(self) -> int:
        """The best place now; the place after all others without an open interval."""
        return self._open[0][0] if self._open else self._nothing

    def add(self, place: int, end: float) -> None:
        """Open an interval now."""
        heappush(self._open, (place, end))

    def advance(self, moment: float) -> None:
        """Close the intervals that end by a moment."""
        while self._open and self._open[0][1] <= moment:
            _, end = heappop(self._open)
            # Those that were not the best when they ended made nothing worse.
            while self._open and self._open[0][1] <= end:
                heappop(self._open)
            while self._places and self._places[-1] <= self.best:
                self._places.pop()
                self._moments.pop()
            self._places.append(self.best)
            self._moments.append(end)

    def worst_since(self, moment: float) -> int:
        """Return the worst place where an interval ended after a moment; 0 if none did."""
        at = bisect_right(self._moments, moment)
        return self._places[at] if at < len(self._places) else 0


def outnumbered(
    available: Sequence[Interval], takers: Sequence[tuple[float, int]], probes: Sequence[Interval]
) -> list[Interval]:
    """Return the probes throughout which more tasks were available than others can have claimed.

    takers: pairs of a moment, and the number of tasks that may be gone from that moment on.
    """
    ends = [moment for interval in available for moment in (interval.start, interval.end)]
    taken = [moment for moment, _ in takers]
    axis = Axis([*ends, *taken], [(probe.start, probe.end) for probe in probes])
    change = [0] * (axis.length + 2)
    for interval in available:
        if interval.start < interval.end:
            change[axis.at(interval.start) + 1] += 1
            change[axis.at(interval.end)] -= 1
    for moment, count in takers:
        # A taker counts from its very start: it may take the task at that moment.
        change[axis.at(moment)] -= count
    bare = [0, *accumulate(left <= 0 for left in accumulate(change))]
    return [probe for probe in probes if bare[axis.at(probe.start)] == bare[axis.at(probe.end) + 1]]


def shortest_cover(probe: Interval, available: Iterable[Interval]) -> list[Interval]:
    """Return the fewest intervals that together cover a probe, or its longest covered beginning."""
    near = [
        interval
        for interval in available
        if interval.start < probe.end and probe.start < interval.end
    ]
    chosen: list[Interval] = []
    reached = probe.start
    while reached <= probe.end:
        # Intervals that only touch leave a gap: at the moment itself neither task is certain.
        able = [interval for interval in near if interval.start < reached < interval.end]
        best = max(able, key=lambda interval: interval.end, default=None)
        if best is None:
            break
        chosen.append(best)
        reached = best.end
    return chosen
