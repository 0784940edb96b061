"""Scripts whose actors meet in the middle of a call, under a virtual clock if the queue follows it.

The script decides where one call stops and which other call comes between; see `meeting`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from pytest_queuekit.execution.drivers.sequence import Sequence
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest


@dataclass(frozen=True, kw_only=True)
class Interleaved:
    """Runs the script and the ending. The script lets its actors meet in threads."""

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
        """Return one run. Raises NotRunError if it needs a longer wait than the level allows."""
        for run in Sequence().runs(scenario, queue, folder, effort, progress):
            yield replace(run, history=replace(run.history, driver=self.name))
