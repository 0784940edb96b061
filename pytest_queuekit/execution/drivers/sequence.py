"""One call after the other, under a virtual clock if the queue follows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pytest_queuekit.execution.clock import clock_of_run
from pytest_queuekit.execution.drivers.play import (
    in_real_time,
    in_turn,
    play,
    programs_of,
    run_folders,
)
from pytest_queuekit.execution.drivers.probe import follows_virtual_time
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.faults.fault import Setting
from pytest_queuekit.execution.progress import Progress, silent
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.execution.time_zone import time_zone_restored
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """Runs the script, the programs and the ending, one call after the other."""

    name: ClassVar[str] = "sequence"
    concurrent: ClassVar[bool] = False

    def runs(
        self,
        scenario: Scenario,
        queue: QueueUnderTest,
        folder: Path,
        effort: Effort,
        progress: Progress = silent,
    ) -> Iterator[Run]:
        """Return one run. Raises NotRunError if it needs a longer wait than the level allows."""
        real = scenario.passes_time and not follows_virtual_time(queue, folder / "probe")
        programs = programs_of(scenario, effort, Setting(own_process=False, virtual_clock=not real))
        lease = scenario.lease
        if real:
            lease, effort = in_real_time(scenario, queue, effort, where="by the queue's own clock")
        for home in run_folders(folder, 1):
            with time_zone_restored(), clock_of_run(virtual=not real) as clock:
                env = Environment(
                    queue, home, clock=clock, lease=lease, effort=effort, progress=progress
                )
                run = play(scenario, programs, env, self.name, in_turn)
            # Outside the block: the virtual clock must not affect the caller.
            yield run
