"""TaskQueue: the whole life of a task.

queued -> leased -> completed, or back to queued (retry, release, lapsed lease), or failed: a
dead letter. Each claim has a fencing token; only the holder of the latest may acknowledge.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import acknowledge, maintenance, workers
from .backup import backup
from .claimed import check_claimed
from .config import (
    DEFAULT_PRIORITY,
    LEASE_SECONDS,
    MAX_ATTEMPTS,
    MAX_COMPATIBILITY_BYTES,
    MAX_PAYLOAD_BYTES,
    STALE_AFTER_SECONDS,
)
from .counts import QueueStats
from .database import QueueDatabase, checked_database
from .enqueueing import insert, insert_many
from .exceptions import TaskNotFoundError
from .idle import check_timeout, wait_until
from .inputs import (
    BATCH_LIMIT,
    SizeLimits,
    capabilities_json,
    check_delay,
    check_task_id,
    check_whole,
)
from .models import TASK_COLUMNS, Task, TaskLog, Worker
from .new_tasks import checked_common, checked_content, checked_contents
from .protocol import Queue
from .restore import restore
from .retention import KEEP_SECONDS, PURGED, SweepResult
from .retry import RetryPolicy, checked_policy
from .scheduling import TaskClaimer, TaskClaimerFactory
from .stats import read_stats
from .strategies import SchedulingStrategy


class TaskQueue(Queue):
    """A task queue in a QueueDatabase. Threads may share it.

    db: the database with the tasks.
    retry: the waits of failed tasks.
    rng: source of the jitter of the waits; a seeded generator makes them repeatable.
    max_payload_bytes: largest payload, as JSON. max_compatibility_bytes: largest compatibility.

    Calls inside `with db.transaction():` take part in that transaction.
    """

    KEY_HELD = "for ever"

    def __init__(
        self,
        db: QueueDatabase,
        *,
        retry: RetryPolicy | None = None,
        rng: random.Random | None = None,
        max_payload_bytes: int = MAX_PAYLOAD_BYTES,
        max_compatibility_bytes: int = MAX_COMPATIBILITY_BYTES,
    ) -> None:
        self.db = checked_database(db)
        self.retry = RetryPolicy() if retry is None else checked_policy(retry)
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, no secret
        self._limits = SizeLimits(payload=max_payload_bytes, compatibility=max_compatibility_bytes)
        self._claimers: dict[SchedulingStrategy, TaskClaimer] = {}

    # -- enqueue ------------------------------------------------------------------------------

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
        content = checked_content(self._limits, "payload", payload, idempotency_key)
        common = checked_common(self._limits, type, priority, compatibility, max_attempts)
        return insert(self.db, common, check_delay(delay), content)

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
        contents = checked_contents(self._limits, payloads, idempotency_keys)
        common = checked_common(self._limits, type, priority, compatibility, max_attempts)
        return insert_many(self.db, common, check_delay(delay), contents)

    # -- claim --------------------------------------------------------------------------------

    def claim(
        self,
        worker_id: str,
        capabilities: Mapping[str, Any] | None = None,
        *,
        lease_seconds: float = LEASE_SECONDS,
        strategy: SchedulingStrategy = SchedulingStrategy.PRIORITY,
    ) -> Task | None:
        """Claim the next task; return None if there is none. See TaskClaimer.claim_task."""
        return self._claimer(strategy).claim_task(worker_id, capabilities, lease_seconds)

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
        return self._claimer(strategy).claim_tasks(worker_id, capabilities, lease_seconds, limit)

    def wait(self, timeout: float, capabilities: Mapping[str, Any] | None = None) -> bool:
        """Wait until a worker with these capabilities may find a task, for `timeout` seconds.

        Return False if the time is up. After True a claim may still find nothing, since another
        worker was faster. Claims alone are enough; this call lets an idle worker rest.
        """
        claimer = self._claimer(SchedulingStrategy.PRIORITY)
        seconds, offered = check_timeout(timeout), capabilities_json(capabilities)
        return wait_until(lambda: claimer.may_find_task(offered), seconds)

    def _claimer(self, strategy: SchedulingStrategy) -> TaskClaimer:
        # A value of any other type may raise when it is hashed.
        if not isinstance(strategy, SchedulingStrategy) or strategy not in self._claimers:
            self._claimers[strategy] = TaskClaimerFactory.create(strategy, self.db)
        return self._claimers[strategy]

    # -- acknowledge: all raise StaleClaimError, and change nothing, if the claim is not held ---

    def complete(self, task: Task, result: Any = None) -> Task:
        """Mark a claimed task as completed; return its new state."""
        return acknowledge.complete(self.db, task, result)

    def complete_many(self, tasks: Iterable[Task], results: Iterable[Any] = ()) -> list[Task]:
        """Mark all these claimed tasks as completed, or none; return their new states.

        results: a result for each task, or nothing.
        """
        return acknowledge.complete_many(self.db, tasks, results)

    def fail(self, task: Task, error: object, *, retry: bool = True) -> Task:
        """Record that the work failed; return the task's new state.

        The task is queued again after a wait. It becomes a dead letter (status 'failed') when no
        attempts are left or `retry` is False.
        """
        check_claimed(task)
        wait = self.retry.delay(task.attempts + 1, self._rng)
        return acknowledge.fail(self.db, task, error, retry=retry, wait=wait)

    def extend(self, task: Task, lease_seconds: float = LEASE_SECONDS) -> Task:
        """Make the lease last at least `lease_seconds` from now; never shorten it."""
        return acknowledge.extend(self.db, task, lease_seconds)

    def release(self, task: Task) -> Task:
        """Return a claimed task to the queue, ready at once, without counting an attempt."""
        return acknowledge.release(self.db, task)

    def cancel(self, task_id: int) -> bool:
        """Cancel a queued task. Return False, and change nothing, if it is not queued any more.

        Raises TaskNotFoundError if no task has this id.
        """
        return acknowledge.cancel(self.db, check_task_id(task_id))

    def requeue(self, task_id: int) -> Task:
        """Queue a dead letter again, with all its attempts.

        Raises TaskNotFoundError if no dead letter has this id.
        """
        return acknowledge.requeue(self.db, check_task_id(task_id))

    def reclaim(self) -> int:
        """Reclaim all tasks with a lapsed lease; return how many. Claims do so by themselves.

        Runs in short transactions: if an error stops it, the error's `done` says how many tasks
        are reclaimed, and another call continues.
        """
        return maintenance.reclaim(self.db)

    # -- read ---------------------------------------------------------------------------------

    def get(self, task_id: int) -> Task:
        """Return the present state of a task. Raises TaskNotFoundError."""
        sql = f"SELECT {TASK_COLUMNS} FROM task_queue WHERE id = ?"
        rows = self.db.autocommit(sql, (check_task_id(task_id),))
        if not rows:
            raise TaskNotFoundError(f"task_id={task_id!r}: no such task; it may have been purged")
        return Task.from_columns(rows[0])

    def dead_letters(self, limit: int = 100) -> list[Task]:
        """Return at most `limit` dead letters, the latest first."""
        check_whole("limit", limit, 1, BATCH_LIMIT)
        rows = self.db.autocommit(
            f"SELECT {TASK_COLUMNS} FROM task_queue WHERE status = 'failed' "
            "AND completed_at_utc IS NOT NULL ORDER BY completed_at_utc DESC, id DESC LIMIT ?",
            (limit,),
        )
        return [Task.from_columns(row) for row in rows]

    def stats(self) -> QueueStats:
        """Return counts by state, and the age of the oldest ready task."""
        return read_stats(self.db)

    # -- workers and logs ---------------------------------------------------------------------

    def heartbeat(self, worker_id: str, capabilities: Mapping[str, Any] | None = None) -> Worker:
        """Record a worker's heartbeat and its capabilities."""
        return workers.heartbeat(self.db, worker_id, capabilities)

    def stale_workers(self, older_than: float = STALE_AFTER_SECONDS) -> list[Worker]:
        """Return the workers with a last heartbeat more than `older_than` seconds ago."""
        return workers.stale_workers(self.db, older_than)

    def forget_worker(self, worker_id: str) -> bool:
        """Remove a worker from the list. Return False if it is not on the list."""
        return workers.forget_worker(self.db, worker_id)

    def log(self, task_id: int, level: str, message: str, details: Any = None) -> int:
        """Write a line to a task's log and return its number. Raises TaskNotFoundError."""
        return workers.write_log(self.db, check_task_id(task_id), level, message, details)

    def logs(self, task_id: int) -> list[TaskLog]:
        """Return a task's log, the oldest line first."""
        return workers.read_logs(self.db, check_task_id(task_id))

    # -- maintenance --------------------------------------------------------------------------

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
        return maintenance.purge(self.db, older_than, statuses)

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
        return maintenance.archive(self.db, older_than, statuses)

    def sweep(self) -> SweepResult:
        """Reclaim all lapsed leases, promote all due tasks, forget stale workers.

        Runs in short transactions: if an error stops it, the error's `done` says how many tasks
        are reclaimed or promoted, and another call continues.
        """
        return maintenance.sweep(self.db)

    def backup(self, path: str | os.PathLike[str]) -> str:
        """Write a consistent copy to a new file while the queue is in use; return its path."""
        return backup(self.db, path)

    def restore(self, path: str | os.PathLike[str]) -> str | None:
        """Replace the content of the queue's file by a backup; stop the workers first.

        A crash leaves either the old content or the new. Returns the name under which a file that
        SQLite cannot read was kept, else None. Raises QueueBusyError if a connection is open.
        """
        return restore(self.db, path)

    def integrity_check(self) -> list[str]:
        """Return one line for each problem in the database file, or an empty list."""
        return maintenance.integrity_check(self.db)

    def close(self) -> None:
        """Close the connections of all threads. Later use raises QueueClosedError."""
        self.db.close()

    def vacuum(self) -> None:
        """Free unused space and refresh SQLite's statistics; best while the queue is quiet."""
        maintenance.vacuum(self.db)
