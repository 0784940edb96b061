"""Queues that are right for one thread and wrong for several."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from pytest_queuekit.contract import Claim
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

    def claim_many(self, worker: str, limit: int) -> list[Claim]:
        due = [task for task in self._waiting() if self._is_due(task)]
        chosen = sorted(due, key=self._order_key)[:limit]
        time.sleep(_GAP)
        return [self._lease(task, worker, 60.0) for task in chosen]


MUTANTS = (
    mutant(ClaimsWithoutALock, "RACE-1", may_break=("RACE-3", "RACE-9"), driver="threads"),
    mutant(EnqueuesWithoutALock, "RACE-3", driver="threads"),
    mutant(ChoosesABatchFirst, "RACE-9", driver="threads"),
)
