"""What a play of a concurrent walk shows about its calls, for the plays after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_queuekit.execution.steps import Steps
from pytest_queuekit.walks.steps import Step


class Counted(NamedTuple):
    """A step of a walk, and the steps of its call."""

    step: Step
    steps: Steps


@dataclass(kw_only=True)
class Notes:
    """The notes of one play after the other.

    wanted: True if the steps of calls are to be counted, which takes time.
    calls: the calls that were counted.
    waited: whether a call had to wait for a call that stopped; None if no call has stopped.
    """

    wanted: bool = False
    calls: list[Counted] = field(default_factory=list)
    waited: bool | None = None

    def begin(self, *, wanted: bool) -> None:
        """Begin a play."""
        self.wanted, self.waited = wanted, None
        self.calls = []

    def add(self, step: Step, steps: Steps) -> None:
        """Take the steps of a call."""
        self.calls.append(Counted(step, steps))
