"""Queues that hand out wrongly, to sequential callers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import WATCHED, mutant
from tests.queues.memory import MemoryQueue, Task
from tests.queues.small_sqlite import SmallSqliteQueue


class HandsOutAgain(MemoryQueue):
    """Hands a held task out to whoever finds nothing else."""

    name = "hands-out-again"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        claim = super().claim(worker, lease=lease, capabilities=capabilities)
        held = self._in_state("leased")
        if claim is None and len(held) == 2:
            return self._lease(held[0], worker, lease)
        return claim


class InventsATask(MemoryQueue):
    """Hands out an empty task where there is none."""

    name = "invents-a-task"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        claim = super().claim(worker, lease=lease, capabilities=capabilities)
        if claim is None and not self.store.tasks:
            return Claim(task_id=0, payload={}, worker=worker)
        return claim


class FailsWhenEmpty(MemoryQueue):
    """Raises an error of its own where there is nothing to claim."""

    name = "fails-when-empty"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        if not self.store.tasks:
            raise IndexError("pop from an empty queue")
        return super().claim(worker, lease=lease, capabilities=capabilities)


class SixTasksAWorker(MemoryQueue):
    """Gives no further task to a worker that holds six."""

    name = "six-tasks-a-worker"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        if len(self._in_state("leased")) == 6 and len(self._waiting()) == 6:
            return None
        return super().claim(worker, lease=lease, capabilities=capabilities)


class RemembersThatItWasEmpty(MemoryQueue):
    """Answers the claim after an empty one from memory."""

    name = "remembers-that-it-was-empty"
    was_empty = False

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        if self.was_empty:
            self.was_empty = False
            return None
        claim = super().claim(worker, lease=lease, capabilities=capabilities)
        self.was_empty = claim is None
        return claim


class PastesTheWorkerIntoSql(MemoryQueue):
    """Cannot serve a worker with a quote in its name."""

    name = "pastes-the-worker-into-sql"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        if "'" in worker:
            raise ValueError('near "s": syntax error')
        return super()._lease(task, worker, lease)


class IgnoresNamesBeyondAscii(MemoryQueue):
    """Finds nothing for a worker whose name is not ASCII."""

    name = "ignores-names-beyond-ascii"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        if not worker.isascii():
            return None
        return super().claim(worker, lease=lease, capabilities=capabilities)


class LoadsNowAndThen(SmallSqliteQueue):
    """Sees what others enqueued only when it is opened, and again when it found nothing."""

    name = "loads-now-and-then"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.known: list[int] = []
        self.load()

    def load(self) -> None:
        self.known = [row[0] for row in self._run("SELECT id FROM task")]

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        claim = super().claim(worker, lease=lease, capabilities=capabilities)
        if claim is None:
            self.load()
        return claim

    def _ready(self) -> str:
        known = ", ".join(map(str, self.known))
        return f"{super()._ready()} AND id IN ({known})"


class OneMoreThanAskedFor(MemoryQueue):
    """Claims one task more than a batch may have."""

    name = "one-more-than-asked-for"

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        return super().claim_many(worker, limit + 1)


class BatchWithATwin(MemoryQueue):
    """Puts the first task of a batch into the batch twice."""

    name = "batch-with-a-twin"

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        claims = super().claim_many(worker, limit)
        return [*claims[:-1], claims[0]] if len(claims) > 1 else claims


class WaitsForAFullBatch(MemoryQueue):
    """Hands out nothing until a batch is full."""

    name = "waits-for-a-full-batch"

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        return super().claim_many(worker, limit) if len(self._waiting()) >= limit else []


class BatchLeavesOneBehind(MemoryQueue):
    """Ends a batch one task before the last that waits."""

    name = "batch-leaves-one-behind"

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        spare = max(1, len(self._waiting()) - 1)
        return super().claim_many(worker, limit if limit < spare else spare)


class LeasesTheRestOfABatch(MemoryQueue):
    """Leases ten tasks for any batch, and hands out as many as were asked for."""

    name = "leases-the-rest-of-a-batch"

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        return super().claim_many(worker, max(limit, 10))[:limit]


class ForgetsTheTokensOfABatch(MemoryQueue):
    """Hands out a batch with tokens that are not those it has kept."""

    name = "forgets-the-tokens-of-a-batch"

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        return [replace(claim, token=0) for claim in super().claim_many(worker, limit)]


class CompletesTheWholeBatch(MemoryQueue):
    """Takes the first completion for that of the batch."""

    name = "completes-the-whole-batch"
    batch: Sequence[Claim] = ()

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        batch = super().claim_many(worker, limit)
        self.batch = batch
        return batch

    def complete(self, claim: Claim) -> None:
        super().complete(claim)
        for task in [self.store.tasks[claim.task_id] for claim in self.batch]:
            task.state = "completed"


MUTANTS = (
    mutant(
        HandsOutAgain,
        "CLAIM-1",
        also=(
            "LEASE-14",
            "ACK-18",
            "LEASE-12",
            "LEASE-16",
            *WATCHED,
        ),
    ),
    mutant(InventsATask, "CLAIM-2", also=("CLAIM",)),
    mutant(FailsWhenEmpty, "CLAIM-2", also=("CLAIM-4",)),
    mutant(SixTasksAWorker, "CLAIM-3"),
    mutant(RemembersThatItWasEmpty, "CLAIM-4", also=("ROUTE-6", *WATCHED)),
    mutant(PastesTheWorkerIntoSql, "CLAIM-5"),
    mutant(IgnoresNamesBeyondAscii, "CLAIM-5"),
    mutant(
        LoadsNowAndThen,
        "CLAIM-6",
        also=(
            "CLAIM-4",
            "ORDER-6",
            "SCHEDULE-2",
            "SCHEDULE-4",
            "SCHEDULE-5",
            "SCHEDULE-7",
            "GROUP-4",
        ),
    ),
    mutant(OneMoreThanAskedFor, "CLAIM-7"),
    mutant(BatchWithATwin, "CLAIM-7", also=("CLAIM-8", "ORDER-10", "STATS-11", "CLAIM")),
    mutant(LeasesTheRestOfABatch, "CLAIM-7", also=("ORDER-10", "CLAIM-9", "STATS-11")),
    mutant(WaitsForAFullBatch, "CLAIM-8", also=("CLAIM-7",)),
    mutant(BatchLeavesOneBehind, "CLAIM-8", also=("CLAIM-7",)),
    mutant(ForgetsTheTokensOfABatch, "CLAIM-9"),
    mutant(CompletesTheWholeBatch, "CLAIM-9"),
)
