"""The calls of a history in plain text: as numbered lines, and as a drawing of the actors' lanes.

The drawing has the places of `timeline`, a letter for some pixels. What is wider than the terminal
continues below, like a line of text.
"""

from __future__ import annotations

import textwrap
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from pytest_queuekit.model.history import Operation, Outcome
from pytest_queuekit.report.failure import calls_of, describe, when
from pytest_queuekit.report.timeline import LANE, TOP, Band, Bar, Tick, Timeline, timeline

_LEGEND = (
    "[ ] a call, [ ? a call without an answer, = a lease, ▶ the last call of the proof, * the "
    "calls before it"
)
_NAME = 14
"""Letters of an actor's name that a line shows."""
_WIDE, _NARROW = 6.0, 9.0
"""Pixels of a letter, so that a call has 14 letters, or 9 where there is little room."""


def numbered(
    operations: Sequence[Operation], *, proof: Sequence[Operation], width: int
) -> list[str]:
    """Return a line for each call, or more if it is longer than `width`.

    proof: the operations among them that prove a failure. They have a mark, the last its own.
    """
    calls = calls_of(operations)
    own = {operation.number for operation in proof}
    digits = len(str(len(calls)))
    actors = min(max((len(call[0].actor) for call in calls), default=0), _NAME)
    times = max((len(when(call[0])) for call in calls), default=0)
    lines = []
    for number, call in enumerate(calls, start=1):
        mark = "*" if own & {operation.number for operation in call} else " "
        if _is_last(call, proof):
            mark = "▶"
        head = f"{mark} {number:>{digits}}  {when(call[0]):>{times}}"
        text = f"{head}  {call[0].actor[:_NAME]:<{actors}}  {describe(*call)}"
        lines += textwrap.wrap(
            text, width, subsequent_indent=" " * (digits + 4), break_on_hyphens=False
        )
    return lines


def drawn(operations: Sequence[Operation], *, proof: Sequence[Operation], width: int) -> list[str]:
    """Return the drawing, at most `width` letters wide; none for no call. `proof`: as above."""
    plan = timeline(operations)
    if plan is None:
        return []
    calls = calls_of(operations)
    last = {at for at, call in enumerate(calls, start=1) if _is_last(call, proof)}
    names = [name[:_NAME] for _, name in plan.lanes]
    room = width - max(map(len, names)) - 2
    canvas = _Canvas(plan, last, room)
    lines: list[str] = []
    for begin, end in canvas.parts:
        lines += _part(["", *names], [row[begin:end] for row in canvas.rows])
    return [*lines, *textwrap.wrap(_LEGEND, width)]


def _is_last(call: Sequence[Operation], proof: Sequence[Operation]) -> bool:
    return bool(proof) and proof[-1].number in {operation.number for operation in call}


def _part(names: Sequence[str], rows: Sequence[str]) -> Iterator[str]:
    """Yield the lanes of one part of the drawing, without those in which nothing happens."""
    margin = max(map(len, names)) + 2
    for name, row in zip(names, rows, strict=True):
        if row.strip():
            yield f"{name:<{margin}}{row}".rstrip()
    yield ""


_Part = TypeVar("_Part", Bar, Band)


def _by_lane(parts: Iterable[_Part]) -> Mapping[int, list[_Part]]:
    by_lane: dict[int, list[_Part]] = defaultdict(list)
    for part in parts:
        by_lane[_lane_of(part.y)].append(part)
    return by_lane


def _lane_of(y: float) -> int:
    """Return the number of the lane at a place in pixels."""
    return int(y - TOP) // LANE


class _Canvas:
    """The whole drawing in letters.

    parts: the begin and the end of each part that a terminal has room for.
    rows: the moments, then a row for each lane.
    """

    def __init__(self, plan: Timeline, last: Collection[int], room: int) -> None:
        self._origin = plan.bars[0].x
        parts: Sequence[Bar | Band] = (*plan.bars, *plan.bands)
        end = max(part.x + part.width for part in parts)
        self._scale = min(max((end - self._origin) / (room - 1), _WIDE), _NARROW)
        self._width = self._place(end) + 1
        self.parts = list(self._parts([self._place(bar.x) for bar in plan.bars], room))
        bands, bars = _by_lane(plan.bands), _by_lane(plan.bars)
        lanes = [_lane_of(top) for top, _ in plan.lanes]
        self.rows = [self._moments(plan.ticks)]
        self.rows += [self._lane(bands[lane], bars[lane], last) for lane in lanes]

    def _parts(self, starts: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
        """Yield the parts. A part ends before a call, if one is near."""
        begin = 0
        while begin < self._width:
            end = self._width
            if end - begin > room:
                near = starts[bisect_right(starts, begin + room) - 1]
                end = near if near > begin else begin + room
            yield begin, end
            begin = end

    def _place(self, x: float) -> int:
        return round((x - self._origin) / self._scale)

    def _lane(self, bands: Sequence[Band], bars: Sequence[Bar], last: Collection[int]) -> str:
        row, drawn_to = [" "] * self._width, 0
        for band in sorted(bands, key=lambda band: band.x):
            # Thousands of leases may overlap: each draws only the part beyond the others.
            begin, end = max(self._place(band.x), drawn_to), self._place(band.x + band.width)
            if begin < end:
                row[begin:end] = "=" * (end - begin)
                drawn_to = end
        for bar in bars:
            begin, end = self._place(bar.x), self._place(bar.x + bar.width)
            mark = "▶" if bar.number in last else ""
            text = f"[{mark}{bar.number} {bar.verb}"[: end - begin - 1].ljust(end - begin - 1)
            row[begin:end] = text + ("?" if bar.outcome == Outcome.UNKNOWN else "]")
        return "".join(row)

    def _moments(self, ticks: Sequence[Tick]) -> str:
        """Return the row of the moments, without those that would be cut or cover another one."""
        row, free = [" "] * self._width, 0
        for tick in sorted(ticks, key=lambda tick: tick.x):
            place = self._place(tick.x)
            _, end = self.parts[bisect_right(self.parts, (place, self._width)) - 1]
            after = place + len(tick.text)
            if free <= place and after <= end:
                row[place:after] = tick.text
                free = after + 1
        return "".join(row)
