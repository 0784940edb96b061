"""Draws the death of an actor in the middle of a call, and what others do after it."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.walks.kill import Kill
from pytest_queuekit.walks.life import Life
from pytest_queuekit.walks.pen import Pen
from pytest_queuekit.walks.sites import Gap
from pytest_queuekit.walks.steps import Claim, Reclaim, Stats, Step, Walk
from pytest_queuekit.walks.walker import Walker

_LOOKS = 0.4
"""How often others look at the queue at once, before the lease of the dead actor ends."""
_PASSES = 0.7
"""How often time passes after that."""
_GOES_ON = 0.2
"""How often the walk goes on as if nobody had died."""
_MOST = 10
"""The most steps that follow besides those."""


def death(pen: Pen, walker: Walker, walk: Walk, gap: Gap, key: str | None) -> Iterator[Step]:
    """Yield the kill of the first step of a walk, and steps that show what came of it.

    key: the key of the present task.
    """
    yield Kill(call=walk[0], gap=gap.number, by_line=gap.by_line)
    if pen.chance(_GOES_ON):
        yield from walk[1 : 1 + _MOST]
        return
    yield from _looks(pen, key)
    if pen.chance(_PASSES) and (wait := _wait(pen, walker)):
        yield wait
        if pen.palette.has(Capability.RECLAIM):
            yield Reclaim(by=pen.by())
    life = Life(pen, walker)
    life.take_up()
    for _ in range(pen.pick(range(_MOST))):
        yield life.next_step()


def _looks(pen: Pen, key: str | None) -> Iterator[Step]:
    if key is not None and pen.chance(_LOOKS):
        yield pen.enqueue(key=key)
    if pen.palette.has(Capability.STATS) and pen.chance(_LOOKS / 2):
        yield Stats(by=pen.by())
    for _ in range(pen.pick((0, 0, 1, 2, 3)) if pen.chance(_LOOKS) else 0):
        yield Claim(by=pen.by())


def _wait(pen: Pen, walker: Walker) -> Step | None:
    """Return a wait, mostly for the end of the dead actor's lease."""
    lease = pen.palette.leases[0] + walker.extended
    return pen.wait(lease, lease, *pen.palette.waits)
