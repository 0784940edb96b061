"""The driver of the walks: it plays random walks until one shows a violation, and shrinks that."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from pytest_queuekit.execution.drivers.probe import follows_virtual_time
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.monitors import Monitor
from pytest_queuekit.walks.palette import Palette
from pytest_queuekit.walks.pasted import source_of
from pytest_queuekit.walks.play import Next, play_walk
from pytest_queuekit.walks.search import Budget, search
from pytest_queuekit.walks.steps import Walk

_BUDGETS: Mapping[Level, Budget] = {
    Level.QUICK: Budget(walks=60, seconds=1.0),
    Level.STANDARD: Budget(walks=800, seconds=9.0),
    Level.DEEP: Budget(walks=5000, seconds=180.0),
}


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
        virtual = follows_virtual_time(queue, folder / "probe")
        palette = Palette(contract=queue.contract, time_passes=virtual)
        numbers = itertools.count(1)

        def prove(steps: Next) -> tuple[Run, Walk, bool]:
            home = folder / f"run-{next(numbers)}"
            home.mkdir()
            run, walk = play_walk(steps, queue, home, effort, virtual=virtual)
            shutil.rmtree(home, ignore_errors=True)  # there may be thousands
            return run, walk, bool(self.judge(run.history, queue.contract))

        for run, walk in search(palette, effort.seed, _BUDGETS[effort.level], prove):
            token = f"seed {effort.seed}"
            yield replace(run, token=token, test=source_of(walk, queue.spec) if walk else "")
