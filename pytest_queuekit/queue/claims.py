"""One claim: takes the next ready task, or first does the upkeep that makes tasks ready."""

from __future__ import annotations

import math
import sqlite3
from typing import Any, Protocol

from .claim_sql import RETURNED, TAKE, ClaimSql
from .clock import ceil_text, floor_text
from .database import QueueDatabase
from .exceptions import QueueIntegrityError
from .models import TASK_FIELDS, Task
from .race_sql import ENTER, ENTER_RANGE, IS_READY_TO_START, RaceSql
from .session import Session
from .upkeep import CHUNK, ignored, promote_due, reclaim_lapsed, refuse_ignored, remove_ends

_DAY = 86_400_000
_DAYS_TO_1970 = 210_866_760_000_000
"""Both in milliseconds, SQLite's unit of time."""
_LAST_OF_CHUNK = """
    SELECT max(id) FROM (
        SELECT id FROM task_queue WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 5000)
"""
_LEASED: dict[str, Any] = dict.fromkeys(TASK_FIELDS) | {"status": "leased"}
"""The values of a claimed task, before those that the claim reads and those that it knows."""


class Claim:
    """The checked arguments of a claim, and its moment.

    worker_id: claims the task. lease_seconds: the least time that the worker holds it.
    capabilities: JSON object of the worker's capabilities.
    """

    def __init__(
        self, db: QueueDatabase, worker_id: str, lease_seconds: float, capabilities: str
    ) -> None:
        self.db = db
        self.worker_id = worker_id
        self.lease_seconds = lease_seconds
        self.capabilities = capabilities
        self._now = self._until = ""

    def parameters(self) -> tuple[Any, ...]:
        """Read the clock, and return the parameters of a claim. Call this under the lock."""
        now = self.db.now()
        self._now, self._until = floor_text(now), ceil_text(now + self.lease_seconds)
        return self._now, self.capabilities, self.worker_id, self._until

    def parameters_before_lock(self) -> tuple[Any, ...]:
        """Return the parameters, and the latest moment from which the lease is long enough."""
        now = self.db.now()
        end = now + self.lease_seconds
        self._now, self._until = floor_text(now), ceil_text(end)
        latest = math.floor((math.ceil(end) - self.lease_seconds) * 1000)
        day = (latest + _DAYS_TO_1970) / _DAY
        return self._now, self.capabilities, self.worker_id, self._until, day

    def task(self, row: tuple[Any, ...]) -> Task:
        """Return the claimed task, made from the columns that the claim returned."""
        values = _LEASED.copy()
        values.update(zip(RETURNED, row, strict=True))
        values["locked_by"] = self.worker_id
        values["lease_until_utc"] = self._until
        values["reserved_at_utc"] = values["processing_started_utc"] = self._now
        values["updated_at_utc"] = self._now
        return Task.from_values(values)


class Taking(Protocol):
    """How the claims of one strategy take tasks."""

    probe: str
    """SQL that returns 1 if a claim may find a task."""

    def fast(self, claim: Claim) -> Task | None:
        """Claim the next ready task, unless the queue needs upkeep first."""
        ...

    def after_upkeep(self, session: Session, claim: Claim, limit: int) -> tuple[list[Task], bool]:
        """Return the next tasks, and True if the claim considered the whole queue."""
        ...


class InOrder:
    """Takes tasks by FIFO, LIFO or PRIORITY."""

    def __init__(self, sql: ClaimSql) -> None:
        self.probe = sql.probe
        self._sql = sql

    def fast(self, claim: Claim) -> Task | None:
        """Claim the next ready task, unless the queue needs upkeep first."""
        rows = claim.db.autocommit(self._sql.fast, claim.parameters_before_lock)
        return claim.task(rows[0]) if rows else None

    def after_upkeep(self, session: Session, claim: Claim, limit: int) -> tuple[list[Task], bool]:
        """Return the next tasks, and True if the claim considered the whole queue."""
        now = claim.db.now_text()
        if remove_ends(session) == CHUNK:
            return [], False
        all_reclaimed = reclaim_lapsed(session, now) < CHUNK
        all_promoted = promote_due(session, now) < CHUNK
        # After a standstill, promoting more tasks first is faster than merging all of them.
        if not all_promoted and session.run(self._sql.crowded, (now,))[0][0]:
            return [], False
        if not all_promoted:
            take, head = self._sql.merged, self._sql.merged_head
            return self._each(session, claim, limit, take, head), all_reclaimed
        if self._sql.batch:
            tasks = self._batch(session, claim, limit)
        else:
            tasks = self._each(session, claim, limit, self._sql.plain, self._sql.plain_head)
        if not tasks and all_reclaimed:
            refuse_ignored(session, now)
        return tasks, all_reclaimed

    @staticmethod
    def _each(session: Session, claim: Claim, limit: int, take: str, head: str) -> list[Task]:
        tasks: list[Task] = []
        while len(tasks) < limit:
            parameters = claim.parameters()
            rows = session.run(take, parameters)
            if not rows:
                _refuse_left(session, head, parameters)
                break
            tasks.append(claim.task(rows[0]))
        return tasks

    def _batch(self, session: Session, claim: Claim, limit: int) -> list[Task]:
        parameters = claim.parameters()
        rows = session.run(self._sql.batch_rows, (*parameters, limit))
        if session.change(self._sql.batch, (*parameters, limit)) < len(rows):
            _refuse_left(session, self._sql.plain_head, parameters)
        return list(map(claim.task, rows))


def _refuse_left(session: Session, head: str, parameters: tuple[Any, ...]) -> None:
    """Raise QueueIntegrityError if a claim has left a task that it may take."""
    for (task_id,) in session.run(head, parameters[:2]):
        raise _ignored(task_id)


class ByRace:
    """Takes tasks by WEIGHTED_RANDOM."""

    def __init__(self, sql: RaceSql) -> None:
        self.probe = sql.probe
        self._sql = sql

    def fast(self, claim: Claim) -> Task | None:
        """Claim the winner, unless the queue needs upkeep first."""

        def take(session: Session) -> Task | None:
            is_ready = session.run(IS_READY_TO_START, (claim.db.now_text(),))[0][0]
            return self._take(session, claim) if is_ready else None

        return claim.db.write(take)

    def after_upkeep(self, session: Session, claim: Claim, limit: int) -> tuple[list[Task], bool]:
        """Return the next tasks, and True if the claim considered the whole queue."""
        now = claim.db.now_text()
        is_all = (
            remove_ends(session) < CHUNK
            and reclaim_lapsed(session, now) < CHUNK
            and promote_due(session, now) < CHUNK
            and session.change(ENTER, (CHUNK,)) < CHUNK
        )
        tasks: list[Task] = []
        while is_all and len(tasks) < limit and (task := self._take(session, claim)):
            tasks.append(task)
        if is_all and not tasks:
            refuse_ignored(session, now)
        return tasks, is_all

    @staticmethod
    def prepare(db: QueueDatabase) -> None:
        """Let all ready tasks enter, ten times as fast as with the indexes of the race."""
        before, end = db.autocommit(
            "SELECT (SELECT min(id) FROM task_queue), (SELECT max(id) FROM task_queue)"
        )[0]
        while before is not None:
            last = db.autocommit(_LAST_OF_CHUNK, (before, end))[0][0]
            ids = (before, last)
            db.write(lambda session, ids=ids: session.change(ENTER_RANGE, ids))  # type: ignore[misc] # bound ids
            # In a damaged table the walk may return to a task, and it must end.
            before = last if last is not None and last > before else None

    def _take(self, session: Session, claim: Claim) -> Task | None:
        winner = session.run(self._sql.winner, (None, claim.capabilities))[0][0]
        if winner is None:
            return None
        try:
            session.run(self._sql.advance, (winner, claim.capabilities))
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_NOTNULL:
                raise
            raise _ignored(winner) from error  # the task has no draw
        rows = session.run(TAKE, (*claim.parameters(), winner))
        if not rows:
            raise _ignored(winner)
        return claim.task(rows[0])


def _ignored(task_id: int) -> QueueIntegrityError:
    return ignored(f"the claim of task {task_id}")
