"""Draws the death of an actor in the middle of a call, and what others do after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_queuekit.execution.forked_environment import ForkedEnvironment
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.walks.kill import Kill
from pytest_queuekit.walks.life import Life
from pytest_queuekit.walks.pen import Pen
from pytest_queuekit.walks.sites import Gap
from pytest_queuekit.walks.steps import Claim, Enqueue, Reclaim, Stats, Step, Walk
from pytest_queuekit.walks.walker import Walker

_TWIN = 0.7
"""How often a task with the options of the present one comes at once, to meet it."""
_LOOKS = 0.3
"""How often others claim at once, before the lease of the dead actor ends."""
_PASSES = 0.8
"""How often time passes after that."""
_GOES_ON = 0.15
"""How often the walk goes on as if nobody had died."""
_MOST = 8
"""The most steps that follow besides those."""


def death(pen: Pen, walker: Walker, walk: Walk, place: int, gap: Gap) -> Iterator[Step]:
    """Yield the kill of one step of a walk, and steps that show what came of it."""
    if not _may_die(walk[place].actor(walker), walker):
        return
    yield Kill(call=walk[place], gap=gap.number, by_line=gap.by_line)
    if pen.chance(_GOES_ON):
        yield from walk[place + 1 :][:_MOST]
        return
    yield from _company(pen, walk[: place + 1])
    if pen.chance(_LOOKS):
        yield from _claims(pen)
    if pen.chance(_PASSES) and (wait := _wait(pen, walker)):
        yield wait
        if pen.palette.has(Capability.RECLAIM):
            yield Reclaim(by=pen.by())
        yield from _claims(pen)
    life = Life(pen, walker)
    life.take_up()
    for _ in range(pen.pick(range(_MOST))):
        yield life.next_step()


def drilled_death(after: Walk, walker: Walker, step: Step, gap: Gap) -> Iterator[Step]:
    """Yield the kill of one step of a drill, and the steps that come after it."""
    if _may_die(step.actor(walker), walker):
        yield Kill(call=step, gap=gap.number, by_line=gap.by_line)
        yield from after


def _may_die(actor: str | None, walker: Walker) -> bool:
    """Return True if an actor has a process: the queue may have given the task to another one."""
    env = walker.env
    return actor is not None and isinstance(env, ForkedEnvironment) and env.is_apart(actor)


def _company(pen: Pen, walk: Walk) -> Iterator[Step]:
    """Yield other tasks, which meet the task of the dead actor."""
    enqueues = [step for step in walk if isinstance(step, Enqueue)]
    if enqueues and pen.chance(_TWIN):
        yield replace(enqueues[-1], by=pen.by())
    if enqueues and pen.palette.has(Capability.PRIORITY) and pen.chance(_TWIN):
        priorities = pen.palette.options[Capability.PRIORITY]
        yield replace(enqueues[-1], by=pen.by(), key=None, priority=pen.pick(priorities))
    for _ in range(pen.pick((0, 1, 2))):
        yield pen.enqueue()
    if pen.palette.has(Capability.STATS) and pen.chance(_LOOKS):
        yield Stats(by=pen.by())


def _claims(pen: Pen) -> Iterator[Step]:
    """Yield claims one after the other, by workers that may have any task."""
    able = pen.palette.regions[0] if pen.palette.has(Capability.ROUTING) else None
    for _ in range(pen.pick((0, 1, 2, 3))):
        yield Claim(by=pen.by(), capabilities=able)


def _wait(pen: Pen, walker: Walker) -> Step | None:
    """Return a wait, mostly for the end of the dead actor's lease or for a retry."""
    lease, retry = pen.palette.leases[0] + walker.extended, pen.palette.retry_waits(1)[0]
    return pen.wait(lease, lease, retry, retry, *pen.palette.waits)
