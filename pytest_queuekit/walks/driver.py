"""The drivers of the walks: they play random walks until one fails, and shrink that."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from pytest_queuekit.execution.drivers.probe import follows_virtual_time
from pytest_queuekit.execution.forked import ForkServer
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.monitors import Monitor
from pytest_queuekit.walks.bare import bare_payloads, bare_payloads_of_batches
from pytest_queuekit.walks.deaths import death, drilled_death
from pytest_queuekit.walks.drills import Drills
from pytest_queuekit.walks.fractions import honoured_fractions
from pytest_queuekit.walks.notes import Notes
from pytest_queuekit.walks.palette import Palette
from pytest_queuekit.walks.pasted import source_of
from pytest_queuekit.walks.play import Next, Stage, play_walk
from pytest_queuekit.walks.rivals import ACTORS, meeting
from pytest_queuekit.walks.search import Budget, Prove, search
from pytest_queuekit.walks.sites import Insistence
from pytest_queuekit.walks.steps import Walk
from pytest_queuekit.walks.variations import Varied

_BUDGETS: Mapping[Level, Budget] = {
    Level.QUICK: Budget(walks=60, seconds=1.0),
    Level.STANDARD: Budget(walks=800, seconds=7.0),
    Level.DEEP: Budget(walks=5000, seconds=180.0),
}
_BUDGETS_OF_MEETINGS: Mapping[Level, Budget] = {
    Level.QUICK: Budget(walks=60, seconds=0.8),
    Level.STANDARD: Budget(walks=800, seconds=4.5),
    Level.DEEP: Budget(walks=5000, seconds=120.0),
}
_BUDGETS_OF_KILLS: Mapping[Level, Budget] = {
    Level.QUICK: Budget(walks=60, seconds=0.4),
    Level.STANDARD: Budget(walks=1500, seconds=3.0),
    Level.DEEP: Budget(walks=5000, seconds=120.0),
}
_Play = Callable[[Next, Stage], tuple[Run, Walk]]

_PATIENCE = 6
"""How many times its budget of processor time a search may take: actors wait for each other."""
_VICTIM = "a"
"""The actor that is killed. It has a process, which costs time; the others act in this one."""
_ACTORS_OF_KILLS = "aab"
_INSISTENCE_ON_KILLS = Insistence(at_once=12, walks=4)
"""What half a call leaves behind shows in few of the programs that may follow."""
_REPETITIONS = 4
"""How often the shortest walk with a meeting is repeated, because chance may have shown it."""


@dataclass(frozen=True, kw_only=True)
class Walks:
    """Plays random walks, one call after the other.

    judge: returns the violations in the history of a walk.
    """

    judge: Monitor
    name: ClassVar[str] = "walk"
    concurrent: ClassVar[bool] = False

    def runs(
        self,
        scenario: Scenario,
        queue: QueueUnderTest,
        folder: Path,
        effort: Effort,
        progress: Progress = silent,
    ) -> Iterator[Run]:
        """Return the run of the shortest wrong walk, or else the longest run of all walks."""
        stage = _stage(queue, folder, effort)
        palette = _palette(stage, folder)
        prove = _prover(stage, _player(folder), self.judge)
        found = search(palette, effort.seed, _BUDGETS[effort.level], prove)
        yield from _with_tests(found, effort, lambda walk: source_of(walk, queue.spec))


@dataclass(frozen=True, kw_only=True)
class Meetings:
    """Plays random walks of actors in threads. A call stops half-way while others make theirs.

    judge: returns the violations in the history of a walk.
    """

    judge: Monitor
    name: ClassVar[str] = "interleaved"
    concurrent: ClassVar[bool] = True

    def runs(
        self,
        scenario: Scenario,
        queue: QueueUnderTest,
        folder: Path,
        effort: Effort,
        progress: Progress = silent,
    ) -> Iterator[Run]:
        """Return the run of the shortest wrong walk, or else the longest run of all walks."""
        stage = replace(_stage(queue, folder, effort), meets=True)
        play = _player(folder)
        prove = _prover(stage, play, self.judge)
        varied = Varied(
            palette=_palette(stage, folder),
            seed=effort.seed,
            scout=lambda steps: play(steps, replace(stage, ends=False))[1],
            prove=prove,
            confirm=prove,
            vary=meeting,
            notes=stage.notes,
            insistence=Insistence(),
            actors=ACTORS,
            patience=_PATIENCE,
            in_threads=True,
        )
        found = varied.search(_BUDGETS_OF_MEETINGS[effort.level])
        yield from _with_tests(
            found, effort, lambda walk: source_of(walk, queue.spec, _doubt(walk, prove))
        )


@dataclass(frozen=True, kw_only=True)
class Kills:
    """Plays random walks of actors in processes, of which one is killed in the middle of a call.

    judge: returns the violations in the history of a walk.
    """

    judge: Monitor
    name: ClassVar[str] = "processes"
    concurrent: ClassVar[bool] = True

    def runs(
        self,
        scenario: Scenario,
        queue: QueueUnderTest,
        folder: Path,
        effort: Effort,
        progress: Progress = silent,
    ) -> Iterator[Run]:
        """Return the run of the shortest wrong walk, or else the longest run of all walks.

        Raises NotRunError where processes cannot fork.
        """
        counting = replace(_stage(queue, folder, effort), notes=Notes(actors=_VICTIM))
        play = _player(folder)
        with ForkServer(queue, folder) as server:
            # A queue that watches the processes of its workers can tell them apart by nothing else.
            apart = ACTORS if queue.contract.notices_death else _VICTIM
            killing = replace(counting, server=server, apart=apart, notes=Notes())
            prove = _prover(killing, play, self.judge)
            palette = _palette(counting, folder)
            drills = Drills(palette)
            varied = Varied(
                palette=palette,
                seed=effort.seed,
                scout=lambda steps: play(steps, replace(counting, ends=False))[1],
                prove=prove,
                confirm=_prover(replace(killing, apart=ACTORS), play, self.judge),
                vary=death,
                drills=drills.lives(),
                stopped=partial(drilled_death, drills.after_a_kill()),
                notes=counting.notes,
                insistence=_INSISTENCE_ON_KILLS,
                actors=_ACTORS_OF_KILLS,
                patience=_PATIENCE,
                in_threads=False,
            )
            found = varied.search(_BUDGETS_OF_KILLS[effort.level])
            yield from _with_tests(
                found, effort, lambda walk: source_of(walk, queue.spec, processes=True)
            )


def _stage(queue: QueueUnderTest, folder: Path, effort: Effort) -> Stage:
    virtual = follows_virtual_time(queue, folder / "probe")
    return Stage(queue=queue, effort=effort, virtual=virtual)


def _palette(stage: Stage, folder: Path) -> Palette:
    return Palette(
        contract=stage.queue.contract,
        time_passes=stage.virtual,
        bare=bare_payloads(stage.queue, folder / "bare"),
        bare_in_batches=bare_payloads_of_batches(stage.queue, folder / "bare-in-batches"),
        fractions=honoured_fractions(stage.queue, folder / "fractions"),
    )


def _with_tests(
    found: Iterator[tuple[Run, Walk]], effort: Effort, source: Callable[[Walk], str]
) -> Iterator[Run]:
    """Yield the runs, each with the source of the test that repeats its walk, if it has one."""
    for run, walk in found:
        yield replace(run, token=f"seed {effort.seed}", test=source(walk) if walk else "")


def _player(folder: Path) -> _Play:
    """Return a function that plays a walk in a new sub-folder."""
    numbers = itertools.count(1)

    def play(steps: Next, stage: Stage) -> tuple[Run, Walk]:
        home = folder / f"run-{next(numbers)}"
        home.mkdir()
        run, walk = play_walk(steps, stage, home)
        shutil.rmtree(home, ignore_errors=True)  # there may be thousands
        return run, walk

    return play


def _prover(stage: Stage, play: _Play, judge: Monitor) -> Prove:
    """Return a function that plays a walk and judges it."""

    def prove(steps: Next) -> tuple[Run, Walk, bool]:
        run, walk = play(steps, stage)
        return run, walk, bool(judge(run.history, stage.queue.contract))

    return prove


def _doubt(walk: Walk, prove: Prove) -> str:
    """Return a note if a repetition of a walk does not always show the violation."""
    shown = sum(prove(lambda _: iter(walk))[2] for _ in range(_REPETITIONS))
    if shown == _REPETITIONS:
        return ""
    return f"Chance has a part in it: {shown} of {_REPETITIONS} repetitions failed."
