"""One call after the other, under a virtual clock wherever the queue goes by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_queuekit.execution.clock import RealClock, virtual_time
from pytest_queuekit.execution.drivers.play import in_turn, play, real_lease
from pytest_queuekit.execution.drivers.probe import goes_by_virtual_time
from pytest_queuekit.execution.environment import LONGEST_WAIT as LONGEST_WAIT
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import History
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.clock import Clock

_VIRTUAL = "goes by the kit's clock"


class Sequence:
    """Runs the script, the programs and the ending, one call after the other."""

    name = "sequence"

    def run(
        self, scenario: Scenario, queue: QueueUnderTest, folder: Path, effort: Effort
    ) -> History:
        """Run a scenario. Raises NotRunError where time would have to be waited for, and is not."""
        real = scenario.passes_time and not _follows_the_kit(queue, folder / "probe")
        lease = real_lease(scenario, queue, effort) if real else scenario.lease
        home = folder / "queue"
        home.mkdir()
        with _clock(virtual=not real) as clock:
            env = Environment(queue, home, clock=clock, lease=lease, effort=effort)
            return play(scenario, env, self.name, in_turn)


def _follows_the_kit(queue: QueueUnderTest, folder: Path) -> bool:
    """Whether the queue goes by the kit's clock; tried when that is first asked for."""
    if _VIRTUAL not in queue.learned:
        queue.learned[_VIRTUAL] = goes_by_virtual_time(queue, folder)
    return queue.learned[_VIRTUAL]


@contextmanager
def _clock(*, virtual: bool) -> Iterator[Clock]:
    if not virtual:
        yield RealClock()
        return
    with virtual_time() as clock:
        yield clock
