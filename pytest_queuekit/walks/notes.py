"""What a play of a concurrent walk shows about its calls, for the plays after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from pytest_queuekit.execution.forked_environment import first_name
from pytest_queuekit.execution.steps import StepCounter, Steps
from pytest_queuekit.walks.steps import Crash, Reopen, Step
from pytest_queuekit.walks.walker import Walker


class Counted(NamedTuple):
    """A step of a walk, and the steps of its call."""

    step: Step
    steps: Steps


@dataclass(kw_only=True)
class Notes:
    """The notes of one play after the other.

    actors: whose calls are counted where all act in one thread, a letter each.
    wanted: True if the steps of calls are to be counted, which takes time.
    calls: the calls that were counted.
    waited: whether a call had to wait for a call that stopped; None if no call has stopped.
    """

    actors: str = ""
    wanted: bool = False
    calls: list[Counted] = field(default_factory=list)
    waited: bool | None = None
    _counter: StepCounter = field(default_factory=StepCounter)

    def begin(self, *, wanted: bool) -> None:
        """Begin a play."""
        self.wanted, self.waited = wanted, None
        self.calls = []

    def add(self, step: Step, steps: Steps) -> None:
        """Take the steps of a call."""
        self.calls.append(Counted(step, steps))

    def count(self, step: Step, walker: Walker) -> None:
        """Play a step in this thread, and take the steps of its call."""
        name = step.actor(walker)
        counts = name is not None and first_name(name) in self.actors
        if name is None or not counts or isinstance(step, Reopen | Crash):
            step.play(walker)
            return
        walker.actor(name)
        self.add(step, self._counter.count(partial(step.play, walker)))
