"""The probe finds out by a trial whether a queue follows the kit's clock."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pytest_queuekit.execution.drivers.probe import goes_by_virtual_time
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Liveness
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from tests.execution.drivers import queues
from tests.queues.memory import MemoryQueue, Task
from tests.queues.small_sqlite import SmallSqliteQueue


class IgnoresDelays(MemoryQueue):
    """Delivers every task at once."""

    name = "ignores-delays"

    def _is_due(self, task: Task) -> bool:
        return True


class LeasesByItsOwnClock(SmallSqliteQueue):
    """Delays by SQLite's clock, and leases by a clock that the kit does not control."""

    name = "leases-by-its-own-clock"

    def _expired(self) -> str:
        return "lease_end <= own_now()"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.connection.create_function("own_now", 0, lambda: 0.0)


class OnlyRetries(MemoryQueue):
    """Has neither delays nor leases, but delays retries."""

    name = "only-retries"
    liveness = Liveness.NONE

    def enqueue(self, payload: object) -> int:  # type: ignore[override]  # declares no option
        return super().enqueue(payload)

    def claim(self, worker: str) -> Claim | None:  # type: ignore[override]  # as above
        return super().claim(worker)


class RetriesByItsOwnClock(OnlyRetries):
    """Delays retries by a clock that the kit does not control."""

    name = "retries-by-its-own-clock"

    def _now(self) -> float:
        return time.monotonic()


class Timeless(QueueAdapter):
    """Has neither delays nor leases."""

    name = "timeless"

    def __init__(self, location: str) -> None: ...

    def enqueue(self, payload: object) -> None: ...

    def claim(self, worker: str) -> None: ...


@pytest.mark.parametrize(
    ("adapter", "follows"),
    [
        (MemoryQueue, True),
        (SmallSqliteQueue, True),
        (IgnoresDelays, True),
        (queues.OwnClock, False),
        (queues.Monotonic, False),
        (queues.WithoutSchemaFunctions, False),
        (LeasesByItsOwnClock, False),
        (OnlyRetries, True),
        (RetriesByItsOwnClock, False),
        (Timeless, False),
    ],
)
def test_the_probe_finds_the_clock_of_a_queue(
    adapter: type[QueueAdapter], follows: bool, tmp_path: Path
) -> None:
    """The probe tries delays and leases, or else retries."""
    assert goes_by_virtual_time(QueueUnderTest.of(adapter), tmp_path / "probe") is follows


def test_a_queue_that_cannot_be_opened_is_left_to_the_rules(tmp_path: Path) -> None:
    """If the queue cannot be opened, the probe leaves the report to the rules."""

    class Shut(SmallSqliteQueue):
        name = "shut"

        def __init__(self, location: str) -> None:
            raise OSError("no such place")

    assert goes_by_virtual_time(QueueUnderTest.of(Shut), tmp_path / "probe")
