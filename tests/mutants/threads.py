"""Queues that are right for one thread and wrong for several."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import mutant
from tests.queues.memory import MemoryQueue, Task

_GAP = 0.001
"""Seconds between two steps that belong together, so that another thread comes between."""


class ClaimsWithoutALock(MemoryQueue):
    """Chooses a task and takes it in two steps."""

    name = "claims-without-a-lock"

    def _atomically(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        time.sleep(_GAP)
        return super()._lease(task, worker, lease)


class EnqueuesWithoutALock(MemoryQueue):
    """Reads all tasks, adds one, and writes all."""

    name = "enqueues-without-a-lock"

    def _atomically(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def _keep(self, task: Task) -> None:
        tasks = dict(self.store.tasks)
        time.sleep(_GAP)
        self.store.tasks = {**tasks, task.number: task}

    def claim(self, worker: str, *, lease: float = 60.0, capabilities: Any = None) -> Claim | None:
        with self.store.lock:
            return super().claim(worker, lease=lease, capabilities=capabilities)


class ChoosesABatchFirst(MemoryQueue):
    """Chooses a batch, then takes its tasks one by one, without another look."""

    name = "chooses-a-batch-first"

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        due = [task for task in self._waiting() if self._is_due(task)]
        chosen = sorted(due, key=self._order_key)[:limit]
        time.sleep(_GAP)
        return [self._lease(task, worker, 60.0) for task in chosen]


class LockedIsEmptyForAThread(MemoryQueue):
    """Says that it is empty when another thread has the lock."""

    name = "locked-is-empty-for-a-thread"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        if not self.store.lock.acquire(blocking=False):
            return None
        try:
            time.sleep(_GAP)
            return super().claim(worker, lease=lease, capabilities=capabilities)
        finally:
            self.store.lock.release()


class AsksForTheKeyFirst(MemoryQueue):
    """Looks for the key before it takes the lock, and adds without looking again."""

    name = "asks-for-the-key-first"

    def _atomically(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def _holder_of(self, key: str | None) -> Task | None:
        with self.store.lock:
            held = super()._holder_of(key)
        time.sleep(_GAP)
        return held

    def _keep(self, task: Task) -> None:
        with self.store.lock:
            super()._keep(task)

    def claim(self, worker: str, *, lease: float = 60.0, capabilities: Any = None) -> Claim | None:
        with self.store.lock:
            return super().claim(worker, lease=lease, capabilities=capabilities)


class WritesBackWhatItRead(MemoryQueue):
    """Releases a task by writing back the whole store as it was a moment ago."""

    name = "writes-back-what-it-read"

    def release(self, claim: Claim) -> None:
        with self.store.lock:
            super().release(claim)
            states = {number: task.state for number, task in self.store.tasks.items()}
        time.sleep(0.001)
        for number, state in states.items():
            self.store.tasks[number].state = state


MUTANTS = (
    mutant(ClaimsWithoutALock, "RACE-1", also=("RACE", "KEY")),
    mutant(EnqueuesWithoutALock, "RACE-3", also=("KEY", "RACE")),
    mutant(ChoosesABatchFirst, "RACE-9"),
    mutant(LockedIsEmptyForAThread, "RACE-15"),
    mutant(AsksForTheKeyFirst, "KEY-12"),
    mutant(WritesBackWhatItRead, "RACE-16"),
)
