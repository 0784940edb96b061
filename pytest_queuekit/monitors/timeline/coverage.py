"""Coverage: which claims had an available task at every moment at which they may have looked.

A claim looked at one unknown moment of its interval. It certainly passed over a task only if a
better task was certainly available at each of these moments: not necessarily the same task. This
is the method of critical intervals (Henzinger, Sezgin and Vafeiadis, "Aspect-oriented
linearizability proofs", 2013; Bouajjani, Enea and Wang, "Checking linearizability of concurrent
priority queues", 2017), with union-find over the gaps between the moments that matter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
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
    """Numbers the moments that matter and the gaps between them: moments even, gaps odd.

    An open interval then ends one place before its last moment, and a closed one includes it.
    """

    def __init__(self, moments: Iterable[float]) -> None:
        self._places = {moment: place for place, moment in enumerate(sorted(set(moments)))}
        self.length = 2 * len(self._places) + 1

    def at(self, moment: float) -> int:
        return 2 * self._places[moment]


def passed_over(available: Sequence[Interval], probes: Sequence[Interval]) -> list[Interval]:
    """Return the probes that intervals of smaller rank cover, alone or several in turn.

    O(n log n): every gap is covered once, from the best rank to the worst.
    """
    doubtful = _doubtful(available, probes)
    if not doubtful:
        return []
    both = [*available, *doubtful]
    axis = Axis(moment for interval in both for moment in (interval.start, interval.end))
    free = list(range(axis.length + 1))
    waiting = sorted(available, key=_rank, reverse=True)
    covered = []
    for probe in doubtful:
        while waiting and waiting[-1].rank < probe.rank:
            best = waiting.pop()
            _cover(free, axis.at(best.start) + 1, axis.at(best.end) - 1)
        if _next(free, axis.at(probe.start)) > axis.at(probe.end):
            covered.append(probe)
    return covered


def _rank(interval: Interval) -> Any:
    return interval.rank


def _doubtful(available: Sequence[Interval], probes: Sequence[Interval]) -> list[Interval]:
    """Return the probes, by rank, during which some interval of smaller rank may go on.

    Those throughout which none does need no search: in a long history these are nearly all.
    """
    waiting = sorted(available, key=_rank, reverse=True)
    doubtful, until = [], -math.inf
    for probe in sorted(probes, key=_rank):
        while waiting and waiting[-1].rank < probe.rank:
            until = max(until, waiting.pop().end)
        if until > probe.end:
            doubtful.append(probe)
    return doubtful


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
    available: Sequence[Interval], takers: Sequence[tuple[float, int]], probes: Sequence[Interval]
) -> list[Interval]:
    """Return the probes throughout which more tasks were available than others can have claimed.

    takers: pairs of a moment, and the number of tasks that may be gone from that moment on.
    """
    both = [*available, *probes]
    ends = [moment for interval in both for moment in (interval.start, interval.end)]
    axis = Axis([*ends, *(moment for moment, _ in takers)])
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
