"""PostgresTaskQueue: the whole life of a task on PostgreSQL, with the API of every engine."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..claimed import check_claimed
from ..config import (
    DEFAULT_PRIORITY,
    LEASE_SECONDS,
    MAX_ATTEMPTS,
    MAX_COMPATIBILITY_BYTES,
    MAX_PAYLOAD_BYTES,
    STALE_AFTER_SECONDS,
)
from ..counts import QueueStats
from ..exceptions import QueueInputError, TaskNotFoundError
from ..idle import check_timeout, wait_until
from ..inputs import (
    BATCH_LIMIT,
    SizeLimits,
    capabilities_json,
    check_delay,
    check_lease_seconds,
    check_name,
    check_task_id,
    check_whole,
)
from ..messages import shown
from ..models import Task, TaskLog, Worker
from ..new_tasks import checked_common, checked_content, checked_contents
from ..protocol import Queue
from ..retention import KEEP_SECONDS, PURGED, SweepResult
from ..retry import RetryPolicy, checked_policy
from ..strategies import SchedulingStrategy, checked_strategy
from . import acknowledge, claims, maintenance, workers
from .database import PostgresDatabase
from .enqueueing import insert, insert_many
from .statements import ENDED, columns_of
from .stats import read_stats

_GET = f"SELECT {columns_of('task')} FROM $queue.task_queue AS task WHERE id = %(id)s"
_DEAD_LETTERS = f"""
    SELECT {columns_of("task")} FROM $queue.task_queue AS task
    WHERE {ENDED} AND status = 'failed' ORDER BY completed_at_utc DESC, id DESC LIMIT %(limit)s
"""


class PostgresTaskQueue(Queue):
    """A task queue in a PostgresDatabase. Threads may share it.

    db: the schema with the tasks. The other options are those of TaskQueue.

    Calls inside `with db.transaction():` take part in that transaction. A claim inside it may keep
    other claims waiting until the transaction ends.
    """

    KEY_HELD = "for ever"

    def __init__(
        self,
        db: PostgresDatabase,
        *,
        retry: RetryPolicy | None = None,
        rng: random.Random | None = None,
        max_payload_bytes: int = MAX_PAYLOAD_BYTES,
        max_compatibility_bytes: int = MAX_COMPATIBILITY_BYTES,
    ) -> None:
        if not isinstance(db, PostgresDatabase):
            raise QueueInputError(
                f"db={shown(db)}: must be a PostgresDatabase; pass PostgresDatabase(url)"
            )
        self.db = db
        self.retry = RetryPolicy() if retry is None else checked_policy(retry)
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, no secret
        self._limits = SizeLimits(payload=max_payload_bytes, compatibility=max_compatibility_bytes)

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
        claim = _checked_claim(worker_id, capabilities, lease_seconds, strategy)
        return claims.claim_next(self.db, claim)

    def claim_many(
        self,
        worker_id: str,
        capabilities: Mapping[str, Any] | None = None,
        *,
        limit: int,
        lease_seconds: float = LEASE_SECONDS,
        strategy: SchedulingStrategy = SchedulingStrategy.PRIORITY,
    ) -> list[Task]:
        check_whole("limit", limit, 1, BATCH_LIMIT)
        claim = _checked_claim(worker_id, capabilities, lease_seconds, strategy)
        return claims.claim_batch(self.db, claim, limit)

    def wait(self, timeout: float, capabilities: Mapping[str, Any] | None = None) -> bool:
        seconds, offered = check_timeout(timeout), capabilities_json(capabilities)
        with self.db.listening() as pause:
            return wait_until(lambda: claims.may_find_task(self.db, offered), seconds, pause)

    # -- acknowledge --------------------------------------------------------------------------

    def complete(self, task: Task, result: Any = None) -> Task:
        return acknowledge.complete(self.db, task, result)

    def complete_many(self, tasks: Iterable[Task], results: Iterable[Any] = ()) -> list[Task]:
        return acknowledge.complete_many(self.db, tasks, results)

    def fail(self, task: Task, error: object, *, retry: bool = True) -> Task:
        check_claimed(task)
        wait = self.retry.delay(task.attempts + 1, self._rng)
        return acknowledge.fail(self.db, task, error, retry=retry, wait=wait)

    def extend(self, task: Task, lease_seconds: float = LEASE_SECONDS) -> Task:
        return acknowledge.extend(self.db, task, lease_seconds)

    def release(self, task: Task) -> Task:
        return acknowledge.release(self.db, task)

    def cancel(self, task_id: int) -> bool:
        return acknowledge.cancel(self.db, check_task_id(task_id))

    def requeue(self, task_id: int) -> Task:
        return acknowledge.requeue(self.db, check_task_id(task_id))

    def reclaim(self) -> int:
        return maintenance.reclaim(self.db)

    # -- read ---------------------------------------------------------------------------------

    def get(self, task_id: int) -> Task:
        rows = self.db.read(_GET, {"id": check_task_id(task_id)})
        if not rows:
            raise TaskNotFoundError(f"task_id={task_id!r}: no such task; it may have been purged")
        return Task.from_columns(rows[0])

    def dead_letters(self, limit: int = 100) -> list[Task]:
        check_whole("limit", limit, 1, BATCH_LIMIT)
        return [Task.from_columns(row) for row in self.db.read(_DEAD_LETTERS, {"limit": limit})]

    def stats(self) -> QueueStats:
        return read_stats(self.db)

    # -- workers and logs ---------------------------------------------------------------------

    def heartbeat(self, worker_id: str, capabilities: Mapping[str, Any] | None = None) -> Worker:
        return workers.heartbeat(self.db, worker_id, capabilities)

    def stale_workers(self, older_than: float = STALE_AFTER_SECONDS) -> list[Worker]:
        return workers.stale_workers(self.db, older_than)

    def forget_worker(self, worker_id: str) -> bool:
        return workers.forget_worker(self.db, worker_id)

    def log(self, task_id: int, level: str, message: str, details: Any = None) -> int:
        return workers.write_log(self.db, check_task_id(task_id), level, message, details)

    def logs(self, task_id: int) -> list[TaskLog]:
        return workers.read_logs(self.db, check_task_id(task_id))

    # -- maintenance --------------------------------------------------------------------------

    def purge(self, older_than: float = KEEP_SECONDS, *, statuses: Sequence[str] = PURGED) -> int:
        return maintenance.purge(self.db, older_than, statuses)

    def archive(self, older_than: float = KEEP_SECONDS, *, statuses: Sequence[str] = PURGED) -> int:
        return maintenance.archive(self.db, older_than, statuses)

    def sweep(self) -> SweepResult:
        return maintenance.sweep(self.db)

    def integrity_check(self) -> list[str]:
        return maintenance.integrity_check(self.db)

    def close(self) -> None:
        self.db.close()


def _checked_claim(
    worker_id: str,
    capabilities: Mapping[str, Any] | None,
    lease_seconds: float,
    strategy: SchedulingStrategy,
) -> claims.Claim:
    return claims.Claim(
        worker=check_name("worker_id", worker_id),
        lease=check_lease_seconds(lease_seconds),
        capabilities=capabilities_json(capabilities),
        strategy=checked_strategy(strategy),
    )
