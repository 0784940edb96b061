"""What actors do: a script for those who act in turn, and programs for those who act at once.

A scenario asserts nothing. It makes a history; monitors judge it.
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
"""Acts through several actors, one call at a time."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What one actor does while others do theirs.

    actor: its name, unique in the scenario.
    function: takes the actor's recorder; of module level, so that another process finds it.
    arguments: further keyword arguments, of types that JSON knows.
    faults: what happens to the world around this actor while it acts.
    """

    actor: str
    function: Callable[..., None]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def __call__(self, recorder: Recorder) -> None:
        """Run it."""
        self.function(recorder, **self.arguments)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What happens in a run: first the script, then all programs at once, then the ending.

    script: what goes before; all of it, where there are no programs.
    programs: given the effort, the actors that act at once.
    ending: what follows when every program has ended, as a rule `Stage.settle`.
    lease: seconds for which claims are leased; short where a run must wait until they end.
    passes_time: whether the script needs time to pass, so that the queue must go by a clock
        that the kit moves, or the kit must wait.
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
        """How the actors are interleaved, in a word, for the report."""

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
        """Return the runs, each made when it is asked for, on a new queue in a sub-folder.

        folder: an empty folder.
        progress: hears what the run waits for.

        Raises NotRunError with the reason where it cannot run the scenario.
        """
