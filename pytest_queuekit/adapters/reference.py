"""The reference queue and any copy of it, with everything that it promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar

from pytest_queuekit import queue
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import KeyConflict, KeyHold, Liveness, Order, Retry


class ApiQueue(QueueAdapter):
    """A queue with the API of the reference queue, on any engine.

    A subclass opens the queue, as `queue`, and sets `strategy` for an order other than by priority.
    The queue stores whole seconds, so a delay, a wait or a lease may last up to one second longer.
    """

    distribution = "pytest-queuekit"
    module: ClassVar[ModuleType] = queue
    strategy: ClassVar[str] = "PRIORITY"
    queue: Any
    order = Order(priority="lower-first", ties="fifo", redelivery="original")
    liveness = Liveness.LEASE
    survives_fork = True
    retry = Retry(max_attempts=5, first=1, factor=2, cap=300, jitter=0.1, counts_deaths=True)
    key_hold = KeyHold.FOR_EVER
    key_conflict = KeyConflict.KEEP
    refuses = (queue.StaleClaimError, queue.QueueInputError, queue.TaskNotFoundError)
    busy = (queue.QueueBusyError,)

    @property
    def by(self) -> Any:
        """The strategy of the claims."""
        return self.module.SchedulingStrategy[self.strategy]

    def enqueue(
        self,
        payload: Any,
        *,
        key: str | None = None,
        capabilities: Mapping[str, Any] | None = None,
        priority: int = 100,
        delay: float = 0.0,
        max_attempts: int = 5,
    ) -> Any:
        return self.queue.enqueue(
            "task",
            payload,
            idempotency_key=key,
            compatibility=capabilities,
            priority=priority,
            delay=delay,
            max_attempts=max_attempts,
        )

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        task = self.queue.claim(worker, capabilities, lease_seconds=lease, strategy=self.by)
        return None if task is None else _claim(task, worker)

    def claim_many(self, worker: str, limit: int, *, lease: float = 60.0) -> list[Claim]:
        tasks = self.queue.claim_many(
            worker, None, limit=limit, lease_seconds=lease, strategy=self.by
        )
        return [_claim(task, worker) for task in tasks]

    def enqueue_many(
        self, payloads: Sequence[Any], *, keys: Sequence[str | None] | None = None
    ) -> Any:
        return self.queue.enqueue_many("task", payloads, idempotency_keys=keys)

    def complete(self, claim: Claim) -> Any:
        self.queue.complete(claim.handle)

    def fail(self, claim: Claim, error: str, *, retry: bool = True) -> Any:
        self.queue.fail(claim.handle, error, retry=retry)

    def extend(self, claim: Claim, seconds: float) -> Claim:
        return _claim(self.queue.extend(claim.handle, seconds), claim.worker)

    def release(self, claim: Claim) -> Any:
        self.queue.release(claim.handle)

    def cancel(self, task_id: Any) -> Any:
        return self.queue.cancel(task_id)

    def requeue(self, task_id: Any) -> Any:
        self.queue.requeue(task_id)

    def reclaim(self) -> Any:
        return self.queue.reclaim()

    def stats(self) -> Mapping[str, int]:
        stats = self.queue.stats()
        states = ("queued", "ready", "waiting", "leased", "completed", "dead")
        return {state: getattr(stats, state) for state in states}

    def dead_letters(self) -> Sequence[Any]:
        return [task.get_payload() for task in self.queue.dead_letters(limit=1000)]

    def purge(self) -> Any:
        return self.queue.purge(older_than=0, statuses=("completed",))

    def close(self) -> None:
        self.queue.close()


class ReferenceQueue(ApiQueue):
    """The reference queue in a file, by priority. A subclass sets `module` to use a copy."""

    name = "reference"

    def __init__(self, location: str) -> None:
        self.db = self.module.QueueDatabase(location)
        self.queue = self.module.TaskQueue(self.db)

    def backup(self, location: str) -> Any:
        self.queue.backup(location)


class ReferenceFifoQueue(ReferenceQueue):
    """The reference queue, oldest task first."""

    name = "reference-fifo"
    strategy = "FIFO"
    order = Order(priority=None, ties="fifo", redelivery="original")


class ReferenceLifoQueue(ReferenceQueue):
    """The reference queue, newest task first."""

    name = "reference-lifo"
    strategy = "LIFO"
    order = Order(priority=None, ties="lifo", redelivery="original")


class ReferenceWeightedQueue(ReferenceQueue):
    """The reference queue at random; lower priority numbers are drawn more often."""

    name = "reference-weighted"
    strategy = "WEIGHTED_RANDOM"
    order = Order(priority=None, ties="none")


def _claim(task: Any, worker: str) -> Claim:
    return Claim(
        task_id=task.id,
        payload=task.get_payload(),
        worker=worker,
        attempt=task.attempts,
        token=task.lease_token,
        handle=task,
    )
