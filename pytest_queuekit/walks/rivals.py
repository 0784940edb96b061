"""Draws the calls of other actors that come between two steps of a call, and the step after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.walks.meet import Meet
from pytest_queuekit.walks.pen import Pen
from pytest_queuekit.walks.sites import Gap
from pytest_queuekit.walks.steps import (
    Cancel,
    Claim,
    ClaimMany,
    Complete,
    DeadLetters,
    Enqueue,
    Extend,
    Fail,
    Purge,
    Reclaim,
    Release,
    Requeue,
    Stats,
    Step,
    Walk,
)
from pytest_queuekit.walks.walker import Walker

ACTORS = "abc"
_SIZES = (1, 2, 2, 3)
"""How many calls come between."""
_PASSES = 0.1
"""How often time passes before them."""
_EXPIRES = 0.5
"""How often a lease ends while its holder acknowledges, and another worker takes over."""
_CLAIMS, _CALLS = 0.8, 0.3
"""How often that worker is another actor's claim, and how often it acknowledges at once."""
_ABLE = 0.7
"""How often a worker with some capabilities has all of them."""
_FAR = 4
"""How many of the latest deliveries and tasks the other actors call about."""


_TAIL = 3
"""How many steps follow the meeting, besides claims."""


def meeting(pen: Pen, walker: Walker, walk: Walk, place: int, gap: Gap) -> Iterator[Step]:
    """Yield the meeting of one step of a walk with others, and steps that show its outcome."""
    call, rest = walk[place], walk[place + 1 :]
    actor = call.actor(walker)
    if actor is None:
        return
    others = Rivals(pen, walker, call, actor, _key(walk[: place + 1])).meanwhile()
    yield Meet(call=call, meanwhile=others, gap=gap.number, by_line=gap.by_line)
    if pen.chance(0.3):
        yield from rest[:_TAIL]
        return
    for _ in range(pen.pick((0, 0, 1, 2))):
        yield pen.claim()
    if pen.palette.has(Capability.COMPLETE):
        yield from (Complete(back=back) for back in range(_TAIL))


def _key(walk: Walk) -> str | None:
    """Return the key of the latest task that has one."""
    keys = [step.key for step in walk if isinstance(step, Enqueue) and step.key is not None]
    return keys[-1] if keys else None


class Rivals:
    """Draws what other actors do while the call of one actor stops.

    pen: draws single steps.
    walker: knows who holds which task.
    call: the step that stops. actor: its actor.
    key: the key of the present task.
    """

    def __init__(self, pen: Pen, walker: Walker, call: Step, actor: str, key: str | None) -> None:
        self._pen = pen
        self._walker = walker
        self._call = call
        self._actor = actor
        self._key = key

    def meanwhile(self) -> tuple[Step, ...]:
        """Return the steps of the others."""
        pen = self._pen
        ends = isinstance(self._call, Complete | Fail | Release | Extend)
        if ends and pen.palette.has(Capability.LEASE) and pen.chance(_EXPIRES):
            return self._takeover()
        steps = [step for _ in range(pen.pick(_SIZES)) if (step := self._rival()) is not None]
        passing = pen.wait() if pen.chance(_PASSES) else None
        return tuple(steps) if passing is None else (passing, *steps)

    def _takeover(self) -> tuple[Step, ...]:
        """Let a lease end, and another worker claim."""
        pen = self._pen
        reclaim = (1, lambda: Reclaim(by=self._other()), Capability.RECLAIM)
        steps = (
            pen.wait(pen.palette.leases[0] + self._walker.extended),
            pen.one_of(reclaim),
            self._claim() if pen.chance(_CLAIMS) else None,
            self._end() if pen.chance(_CALLS) else None,
        )
        return tuple(step for step in steps if step is not None)

    def _rival(self) -> Step | None:
        pen, by = self._pen, self._other()
        keyed = {"key": self._key} if self._key is not None and pen.chance(0.8) else {}
        return pen.one_of(
            (6, self._claim, None),
            (4, self._end, None),
            (3, lambda: replace(pen.enqueue(**keyed), by=by), None),
            (3, self._cancel, Capability.CANCEL),
            (2, lambda: Reclaim(by=by), Capability.RECLAIM),
            (2, lambda: Purge(by=by), Capability.PURGE),
            (1, lambda: replace(pen.batch(), by=by), Capability.ENQUEUE_MANY),
            (1, self._requeue, Capability.REQUEUE),
            (1, lambda: Stats(by=by), Capability.STATS),
            (1, lambda: DeadLetters(by=by), Capability.DEAD_LETTERS),
        )

    def _other(self) -> str:
        return self._pen.pick([name for name in ACTORS if name != self._actor])

    def _claim(self) -> Step:
        """Return a claim, mostly by a worker that may have any task."""
        step = self._pen.claim()
        if not isinstance(step, Claim | ClaimMany):
            return step
        if isinstance(step, Claim) and step.capabilities and self._pen.chance(_ABLE):
            step = replace(step, capabilities=self._pen.palette.regions[0])
        return replace(step, by=self._other())

    def _end(self) -> Step | None:
        """Return an acknowledgement by another actor."""
        backs = [back for back in range(_FAR) if self._is_other(self._walker.holder(back))]
        # The first call in the gap may be a claim: its delivery is the latest.
        return self._pen.end(self._pen.pick((0, *backs)))

    def _cancel(self) -> Step | None:
        backs = self._enqueued()
        return Cancel(back=self._pen.pick(backs)) if backs else None

    def _requeue(self) -> Step | None:
        backs = self._enqueued()
        return Requeue(back=self._pen.pick(backs)) if backs else None

    def _enqueued(self) -> list[int]:
        """Return the places of the latest tasks that other actors enqueued."""
        return [back for back in range(_FAR) if self._is_other(self._walker.enqueuer(back))]

    def _is_other(self, actor: str | None) -> bool:
        return actor not in (None, self._actor)
