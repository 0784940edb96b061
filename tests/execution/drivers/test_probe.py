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
from tests.queues.variants import OneAttempt


class IgnoresDelays(MemoryQueue):
    """Delivers every task at once."""

    name = "ignores-delays"

    def _is_due(self, task: Task) -> bool:
        return True


class LeasesByItsOwnClock(MemoryQueue):
    """Delays by Python's wall clock, and leases by a clock that the kit does not control."""

    name = "leases-by-its-own-clock"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        claim = super()._lease(task, worker, lease)
        task.lease_end = time.monotonic() + self._lease_of(task, lease)
        return claim

    def _is_expired(self, task: Task) -> bool:
        return task.lease_end <= time.monotonic()


class LeasesForMinutes(MemoryQueue):
    """Takes the seconds of a lease for minutes."""

    name = "leases-for-minutes"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        return super()._lease(task, worker, lease * 60)


class ComparesTimesAsText(SmallSqliteQueue):
    """Compares a text that has a T with one that has a space, so that no lease ends today."""

    name = "compares-times-as-text"

    def _expired(self) -> str:
        return "strftime('%Y-%m-%dT%H:%M:%f', lease_end, 'unixepoch') <= datetime('now')"


class OnlyLeasesForMinutes(LeasesForMinutes):
    """Has no delays, and takes the seconds of a lease for minutes."""

    name = "only-leases-for-minutes"
    retry = None
    fail = QueueAdapter.fail
    dead_letters = QueueAdapter.dead_letters  # type: ignore[assignment]

    def enqueue(self, payload: object) -> int:  # type: ignore[override]  # declares no option
        return super().enqueue(payload)


class LeasesForSixHours(LeasesForMinutes):
    """Declares a lease of six minutes, too long for the real clock, and holds it for six hours."""

    name = "leases-for-six-hours"
    lease_seconds = 360.0

    def claim(self, worker: str) -> Claim | None:  # type: ignore[override]  # declares no option
        return super().claim(worker, lease=self.lease_seconds)


class SchedulesLate(queues.Monotonic):
    """Notices by the real clock, and a second late, that the time of a task has come."""

    name = "schedules-late"

    def _is_due(self, task: Task) -> bool:
        return task.due + 1 <= self._now()


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


class OneAttemptByItsOwnClock(OneAttempt):
    """Gives a task one attempt, and leases by a clock that the kit does not control."""

    name = "one-attempt-by-its-own-clock"

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
        (LeasesForMinutes, True),
        (OnlyLeasesForMinutes, True),
        (LeasesForSixHours, True),
        (ComparesTimesAsText, True),
        (SchedulesLate, False),
        (OnlyRetries, True),
        (RetriesByItsOwnClock, False),
        (OneAttempt, True),
        (OneAttemptByItsOwnClock, False),
        (Timeless, True),
    ],
)
def test_the_probe_finds_the_clock_of_a_queue(
    adapter: type[QueueAdapter], follows: bool, tmp_path: Path
) -> None:
    """What works by the real clock only follows it; what works by no clock proves nothing."""
    assert goes_by_virtual_time(QueueUnderTest.of(adapter), tmp_path / "probe") is follows


def test_a_queue_that_cannot_be_opened_is_left_to_the_rules(tmp_path: Path) -> None:
    """If the queue cannot be opened, the probe leaves the report to the rules."""

    class Shut(SmallSqliteQueue):
        name = "shut"

        def __init__(self, location: str) -> None:
            raise OSError("no such place")

    assert goes_by_virtual_time(QueueUnderTest.of(Shut), tmp_path / "probe")
