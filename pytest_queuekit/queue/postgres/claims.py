"""Claims: takes the next ready task, or first does the upkeep that makes tasks ready."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..models import Task
from ..routing import NO_CAPABILITIES, serves
from ..strategies import SchedulingStrategy
from .claim_sql import ROUTES, ClaimSql, claim_sql
from .database import PostgresDatabase
from .race import claim_by_race
from .statements import READY
from .upkeep import CHUNK, NEEDS, promote_due, reclaim_lapsed

_KEYS: dict[SchedulingStrategy, tuple[str, ...]] = {
    SchedulingStrategy.FIFO: ("id",),
    SchedulingStrategy.LIFO: ("id DESC",),
    SchedulingStrategy.PRIORITY: ("priority", "id"),
}
_PLAIN = {strategy: claim_sql(*keys, routed=False) for strategy, keys in _KEYS.items()}
_ROUTED = {strategy: claim_sql(*keys, routed=True) for strategy, keys in _KEYS.items()}
_SORTED: dict[SchedulingStrategy, Callable[[Task], Any]] = {
    SchedulingStrategy.FIFO: lambda task: task.id,
    SchedulingStrategy.LIFO: lambda task: -task.id,
    SchedulingStrategy.PRIORITY: lambda task: (task.priority, task.id),
}


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The checked arguments of a claim.

    worker: claims the tasks. lease: the least seconds that the worker holds them.
    capabilities: JSON object of the worker's capabilities. strategy: the order of the tasks.
    """

    worker: str
    lease: float
    capabilities: str
    strategy: SchedulingStrategy

    def parameters(self, db: PostgresDatabase) -> dict[str, Any]:
        """Return the parameters of the statements, with the routes that the worker may serve."""
        parameters: dict[str, Any] = {"worker": self.worker, "lease": self.lease}
        if self.is_routed:
            parameters["routes"] = served_routes(db, self.capabilities)
        return parameters

    @property
    def is_routed(self) -> bool:
        """True if the worker has capabilities."""
        return self.capabilities != NO_CAPABILITIES


def served_routes(db: PostgresDatabase, capabilities: str) -> list[str]:
    """Return the routes with ready tasks that a worker may serve."""
    return [
        route for route, needed in db.read(ROUTES) if serves(str(needed).encode(), capabilities)
    ]


def claim_next(db: PostgresDatabase, claim: Claim) -> Task | None:
    """Claim the next task; return None after a look at the whole queue that found nothing."""
    if claim.strategy is SchedulingStrategy.WEIGHTED_RANDOM:
        return next(iter(_by_race(db, claim, 1)), None)
    sql = _sql_of(claim)
    rows = db.run(sql.fast, claim.parameters(db))
    while not rows:
        upkeep = do_upkeep(db)
        if upkeep.leaves_nothing:
            return None
        parameters = claim.parameters(db)
        rows = db.run(sql.plain, parameters)
        if not rows and claim.is_routed:
            rows = db.run(sql.last, parameters)
        if upkeep.is_all:
            break
    return Task.from_columns(rows[0]) if rows else None


def claim_batch(db: PostgresDatabase, claim: Claim, limit: int) -> list[Task]:
    """Claim the next tasks, at most `limit`, in order and in one transaction."""
    if claim.strategy is SchedulingStrategy.WEIGHTED_RANDOM:
        return _by_race(db, claim, limit)
    sql = _sql_of(claim)
    rows = db.run(sql.batch, claim.parameters(db) | {"limit": limit})
    while not rows:
        upkeep = do_upkeep(db)
        if upkeep.leaves_nothing:
            return []
        rows = db.run(sql.plain_batch, claim.parameters(db) | {"limit": limit})
        if upkeep.is_all:
            break
    return sorted(map(Task.from_columns, rows), key=_SORTED[claim.strategy])


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """What a claim did first.

    leaves_nothing: True if no task was ready, due or lapsed, so that no claim can succeed.
    is_all: False if lapsed tasks are left.
    """

    leaves_nothing: bool
    is_all: bool


def do_upkeep(db: PostgresDatabase) -> Upkeep:
    """Reclaim some lapsed tasks, and promote all due ones.

    A due task may be the next of any order, so a claim cannot go on before all are ready.
    """
    is_lapsed, is_due, is_ready = db.read(NEEDS)[0]
    is_all = not is_lapsed or reclaim_lapsed(db) < CHUNK
    leaves_nothing = not (is_lapsed or is_due or is_ready)
    while is_due:
        is_due = promote_due(db) == CHUNK
    return Upkeep(leaves_nothing=leaves_nothing, is_all=is_all)


_HAS_UNROUTED = f"SELECT EXISTS (SELECT 1 FROM $queue.task_queue WHERE {READY} AND route = '{{}}')"


def may_find_task(db: PostgresDatabase, capabilities: str) -> bool:
    """Return True if a task is lapsed or due, or ready for a worker with these capabilities."""
    is_lapsed, is_due, is_ready = db.read(NEEDS)[0]
    if is_lapsed or is_due or not is_ready:
        return bool(is_lapsed or is_due)
    if capabilities == NO_CAPABILITIES:
        return bool(db.read(_HAS_UNROUTED)[0][0])
    return bool(served_routes(db, capabilities))


def _by_race(db: PostgresDatabase, claim: Claim, limit: int) -> list[Task]:
    while True:
        upkeep = do_upkeep(db)
        if upkeep.leaves_nothing:
            return []
        tasks = claim_by_race(db, claim.parameters(db), limit)
        if tasks or upkeep.is_all:
            return tasks


def _sql_of(claim: Claim) -> ClaimSql:
    return (_ROUTED if claim.is_routed else _PLAIN)[claim.strategy]
