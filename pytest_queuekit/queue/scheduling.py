"""Claims in four orders, each atomic, and as fast with a million tasks as with ten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .claim_sql import FIFO, LIFO, PRIORITY, ClaimSql, claim_sql
from .claims import ByRace, Claim, InOrder, Taking
from .config import LEASE_SECONDS
from .database import QueueDatabase, checked_database
from .exceptions import QueueSchemaError
from .inputs import BATCH_LIMIT, capabilities_json, check_lease_seconds, check_name, check_whole
from .models import Task
from .race_sql import RaceSql, race_sql
from .routing import NO_CAPABILITIES
from .schema import create_on_demand
from .strategies import SchedulingStrategy, checked_strategy

STATEMENTS: dict[SchedulingStrategy, tuple[ClaimSql, ClaimSql] | tuple[RaceSql, RaceSql]] = {
    SchedulingStrategy.FIFO: (claim_sql(FIFO, routed=False), claim_sql(FIFO, routed=True)),
    SchedulingStrategy.LIFO: (claim_sql(LIFO, routed=False), claim_sql(LIFO, routed=True)),
    SchedulingStrategy.PRIORITY: (
        claim_sql(PRIORITY, routed=False),
        claim_sql(PRIORITY, routed=True),
    ),
    SchedulingStrategy.WEIGHTED_RANDOM: (race_sql(routed=False), race_sql(routed=True)),
}
"""The statements of a strategy, for workers without and with capabilities."""
_INDEXES = {
    SchedulingStrategy.FIFO: ("task_arrival",),
    SchedulingStrategy.LIFO: ("task_arrival",),
    SchedulingStrategy.PRIORITY: (),
    SchedulingStrategy.WEIGHTED_RANDOM: ("task_race", "task_race_entry"),
}
"""The indexes that the first claim of a strategy creates."""


class TaskClaimer:
    """Claims tasks in one order. Created by TaskClaimerFactory; threads may share it."""

    def __init__(self, strategy: SchedulingStrategy, db: QueueDatabase) -> None:
        self.strategy = strategy
        self._db = checked_database(db)
        self._plain, self._routed = map(_taking, STATEMENTS[strategy])
        self._was_empty = False

    def claim_task(
        self,
        worker_id: str,
        capabilities: Mapping[str, Any] | None,
        lease_seconds: float = LEASE_SECONDS,
    ) -> Task | None:
        """Claim the next due task that the worker may take; return None if there is none.

        Lapsed leases are reclaimed first. The lease lasts at least `lease_seconds` from the moment
        at which the claim has the lock; its end is rounded up to a whole second. Raises
        QueueInputError for invalid arguments. Raises QueueBusyError, and never returns None
        instead, if the database stays locked.
        """
        claim = self._checked(worker_id, capabilities, lease_seconds)
        try:
            return self._next(claim)
        except QueueSchemaError:
            self._create_indexes()
        return self._next(claim)

    def claim_tasks(
        self,
        worker_id: str,
        capabilities: Mapping[str, Any] | None,
        lease_seconds: float,
        limit: int,
    ) -> list[Task]:
        """Claim the next tasks, at most `limit`, in order and in one transaction."""
        check_whole("limit", limit, 1, BATCH_LIMIT)
        claim = self._checked(worker_id, capabilities, lease_seconds)
        try:
            return self._after_upkeep(claim, limit)
        except QueueSchemaError:
            self._create_indexes()
        return self._after_upkeep(claim, limit)

    def may_find_task(self, capabilities: str) -> bool:
        """Return True if a task may be ready, lapsed or due; take no lock.

        capabilities: JSON object of the worker's capabilities.
        """
        taking = self._routed if capabilities != NO_CAPABILITIES else self._plain
        return bool(self._db.autocommit(taking.probe, (self._db.now_text(), capabilities))[0][0])

    def _checked(
        self, worker_id: str, capabilities: Mapping[str, Any] | None, lease_seconds: float
    ) -> Claim:
        return Claim(
            self._db,
            check_name("worker_id", worker_id),
            check_lease_seconds(lease_seconds),
            capabilities_json(capabilities),
        )

    def _next(self, claim: Claim) -> Task | None:
        # An idle worker reads before it takes the write lock.
        if self._was_empty and not self._might_succeed(claim):
            return None
        task = self._taking(claim).fast(claim) or next(iter(self._after_upkeep(claim, 1)), None)
        self._was_empty = task is None
        return task

    def _after_upkeep(self, claim: Claim, limit: int) -> list[Task]:
        """Reclaim lapsed tasks and promote due tasks, then claim the next tasks."""
        taking = self._taking(claim)
        while self._might_succeed(claim):
            tasks, is_all = self._db.write(
                lambda session: taking.after_upkeep(session, claim, limit)
            )
            if tasks or is_all:
                return tasks
        return []

    def _might_succeed(self, claim: Claim) -> bool:
        return self.may_find_task(claim.capabilities)

    def _taking(self, claim: Claim) -> Taking:
        return self._plain if claim.capabilities == NO_CAPABILITIES else self._routed

    def _create_indexes(self) -> None:
        """Create the missing indexes of this strategy, unless another thread was faster."""
        names = _INDEXES[self.strategy]
        if isinstance(self._plain, ByRace):
            self._plain.prepare(self._db)
        self._db.write(lambda session: create_on_demand(session.conn, names))


def _taking(sql: ClaimSql | RaceSql) -> Taking:
    return ByRace(sql) if isinstance(sql, RaceSql) else InOrder(sql)


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
        return _CLAIMERS[checked_strategy(strategy)](db)
