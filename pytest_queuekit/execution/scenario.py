"""Scenarios: a script for actors that act in turn, programs for actors that act at the same time.

A scenario asserts nothing. It produces a history, and monitors judge that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.faults.fault import Fault
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.execution.run import Run
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.recorder import Recorder

Script = Callable[[Environment], None]
"""Calls the queue through several actors, one call at a time."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """The part of one actor among others.

    actor: the actor's name, unique in the scenario.
    function: a function at module level, so that another process can import it; it takes the
        actor's recorder.
    arguments: further keyword arguments, of types that JSON can carry.
    faults: the faults that strike this actor.
    """

    actor: str
    function: Callable[..., None]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def __call__(self, recorder: Recorder) -> None:
        """Run the program."""
        self.function(recorder, **self.arguments)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """The course of a run: first the script, then all programs, then the ending.

    script: the first part, or all of the scenario if there are no programs.
    programs: returns the programs for an effort.
    ending: the last part, after every program has ended; usually `Environment.settle`.
    lease: seconds of a lease; short if a run must wait for its end.
    passes_time: True if time must pass. The queue then follows the kit's clock, or the kit waits.
    """

    script: Script | None = None
    programs: Callable[[Effort], Sequence[Program]] | None = None
    ending: Script | None = None
    lease: float = 60.0
    passes_time: bool = False


class Driver(Protocol):
    """Runs a scenario on a queue, once or several times, and decides how its actors interleave."""

    @property
    def name(self) -> str:
        """The way the actors are interleaved, in one word for the report."""

    @property
    def concurrent(self) -> bool:
        """True if actors act at the same time."""

    def runs(
        self,
        scenario: Scenario,
        queue: QueueUnderTest,
        folder: Path,
        effort: Effort,
        progress: Progress = silent,
    ) -> Iterator[Run]:
        """Return an iterator that makes each run on demand, on a new queue in a sub-folder.

        folder: an empty folder.
        progress: is called when a run begins to wait by the real clock.

        Raises NotRunError with the reason if the driver cannot run the scenario.
        """
