"""Steps that meet: one call stops half-way, and other actors make their calls in the gap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pytest_queuekit.errors import UsageError
from pytest_queuekit.execution.steps import Stop
from pytest_queuekit.walks.crew import CrewWalker
from pytest_queuekit.walks.steps import Step, Wait
from pytest_queuekit.walks.walker import Walker


@dataclass(frozen=True, kw_only=True, repr=False)
class Meet(Step):
    """Stop a call before one of its steps, play other steps in that gap, and let the call go on.

    A step of a call is a statement to SQLite or a call to the system, or else a line of source.

    call: the step whose call stops.
    meanwhile: the steps of other actors, and waits. A step of an actor that is in the middle of a
        call does nothing.
    gap: the number of the call's step before which it stops, from 0. A call with fewer steps ends
        first.
    by_line: True to count lines.
    """

    call: Step
    meanwhile: tuple[Step, ...]
    gap: int = 0
    by_line: bool = False

    def play(self, walker: Walker) -> None:
        if not isinstance(walker, CrewWalker):
            raise UsageError("a Meet needs actors in threads")
        first = _scene(self.call, walker)
        if first is None:
            _play_all(self.meanwhile, walker)
            return
        for step in self.meanwhile:  # before the gap: an opening may have to wait in it
            _opened(step, walker)
        stop = Stop(self.gap, by_line=self.by_line, patience=walker.env.effort.limit)
        waited = walker.crew.meet(first, self._others(walker), stop)
        if stop.has_stopped:
            walker.notes.waited = waited

    def plainer(self) -> Iterator[Step]:
        """Yield the call alone, and the meeting with fewer or plainer steps."""
        yield self.call
        for place, step in enumerate(self.meanwhile):
            before, after = self.meanwhile[:place], self.meanwhile[place + 1 :]
            if before or after:
                yield replace(self, meanwhile=(*before, *after))
            for plainer in step.plainer():
                yield replace(self, meanwhile=(*before, plainer, *after))
        for plainer in self.call.plainer():
            yield replace(self, call=plainer)

    def kinds(self) -> set[str]:
        """Return the names of the classes that the source text needs."""
        return super().kinds().union(self.call.kinds(), *(step.kinds() for step in self.meanwhile))

    def _others(self, walker: CrewWalker) -> Iterator[tuple[str, Callable[[], Any]]]:
        for step in self.meanwhile:
            if isinstance(step, Wait):
                step.play(walker)
            elif scene := _scene(step, walker):
                yield scene


def play_in_thread(step: Step, walker: CrewWalker) -> None:
    """Play a step in the thread of its actor, or a step without an actor here."""
    if isinstance(step, Wait | Meet):
        step.play(walker)
    elif scene := _scene(step, walker):
        walker.crew.call(*scene, partial(walker.notes.add, step) if walker.notes.wanted else None)


def _play_all(steps: tuple[Step, ...], walker: CrewWalker) -> None:
    for step in steps:
        play_in_thread(step, walker)


def _scene(step: Step, walker: CrewWalker) -> tuple[str, Callable[[], Any]] | None:
    """Return the actor of a step and its call; None for a step that would do nothing."""
    name = _opened(step, walker)
    return None if name is None else (name, partial(step.play, walker))


def _opened(step: Step, walker: CrewWalker) -> str | None:
    """Return the actor of a step, for which the queue is open; None without one."""
    name = step.actor(walker)
    if name is not None:
        walker.actor(name)
    return name
