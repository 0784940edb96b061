"""Queue: the API that the queues on SQLite and PostgreSQL share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from .config import DEFAULT_PRIORITY, LEASE_SECONDS, MAX_ATTEMPTS, STALE_AFTER_SECONDS
from .counts import QueueStats
from .models import Task, TaskLog, Worker
from .retention import KEEP_SECONDS, PURGED, SweepResult
from .strategies import SchedulingStrategy


@runtime_checkable
class Queue(Protocol):
    """A task queue, whatever its engine. open_queue() returns one; `with` closes it.

    Arguments are checked first: QueueInputError means that nothing was changed. An acknowledgement
    of a claim that is not held raises StaleClaimError and changes nothing.
    """

    KEY_HELD: ClassVar[str]
    """A task holds its idempotency key while it is in the table: after completion too, until the
    task is purged or archived. Cancelling the task frees the key at once."""

    def enqueue(
        self,
        type: str,  # noqa: A002 - the column's name
        payload: Any,
        *,
        priority: int = DEFAULT_PRIORITY,
        delay: float = 0.0,
        idempotency_key: str | None = None,
        compatibility: Mapping[str, Any] | None = None,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> int:
        """Add a task and return its id. If another task holds the key, return that task's id.

        The payload must be JSON that decodes to an equal value of the same types. No worker can
        claim the task before `delay` seconds have passed. Raises QueueInputError, and changes
        nothing, if an argument is invalid.
        """
        ...

    def enqueue_many(
        self,
        type: str,  # noqa: A002 - the column's name
        payloads: Iterable[Any],
        *,
        priority: int = DEFAULT_PRIORITY,
        delay: float = 0.0,
        idempotency_keys: Sequence[str | None] | None = None,
        compatibility: Mapping[str, Any] | None = None,
        max_attempts: int = MAX_ATTEMPTS,
    ) -> list[int]:
        """Add a task for each payload in one transaction. Return an id for each, in order.

        The id is that of the new task, or that of the task that holds the key.
        """
        ...

    def claim(
        self,
        worker_id: str,
        capabilities: Mapping[str, Any] | None = None,
        *,
        lease_seconds: float = LEASE_SECONDS,
        strategy: SchedulingStrategy = SchedulingStrategy.PRIORITY,
    ) -> Task | None:
        """Claim the next task; return None if there is none. See TaskClaimer.claim_task."""
        ...

    def claim_many(
        self,
        worker_id: str,
        capabilities: Mapping[str, Any] | None = None,
        *,
        limit: int,
        lease_seconds: float = LEASE_SECONDS,
        strategy: SchedulingStrategy = SchedulingStrategy.PRIORITY,
    ) -> list[Task]:
        """Claim the next tasks, at most `limit`, in order and in one transaction."""
        ...

    def wait(self, timeout: float, capabilities: Mapping[str, Any] | None = None) -> bool:
        """Wait until a worker with these capabilities may find a task, for `timeout` seconds.

        Return False if the time is up. After True a claim may still find nothing, since another
        worker was faster. Claims alone are enough; this call lets an idle worker rest.
        """
        ...

    def complete(self, task: Task, result: Any = None) -> Task:
        """Mark a claimed task as completed; return its new state."""
        ...

    def complete_many(self, tasks: Iterable[Task], results: Iterable[Any] = ()) -> list[Task]:
        """Mark all these claimed tasks as completed, or none; return their new states.

        results: a result for each task, or nothing.
        """
        ...

    def fail(self, task: Task, error: object, *, retry: bool = True) -> Task:
        """Record that the work failed; return the task's new state.

        The task is queued again after a wait. It becomes a dead letter (status 'failed') when no
        attempts are left or `retry` is False.
        """
        ...

    def extend(self, task: Task, lease_seconds: float = LEASE_SECONDS) -> Task:
        """Make the lease last at least `lease_seconds` from now; never shorten it."""
        ...

    def release(self, task: Task) -> Task:
        """Return a claimed task to the queue, ready at once, without counting an attempt."""
        ...

    def cancel(self, task_id: int) -> bool:
        """Cancel a queued task. Return False, and change nothing, if it is not queued any more.

        Raises TaskNotFoundError if no task has this id.
        """
        ...

    def requeue(self, task_id: int) -> Task:
        """Queue a dead letter again, with all its attempts.

        Raises TaskNotFoundError if no dead letter has this id.
        """
        ...

    def reclaim(self) -> int:
        """Reclaim all tasks with a lapsed lease; return how many. Claims do so by themselves.

        Runs in short transactions: if an error stops it, the error's `done` says how many tasks
        are reclaimed, and another call continues.
        """
        ...

    def get(self, task_id: int) -> Task:
        """Return the present state of a task. Raises TaskNotFoundError."""
        ...

    def dead_letters(self, limit: int = 100) -> list[Task]:
        """Return at most `limit` dead letters, the latest first."""
        ...

    def stats(self) -> QueueStats:
        """Return counts by state, and the age of the oldest ready task."""
        ...

    def heartbeat(self, worker_id: str, capabilities: Mapping[str, Any] | None = None) -> Worker:
        """Record a worker's heartbeat and its capabilities."""
        ...

    def stale_workers(self, older_than: float = STALE_AFTER_SECONDS) -> list[Worker]:
        """Return the workers with a last heartbeat more than `older_than` seconds ago."""
        ...

    def forget_worker(self, worker_id: str) -> bool:
        """Remove a worker from the list. Return False if it is not on the list."""
        ...

    def log(self, task_id: int, level: str, message: str, details: Any = None) -> int:
        """Write a line to a task's log and return its number. Raises TaskNotFoundError."""
        ...

    def logs(self, task_id: int) -> list[TaskLog]:
        """Return a task's log, the oldest line first."""
        ...

    def purge(
        self,
        older_than: float = KEEP_SECONDS,
        *,
        statuses: Sequence[str] = PURGED,
    ) -> int:
        """Delete tasks that ended more than `older_than` seconds ago and have one of `statuses`.

        Return the number of tasks. Dead letters are kept by default.

        Runs in short transactions: if an error stops it, the error's `done` says how many tasks
        are deleted, and another call continues.
        """
        ...

    def archive(
        self,
        older_than: float = KEEP_SECONDS,
        *,
        statuses: Sequence[str] = PURGED,
    ) -> int:
        """Move tasks that ended more than `older_than` seconds ago and have one of `statuses`.

        The tasks and their logs move to the table task_archive. Return the number of tasks. Dead
        letters stay by default.

        Runs in short transactions: if an error stops it, the error's `done` says how many tasks
        are moved, and another call continues.
        """
        ...

    def sweep(self) -> SweepResult:
        """Reclaim all lapsed leases, promote all due tasks, forget stale workers.

        Runs in short transactions: if an error stops it, the error's `done` says how many tasks
        are reclaimed or promoted, and another call continues.
        """
        ...

    def integrity_check(self) -> list[str]:
        """Return one line for each problem in the database file, or an empty list."""
        ...

    def close(self) -> None:
        """Close the connections. Later use raises QueueClosedError."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
