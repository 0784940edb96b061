"""Claims in four orders, each atomic, and as fast with a million tasks as with ten."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any

from .claim_sql import ADVANCE_RACE, ADVANCE_RACES, RACE, ClaimOrder, claim_sql
from .clock import ceil_text, floor_text
from .config import LEASE_SECONDS
from .database import QueueDatabase
from .exceptions import QueueInputError
from .inputs import BATCH_LIMIT, capabilities_json, check_lease_seconds, check_name, check_whole
from .messages import shown
from .models import Task
from .routing import NO_CAPABILITIES
from .session import Session
from .upkeep import CHUNK, promote_due, reclaim_lapsed


class SchedulingStrategy(enum.Enum):
    """The order in which a worker gets tasks; each worker may choose its own."""

    FIFO = "fifo"
    """The task enqueued first."""
    LIFO = "lifo"
    """The task enqueued last."""
    PRIORITY = "priority"
    """The lowest priority number; among equals the task enqueued first."""
    WEIGHTED_RANDOM = "weighted_random"
    """Any task, with a probability proportional to 1 / (priority + 1): no task starves."""


_ORDERS = {
    SchedulingStrategy.FIFO: ClaimOrder(
        ready="ready_arrival", pending="pending_arrival", key=("id",)
    ),
    SchedulingStrategy.LIFO: ClaimOrder(
        ready="ready_arrival", pending="pending_arrival", key=("id",), backwards=True
    ),
    SchedulingStrategy.PRIORITY: ClaimOrder(
        ready="ready_priority", pending="pending_priority", key=("priority", "id")
    ),
    SchedulingStrategy.WEIGHTED_RANDOM: RACE,
}
STATEMENTS = {
    strategy: (claim_sql(order, routed=False), claim_sql(order, routed=True))
    for strategy, order in _ORDERS.items()
}
"""The statements of a strategy, for workers without and with capabilities."""


class TaskClaimer:
    """Claims tasks in one order. Created by TaskClaimerFactory; threads may share it."""

    def __init__(self, strategy: SchedulingStrategy, db: QueueDatabase) -> None:
        self.strategy = strategy
        self._db = db
        self._is_race = strategy is SchedulingStrategy.WEIGHTED_RANDOM
        self._plain, self._routed = STATEMENTS[strategy]
        self._was_empty = False

    def claim_task(
        self,
        worker_id: str,
        capabilities: Mapping[str, Any] | None,
        lease_seconds: float = LEASE_SECONDS,
    ) -> Task | None:
        """Claim the next due task that the worker may take; return None if there is none.

        Lapsed leases are reclaimed first. The lease lasts at least `lease_seconds`; its end is
        rounded up to a whole second. Raises QueueInputError for invalid arguments. Raises
        QueueBusyError, and never returns None instead, if the database stays locked.
        """
        claim = _Claim(self, worker_id, capabilities, lease_seconds)
        # An idle worker reads before it takes the write lock.
        if self._was_empty and not claim.might_succeed():
            return None
        task = claim.fast() or next(iter(claim.thorough(1)), None)
        self._was_empty = task is None
        return task

    def claim_tasks(
        self,
        worker_id: str,
        capabilities: Mapping[str, Any] | None,
        lease_seconds: float,
        limit: int,
    ) -> list[Task]:
        """Claim the next tasks, at most `limit`, in order and in one transaction."""
        check_whole("limit", limit, 1, BATCH_LIMIT)
        claim = _Claim(self, worker_id, capabilities, lease_seconds)
        return claim.thorough(limit)


class _Claim:
    """One call of a claimer, with checked arguments."""

    def __init__(
        self,
        claimer: TaskClaimer,
        worker_id: str,
        capabilities: Mapping[str, Any] | None,
        lease_seconds: float,
    ) -> None:
        self._db = claimer._db
        self._is_race = claimer._is_race
        self._worker_id = check_name("worker_id", worker_id)
        self._lease_seconds = check_lease_seconds(lease_seconds)
        self._capabilities = capabilities_json(capabilities)
        is_plain = self._capabilities == NO_CAPABILITIES
        self._sql = claimer._plain if is_plain else claimer._routed
        self._advance = ADVANCE_RACE if is_plain else ADVANCE_RACES

    def might_succeed(self) -> bool:
        """Return True if a task may be ready, lapsed or due; take no lock."""
        return bool(self._db.autocommit(self._sql.probe, self._arguments())[0][0])

    def fast(self) -> Task | None:
        """Claim the next ready task, unless a pending task is due or a lease has lapsed."""
        if self._is_race:
            return self._db.write(lambda session: self._take(session, self._sql.fast))
        rows = self._db.autocommit(self._sql.fast, self._arguments())
        return Task.from_columns(rows[0]) if rows else None

    def thorough(self, limit: int) -> list[Task]:
        """Reclaim lapsed tasks and promote due tasks, then claim the next tasks."""
        while self.might_succeed():
            tasks, is_all = self._db.write(lambda session: self._after_upkeep(session, limit))
            if tasks or is_all:
                return tasks
        return []

    def _after_upkeep(self, session: Session, limit: int) -> tuple[list[Task], bool]:
        """Return the claimed tasks, and True if the claim considered the whole queue."""
        now = self._db.now_text()
        all_reclaimed = reclaim_lapsed(session, now) < CHUNK
        all_promoted = promote_due(session, now) < CHUNK
        # After a standstill, promoting more tasks first is faster than merging all of them.
        if (
            not (all_promoted or self._is_race)
            and session.run(self._sql.crowded, self._arguments())[0][0]
        ):
            return [], False
        # A task has no draw before its promotion, so a race cannot merge pending tasks.
        sql = self._sql.plain if all_promoted or self._is_race else self._sql.merged
        tasks: list[Task] = []
        while len(tasks) < limit and (task := self._take(session, sql)):
            tasks.append(task)
        return tasks, all_reclaimed and (all_promoted or not self._is_race)

    def _take(self, session: Session, sql: str) -> Task | None:
        rows = session.run(sql, self._arguments())
        if not rows:
            return None
        task = Task.from_columns(rows[0])
        if self._is_race:
            session.run(self._advance, {"id": task.id, "capabilities": self._capabilities})
        return task

    def _arguments(self) -> dict[str, str]:
        now = self._db.now()
        return {
            "now": floor_text(now),
            "until": ceil_text(now + self._lease_seconds),
            "worker": self._worker_id,
            "capabilities": self._capabilities,
        }


class FIFOTaskClaimer(TaskClaimer):
    """Claims the task enqueued first."""

    def __init__(self, db: QueueDatabase) -> None:
        super().__init__(SchedulingStrategy.FIFO, db)


class LIFOTaskClaimer(TaskClaimer):
    """Claims the task enqueued last."""

    def __init__(self, db: QueueDatabase) -> None:
        super().__init__(SchedulingStrategy.LIFO, db)


class PriorityTaskClaimer(TaskClaimer):
    """Claims the task with the lowest priority number, among equals the one enqueued first."""

    def __init__(self, db: QueueDatabase) -> None:
        super().__init__(SchedulingStrategy.PRIORITY, db)


class WeightedRandomTaskClaimer(TaskClaimer):
    """Claims any task, with a probability proportional to 1 / (priority + 1)."""

    def __init__(self, db: QueueDatabase) -> None:
        super().__init__(SchedulingStrategy.WEIGHTED_RANDOM, db)


_CLAIMERS: dict[SchedulingStrategy, Callable[[QueueDatabase], TaskClaimer]] = {
    SchedulingStrategy.FIFO: FIFOTaskClaimer,
    SchedulingStrategy.LIFO: LIFOTaskClaimer,
    SchedulingStrategy.PRIORITY: PriorityTaskClaimer,
    SchedulingStrategy.WEIGHTED_RANDOM: WeightedRandomTaskClaimer,
}


class TaskClaimerFactory:
    """Creates the claimer of a strategy."""

    @staticmethod
    def create(strategy: SchedulingStrategy, db: QueueDatabase) -> TaskClaimer:
        """Return a claimer. Raises QueueInputError if `strategy` is not a
        SchedulingStrategy."""
        if not isinstance(strategy, SchedulingStrategy):
            names = ", ".join(f"SchedulingStrategy.{member.name}" for member in SchedulingStrategy)
            raise QueueInputError(f"strategy={shown(strategy)}: must be one of {names}")
        return _CLAIMERS[strategy](db)
