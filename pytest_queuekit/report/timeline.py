"""The calls of a proof as a drawing: a lane for each actor, a bar for each call, a band a lease.

This module computes places; a report draws them. Time is not to scale: a proof has milliseconds
and minutes, so each gap is as wide as the logarithm of its length.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pytest_queuekit.model.history import SECOND, Operation, Outcome, Verb
from pytest_queuekit.report.failure import calls_of, describe

LANE = 44
"""Pixels of a lane."""
BAR = 22
"""Pixels of the height of a bar."""

TOP = 24
"""Pixels above the first lane."""

_LEFT, _RIGHT = 96, 64
_GAP, _DECADE = 8, 6
"""Pixels of a gap of no length, and for each decade that it is longer."""
_LEAST = 84
"""The fewest pixels from the start of a call to the next moment: its bar holds its verb."""
_TICK = 72
"""The fewest pixels between two labels of the time."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A call. x, y, width: its place in pixels. number: from 1, in order of start.

    verb: what it is. outcome: how it ended. text: both in words, with the task.
    culprit: True for the call that shows the violation.
    """

    x: float
    y: float
    width: float
    number: int
    verb: str
    outcome: str
    culprit: bool
    text: str


@dataclass(frozen=True, kw_only=True)
class Band:
    """A lease, from the claim to its end or to the acknowledgement."""

    x: float
    y: float
    width: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A moment in the queue's clock."""

    x: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The places of all parts. width, height: of the drawing. lanes: y and name of each actor."""

    width: float
    height: float
    lanes: tuple[tuple[float, str], ...]
    bars: tuple[Bar, ...]
    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]


def timeline(witness: Sequence[Operation], *, culprit: int = 0) -> Timeline | None:
    """Return the drawing of a proof; None for a proof of no call.

    culprit: the number of the call that shows the violation, from 1; 0 for the last call.
    Operations of one batch are one call.
    """
    batches = calls_of(witness)
    if not batches:
        return None
    calls = [batch[0] for batch in batches]
    leases = list(_leases(calls))
    moments = {call.start for call in calls} | {_end(call) for call in calls}
    scale = _Scale(sorted(moments | {until for _, until in leases}), {call.start for call in calls})
    actors = list(dict.fromkeys(call.actor for call in calls))
    lanes = {actor: TOP + LANE * place for place, actor in enumerate(actors)}
    bars = tuple(
        Bar(
            x=scale.place(call.start),
            y=lanes[call.actor] + (LANE - BAR) / 2,
            width=max(scale.place(_end(call)) - scale.place(call.start), _LEAST),
            number=number,
            verb=str(call.verb),
            outcome=str(call.outcome),
            culprit=number == (culprit or len(calls)),
            text=describe(call, *others),
        )
        for number, (call, *others) in enumerate(batches, start=1)
    )
    bands = tuple(
        Band(
            x=scale.place(claim.start),
            y=lanes[claim.actor] + 2,
            width=scale.place(until) - scale.place(claim.start),
            text=f"lease of {claim.task} until {until / SECOND:.3f} s",
        )
        for claim, until in leases
    )
    return Timeline(
        width=max(scale.width, bars[-1].x + bars[-1].width) + _RIGHT,
        height=TOP + LANE * len(lanes) + 4,
        lanes=tuple((y, actor) for actor, y in lanes.items()),
        bars=bars,
        bands=bands,
        ticks=tuple(_ticks(calls, leases, scale)),
    )


def _end(call: Operation) -> int:
    return call.start if call.end is None else call.end


class _Scale:
    """Maps moments in nanoseconds to pixels. starts: those at which a call begins."""

    def __init__(self, moments: Sequence[int], starts: Collection[int]) -> None:
        self._moments = moments
        self._places = [float(_LEFT)]
        for before, after in pairwise(moments):
            decades = math.log10(1 + (after - before) / 1000)  # from a microsecond on
            gap = _GAP + _DECADE * decades
            self._places.append(self._places[-1] + (max(gap, _LEAST) if before in starts else gap))

    @property
    def width(self) -> float:
        return self._places[-1]

    def place(self, moment: int) -> float:
        return round(self._places[bisect_left(self._moments, moment)], 1)


def _leases(calls: Sequence[Operation]) -> Iterator[tuple[Operation, int]]:
    """Yield each claim with a lease that its call asked for, and when that ended."""
    answers: dict[int, list[Operation]] = defaultdict(list)
    for call in calls:
        if call.claim is not None and call.outcome is Outcome.OK:
            answers[call.claim].append(call)
    for claim in calls:
        lease = claim.arguments.get("lease")
        if claim.verb is not Verb.CLAIM or claim.task is None or not isinstance(lease, int | float):
            continue
        until = _end(claim) + round(lease * SECOND)
        for said in answers[claim.number]:
            if said.verb is Verb.EXTEND:
                until = max(until, _end(said) + round(said.arguments.get("seconds", 0) * SECOND))
            elif said.start < until:
                until = _end(said)
        yield claim, max(until, _end(claim))


def _ticks(
    calls: Sequence[Operation], leases: Sequence[tuple[Operation, int]], scale: _Scale
) -> Iterator[Tick]:
    """Yield the moments that have room for a label: starts of calls first, then ends of leases."""
    taken: list[float] = []
    for moment in (*(call.start for call in calls), *(until for _, until in leases)):
        x = scale.place(moment)
        at = bisect_left(taken, x)
        if all(abs(x - other) >= _TICK for other in taken[max(at - 1, 0) : at + 1]):
            taken.insert(at, x)
            yield Tick(x=x, text=f"{moment / SECOND:.3f} s")
