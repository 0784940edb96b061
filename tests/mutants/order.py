"""Queues that keep no order, or another one than they declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_queuekit.model.adapter import Claim
from pytest_queuekit.model.capabilities import Order
from tests.mutants.bases import KnowsTheWorker
from tests.mutants.mutant import mutant
from tests.queues.memory import MemoryQueue, Task
from tests.queues.small_sqlite import SmallSqliteQueue
from tests.queues.variants import (
    BackToTheHead,
    BackToTheTail,
    CoarseOrder,
    HigherFirst,
    Stack,
)


class SortsIdsAsText(MemoryQueue):
    """Puts task 10 before task 9."""

    name = "sorts-ids-as-text"

    def _order_key(self, task: Task) -> Any:
        return task.priority, str(task.number)


class StackThatIsAQueue(Stack):
    """Declares that the last goes first, and lets the first go."""

    name = "stack-that-is-a-queue"

    def _order_key(self, task: Task) -> tuple[float, float]:
        return task.priority, task.number


class SortsPrioritiesAsText(MemoryQueue):
    """Puts priority 1000 before priority 2."""

    name = "sorts-priorities-as-text"

    def _order_key(self, task: Task) -> Any:
        return str(task.priority), task.number


class TakesPrioritiesUpsideDown(HigherFirst):
    """Declares that higher goes first, and lets the lower go."""

    name = "takes-priorities-upside-down"

    def _order_key(self, task: Task) -> tuple[float, float]:
        return task.priority, task.number


class NoOrderAmongEquals(MemoryQueue):
    """Breaks ties by whatever comes to hand, where priorities are given."""

    name = "no-order-among-equals"

    def _order_key(self, task: Task) -> tuple[float, float]:
        return task.priority, task.number if task.priority == 100 else -task.number


class StackOnlyWithoutPriorities(Stack):
    """Is a stack for plain tasks, and a queue within a priority."""

    name = "stack-only-without-priorities"

    def _order_key(self, task: Task) -> tuple[float, float]:
        return task.priority, -task.number if task.priority == 100 else task.number


class PlansAhead(MemoryQueue):
    """Sorts when it claims for the first time; who comes later goes behind."""

    name = "plans-ahead"
    planned = 0

    def _order_key(self, task: Task) -> Any:
        if not self.planned:
            self.planned = max(self.store.tasks)
        return task.number > self.planned, task.priority, task.number


class NumbersForItself(SmallSqliteQueue):
    """Orders tasks by a number that each instance counts for itself."""

    name = "numbers-for-itself"
    count = 0

    def __init__(self, location: str) -> None:
        super().__init__(location)
        if "place" not in {row[1] for row in self._run("PRAGMA table_info(task)")}:
            self._run("ALTER TABLE task ADD COLUMN place INTEGER")

    def enqueue(
        self,
        payload: str,
        *,
        priority: int = 100,
        delay: float = 0.0,
        key: str | None = None,
        group: str | None = None,
        capabilities: Mapping[str, Any] | None = None,
        max_attempts: int = 5,
    ) -> int:
        number = super().enqueue(
            payload,
            priority=priority,
            delay=delay,
            key=key,
            group=group,
            capabilities=capabilities,
            max_attempts=max_attempts,
        )
        self.count += 1
        self._run("UPDATE task SET place = ? WHERE id = ?", self.count, number)
        return number

    def _turn(self) -> str:
        return "priority, place, id"


class ReservesAhead(KnowsTheWorker):
    """Keeps the next but one for the worker that it just served."""

    name = "reserves-ahead"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.reserved: dict[int, str] = {}

    def _order_key(self, task: Task) -> Any:
        strange = self.reserved.get(task.number, self.worker) != self.worker
        return task.priority, strange, task.number

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        self.reserved[task.number + 1] = worker
        return super()._lease(task, worker, lease)


class BatchesJumpTheQueue(MemoryQueue):
    """Gives the tasks of a batch a priority of their own."""

    name = "batches-jump-the-queue"

    def enqueue_many(self, payloads: Sequence[Any], **options: Any) -> list[int]:
        with self._atomically():
            numbers = super().enqueue_many(payloads, **options)
            for number in numbers:
                self.store.tasks[number].priority = 99
            return numbers


class BatchesFromTheBack(MemoryQueue):
    """Claims a batch from the end of the queue."""

    name = "batches-from-the-back"
    backwards = False

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        with self.store.lock:
            self.backwards = True
            try:
                return super().claim_many(worker, limit)
            finally:
                self.backwards = False

    def _order_key(self, task: Task) -> tuple[float, float]:
        return task.priority, -task.number if self.backwards else task.number


class BatchesById(MemoryQueue):
    """Takes the right tasks for a batch, and returns them by their ids, as UPDATE does."""

    name = "batches-by-id"

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        return sorted(super().claim_many(worker, limit), key=lambda claim: int(claim.task_id))


class FailsToTheHead(MemoryQueue):
    """Declares no limit of attempts, and gives a failed task out again before all others."""

    name = "fails-to-the-head"
    retry = None
    order = Order(priority="lower-first", ties="fifo")

    def fail(self, claim: Claim, error: str) -> None:
        self.release(claim)


class ReleasesToTheTail(BackToTheTail):
    """Declares that a task keeps its place, and puts a released one behind the others."""

    name = "releases-to-the-tail"
    order = Order(priority="lower-first", ties="fifo", redelivery="original")


class RetriesToTheHead(BackToTheHead):
    """Puts a released task behind the others as declared, and a failed one before them."""

    name = "retries-to-the-head"
    order = Order(priority="lower-first", ties="fifo", redelivery="tail")

    def _move(self, task: Task) -> None:
        super()._move(task)
        task.place = task.place if task.error else -task.place


class BehindTheFirst(BackToTheHead):
    """Puts a task that comes back behind the first one that waits."""

    name = "behind-the-first"

    def _move(self, task: Task) -> None:
        waiting = sorted(other.place for other in self._waiting() if other is not task)
        task.place = waiting[0] + 0.5 if waiting else 0


class CoarserThanDeclared(CoarseOrder):
    """Declares a hundredth of a second, and lets tasks of one tenth swap."""

    name = "coarser-than-declared"

    def _keep(self, task: Task) -> None:
        super()._keep(task)
        task.place = int(self._now() * 10) - task.number / 1e6


MUTANTS = (
    mutant(
        SortsIdsAsText,
        "ORDER-1",
        also=("ORDER-4", "ORDER-6", "ORDER-9", "ORDER-10", "ORDER-13", "ROUTE-8"),
    ),
    mutant(
        StackThatIsAQueue,
        "ORDER-2",
        also=(
            "ORDER-5",
            "ORDER-6",
            "ORDER-12",
        ),
    ),
    mutant(SortsPrioritiesAsText, "ORDER-3", also=("ORDER-13",)),
    mutant(
        TakesPrioritiesUpsideDown, "ORDER-3", also=("ORDER-4", "ORDER-6", "ORDER-13", "SCHEDULE-6")
    ),
    mutant(NoOrderAmongEquals, "ORDER-4", also=("ORDER-6", "ORDER-13")),
    mutant(StackOnlyWithoutPriorities, "ORDER-5", also=("ORDER-6",)),
    mutant(PlansAhead, "ORDER-6"),
    mutant(NumbersForItself, "ORDER-7", also=("DURABLE-4",)),
    mutant(ReservesAhead, "ORDER-8"),
    mutant(BatchesJumpTheQueue, "ORDER-9"),
    mutant(BatchesFromTheBack, "ORDER-10", also=("ORDER-13",)),
    mutant(FailsToTheHead, "ORDER-11"),
    mutant(ReleasesToTheTail, "ORDER-12"),
    mutant(RetriesToTheHead, "ORDER-12"),
    mutant(BehindTheFirst, "ORDER-12"),
    mutant(BatchesById, "ORDER-13"),
    mutant(
        CoarserThanDeclared,
        "ORDER-1",
        also=(
            "ORDER",
            "ROUTE-8",
        ),
    ),
)
