"""Heartbeats of workers, and logs of tasks."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from .clock import floor_text
from .database import QueueDatabase
from .exceptions import QueueIntegrityError, TaskNotFoundError
from .inputs import capabilities_json, check_age, check_name, json_text, readable
from .models import TaskLog, Worker
from .session import Session

_HEARTBEAT = """
    INSERT INTO workers (worker_id, capabilities, heartbeat_utc) VALUES (?, ?, ?)
    ON CONFLICT (worker_id) DO UPDATE
    SET capabilities = excluded.capabilities, heartbeat_utc = excluded.heartbeat_utc
"""
_STALE = """
    SELECT worker_id, capabilities, heartbeat_utc FROM workers
    WHERE heartbeat_utc < ? ORDER BY heartbeat_utc, worker_id
"""
_LOG = """
    INSERT INTO task_logs (task_id, at_utc, level, message, details)
    VALUES (?, ?, ?, ?, ?) RETURNING log_id
"""
_LOGS = """
    SELECT log_id, task_id, at_utc, level, message, details FROM task_logs
    WHERE task_id = ? ORDER BY log_id
"""


def heartbeat(
    db: QueueDatabase, worker_id: str, capabilities: Mapping[str, Any] | None = None
) -> Worker:
    """Record a worker's heartbeat and its capabilities."""
    name, offered = check_name("worker_id", worker_id), capabilities_json(capabilities)

    def beat(session: Session) -> str:
        now = db.now_text()
        session.run(_HEARTBEAT, (name, offered, now))
        return now

    return Worker(worker_id=name, capabilities=offered, heartbeat_utc=db.write(beat))


def stale_workers(db: QueueDatabase, older_than: float) -> list[Worker]:
    """Return the workers with a last heartbeat more than `older_than` seconds ago."""
    limit = floor_text(db.now() - check_age("older_than", older_than))
    return [
        Worker(worker_id=name, capabilities=capabilities, heartbeat_utc=moment)
        for name, capabilities, moment in db.autocommit(_STALE, (limit,))
    ]


def forget_worker(db: QueueDatabase, worker_id: str) -> bool:
    """Remove a worker from the list. Return False if it is not on the list."""
    sql = "DELETE FROM workers WHERE worker_id = ? RETURNING 1"
    return bool(db.autocommit(sql, (check_name("worker_id", worker_id),)))


def write_log(db: QueueDatabase, task_id: int, level: str, message: str, details: Any) -> int:
    """Write a line to a task's log and return its number."""
    stored = None if details is None else json_text("details", details)
    values = (check_name("level", level), readable(message), stored)
    try:
        rows = db.autocommit(_LOG, lambda: (task_id, db.now_text(), *values))
    except QueueIntegrityError as error:
        code = getattr(error.__cause__, "sqlite_errorcode", None)
        if code != sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            raise
        raise TaskNotFoundError(
            f"task_id={task_id!r}: no such task; it may have been purged"
        ) from error
    if not rows:
        raise QueueIntegrityError(
            "a trigger of this database ignored the new line; nothing was changed"
        )
    return int(rows[0][0])


def read_logs(db: QueueDatabase, task_id: int) -> list[TaskLog]:
    """Return a task's log, the oldest line first."""
    names = ("log_id", "task_id", "at_utc", "level", "message", "details")
    rows = db.autocommit(_LOGS, (task_id,))
    return [TaskLog.from_dict(dict(zip(names, row, strict=True))) for row in rows]
