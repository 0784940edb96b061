"""Queues that depend on local time, on the zone of a process, or on a clock that never steps."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import mutant
from tests.queues.memory import MemoryQueue, Task
from tests.queues.small_sqlite import NOW, SmallSqliteQueue


def _local(moment: float) -> float:
    """Return the local time at a moment, as seconds since 1970 began by the same local time."""
    return (datetime.fromtimestamp(moment) - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001, DTZ006 - the bug


class LivesInLocalTime(MemoryQueue):
    """Keeps every time as the clock on the wall shows it."""

    name = "lives-in-local-time"

    def _now(self) -> float:
        return _local(super()._now())


class DelaysInLocalTime(MemoryQueue):
    """Writes into a calendar, by local time, when a delayed task is due."""

    name = "delays-in-local-time"

    def _keep(self, task: Task) -> None:
        if task.due > self._now() + 0.5:
            task.local_due = _local(self._now()) + task.due - self._now()  # type: ignore[attr-defined]  # the mutant's own field
        super()._keep(task)

    def _is_due(self, task: Task) -> bool:
        if hasattr(task, "local_due") and not task.attempts:
            return bool(task.local_due <= _local(self._now()))
        return super()._is_due(task)


class LeasesInLocalTime(SmallSqliteQueue):
    """Keeps the end of a lease as text, in local time."""

    name = "leases-in-local-time"
    _LOCAL = "strftime('%Y-%m-%d %H:%M:%f', {}, 'unixepoch', 'localtime')"

    def _expired(self) -> str:
        return f"{self._LOCAL.format('lease_end')} <= {self._LOCAL.format(NOW)}"


class LeasesByTheHoldersClock(MemoryQueue):
    """Keeps the end of a lease as the clock of the worker shows it."""

    name = "leases-by-the-holders-clock"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        claim = super()._lease(task, worker, lease)
        seconds = self._lease_of(task, lease)
        task.local_end = _local(self._now()) + seconds  # type: ignore[attr-defined]  # the mutant's own field
        return claim

    def extend(self, claim: Claim, seconds: float) -> Claim:
        task = self._held_by(claim)
        super().extend(claim, seconds)
        task.local_end += seconds  # type: ignore[attr-defined]  # as above
        return claim

    def _is_expired(self, task: Task) -> bool:
        return bool(task.local_end <= _local(self._now()))  # type: ignore[attr-defined]  # as above


class RetriesInLocalTime(MemoryQueue):
    """Adds the wait of a retry to the local time, and turns the sum into a moment."""

    name = "retries-in-local-time"

    def _wait(self, failures: int) -> float:
        later = datetime.now() + timedelta(seconds=super()._wait(failures))  # noqa: DTZ005 - the bug
        return later.timestamp() - self._now()


class RemembersItsZone(SmallSqliteQueue):
    """Adds the distance to Greenwich that it read when it was opened."""

    name = "remembers-its-zone"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        now = time.time()
        self.days = round(_local(now) - now) / 86_400
        self.connection.create_function("julianday", 1, self._julianday)

    def _julianday(self, _time_value: str) -> float:
        return time.time() / 86_400 + 2440587.5 + self.days


class SortsByLocalTime(MemoryQueue):
    """Sorts tasks of one priority by the local time of their enqueue."""

    name = "sorts-by-local-time"

    def _keep(self, task: Task) -> None:
        task.born = _local(self._now())  # type: ignore[attr-defined]  # the mutant's own field
        super()._keep(task)

    def _order_key(self, task: Task) -> Any:
        return task.priority, task.born, task.number  # type: ignore[attr-defined]  # as above


class NamesTasksByTheClock(MemoryQueue):
    """Makes the id of a task from the milliseconds since the epoch, and counts within one."""

    name = "names-tasks-by-the-clock"

    def _keep(self, task: Task) -> None:
        stamp = round(self._now() * 1000) * 1000
        last = getattr(self.store, "last", 0)
        task.number = last + 1 if stamp <= last < stamp + 1000 else stamp
        self.store.last = task.number  # type: ignore[attr-defined]  # the mutant's own field
        super()._keep(task)


class DistrustsTheFuture(MemoryQueue):
    """Drops a task that claims to have been enqueued later than now, as if it were damaged."""

    name = "distrusts-the-future"

    def _keep(self, task: Task) -> None:
        task.born = self._now()  # type: ignore[attr-defined]  # the mutant's own field
        super()._keep(task)

    def _waiting(self) -> list[Task]:
        for task in super()._waiting():
            if task.born > self._now():  # type: ignore[attr-defined]  # as above
                del self.store.tasks[task.number]
        return super()._waiting()


class MeasuresAnyDistance(MemoryQueue):
    """Takes a lease for expired if its start is far from now, in either direction."""

    name = "measures-any-distance"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        task.seconds = self._lease_of(task, lease)  # type: ignore[attr-defined]  # the mutant's own field
        return super()._lease(task, worker, lease)

    def extend(self, claim: Claim, seconds: float) -> Claim:
        task = self._held_by(claim)
        super().extend(claim, seconds)
        task.seconds += seconds  # type: ignore[attr-defined]  # as above
        return claim

    def _count_attempt(self, task: Task) -> None:
        super()._count_attempt(task)
        task.due = min(task.due, self._now())

    def _is_expired(self, task: Task) -> bool:
        begun = task.lease_end - task.seconds  # type: ignore[attr-defined]  # as above
        return bool(abs(self._now() - begun) >= task.seconds)  # type: ignore[attr-defined]  # as above


class _KnowsTheLatestTime(MemoryQueue):
    def _latest(self) -> float:
        """Return the latest time that the clock ever showed."""
        self.store.latest = max(getattr(self.store, "latest", 0.0), self._now())  # type: ignore[attr-defined]  # a mutant's own field
        return float(self.store.latest)  # type: ignore[attr-defined]  # as above


class ReleasesByTheLatestTime(_KnowsTheLatestTime):
    """Readies a released task at the latest time that the clock ever showed."""

    name = "releases-by-the-latest-time"

    def release(self, claim: Claim) -> None:
        with self._atomically():
            super().release(claim)
            self.store.tasks[claim.task_id].due = self._latest()

    def _keep(self, task: Task) -> None:
        self._latest()
        super()._keep(task)


class RetriesByTheLatestTime(_KnowsTheLatestTime):
    """Lets the wait of a retry begin at the latest time that the clock ever showed."""

    name = "retries-by-the-latest-time"

    def fail(self, claim: Claim, error: str) -> None:
        with self._atomically():
            super().fail(claim, error)
            task = self.store.tasks[claim.task_id]
            task.due += self._latest() - self._now()

    def _keep(self, task: Task) -> None:
        self._latest()
        super()._keep(task)


class EnqueuesAfterTheLast(_KnowsTheLatestTime):
    """Readies no task before the time of the enqueue before it, so that the order stays."""

    name = "enqueues-after-the-last"

    def _keep(self, task: Task) -> None:
        task.due += self._latest() - self._now()
        super()._keep(task)


class LeasesByTheLatestTime(_KnowsTheLatestTime):
    """Lets a lease begin at the latest time that the clock ever showed."""

    name = "leases-by-the-latest-time"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        claim = super()._lease(task, worker, lease)
        task.lease_end += self._latest() - self._now()
        return claim


class DropsFutureReleases(MemoryQueue):
    """Drops a task that claims to have been released later than now, as if it were damaged."""

    name = "drops-future-releases"

    def release(self, claim: Claim) -> None:
        with self._atomically():
            super().release(claim)
            self.store.tasks[claim.task_id].released = self._now()  # type: ignore[attr-defined]  # the mutant's own field

    def _waiting(self) -> list[Task]:
        for task in super()._waiting():
            if getattr(task, "released", 0.0) > self._now():
                del self.store.tasks[task.number]
        return super()._waiting()


class ThrowsYesterdaysTasksAway(MemoryQueue):
    """Drops what has been due for half a day, on the first claim of an hour."""

    name = "throws-yesterdays-tasks-away"

    def _waiting(self) -> list[Task]:
        for task in super()._waiting():
            if self._now() - task.due > 12 * 3600:
                del self.store.tasks[task.number]
        return super()._waiting()


class LeasesForMinutes(MemoryQueue):
    """Takes the seconds of a lease for minutes."""

    name = "leases-for-minutes"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        return super()._lease(task, worker, lease * 60)


MUTANTS = (
    mutant(LivesInLocalTime, "CLOCK-1", also=tuple(f"CLOCK-{n}" for n in range(2, 9))),
    mutant(SortsByLocalTime, "CLOCK-1"),
    mutant(DelaysInLocalTime, "CLOCK-2", also=("CLOCK-6",)),
    mutant(LeasesInLocalTime, "CLOCK-3"),
    mutant(RetriesInLocalTime, "CLOCK-4"),
    mutant(
        RemembersItsZone, "CLOCK-5", also=("CLOCK-1", "CLOCK-3", "CLOCK-6", "CLOCK-7", "CLOCK-8")
    ),
    mutant(LeasesByTheHoldersClock, "CLOCK-7", also=("CLOCK-3",)),
    mutant(NamesTasksByTheClock, "CLOCK-9"),
    mutant(DistrustsTheFuture, "CLOCK-9"),
    mutant(MeasuresAnyDistance, "CLOCK-9"),
    mutant(ReleasesByTheLatestTime, "CLOCK-9"),
    mutant(RetriesByTheLatestTime, "CLOCK-9"),
    mutant(EnqueuesAfterTheLast, "CLOCK-9"),
    mutant(LeasesByTheLatestTime, "CLOCK-9"),
    mutant(DropsFutureReleases, "CLOCK-9"),
    mutant(ThrowsYesterdaysTasksAway, "CLOCK-10", also=("LEASE",)),
    mutant(
        LeasesForMinutes,
        "LEASE-1",
        also=("LEASE", "ACK", "RETRY", "KEY", "STATS", "CLOCK", "GROUP"),
    ),
)
