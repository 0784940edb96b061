"""One call after the other, under a virtual clock wherever the queue goes by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pytest_queuekit.clock import Clock, RealClock, virtual_time
from pytest_queuekit.drivers.probe import goes_by_virtual_time
from pytest_queuekit.errors import NotRunError
from pytest_queuekit.history import History
from pytest_queuekit.level import Effort
from pytest_queuekit.scenario import Scenario
from pytest_queuekit.stage import LONGEST_WAIT as LONGEST_WAIT
from pytest_queuekit.stage import Halt, Stage
from pytest_queuekit.subject import Subject


class Sequence:
    """Runs the script, the programs and the ending one after the other in this thread."""

    name = "sequence"

    def run(self, scenario: Scenario, subject: Subject, folder: Path, effort: Effort) -> History:
        """Run a scenario. Raises NotRunError where time would have to be waited for, and is not."""
        real = scenario.passes_time and not goes_by_virtual_time(subject, folder / "probe")
        if real:
            _check_patience(subject, effort)
        home = folder / "queue"
        home.mkdir()
        with _clock(virtual=not real) as clock:
            lease = 2 * max(subject.contract.resolution, 0.5) if real else scenario.lease
            stage = Stage(subject, home, clock=clock, lease=lease, effort=effort)
            try:
                _play(scenario, stage)
                return stage.history(self.name)
            finally:
                stage.close()


@contextmanager
def _clock(*, virtual: bool) -> Iterator[Clock]:
    if not virtual:
        yield RealClock()
        return
    with virtual_time() as clock:
        yield clock


def _play(scenario: Scenario, stage: Stage) -> None:
    with suppress(Halt):
        if scenario.script:
            scenario.script(stage)
        for program in scenario.programs(stage.effort) if scenario.programs else ():
            program(stage.actor(program.actor))
        if scenario.ending:
            scenario.ending(stage)


def _check_patience(subject: Subject, effort: Effort) -> None:
    lease = subject.contract.lease_seconds
    if lease is not None and lease > LONGEST_WAIT:
        raise NotRunError(
            f"the kit's clock does not reach this queue, and its lease of {lease:g} s is too "
            "long to wait for"
        )
    if not effort.real_time:
        raise NotRunError(
            "the kit's clock does not reach this queue, and waiting is for level standard"
        )
