"""Heartbeats of workers, and logs of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg import errors

from ..exceptions import QueueIntegrityError, TaskNotFoundError
from ..inputs import capabilities_json, check_age, check_name, json_text, readable
from ..models import TaskLog, Worker
from .database import PostgresDatabase
from .statements import FLOOR_NOW, text_of

_HEARTBEAT = f"""
    INSERT INTO $queue.workers AS worker (worker_id, capabilities, heartbeat_utc)
    VALUES (%(worker)s, %(capabilities)s, {FLOOR_NOW})
    ON CONFLICT (worker_id) DO UPDATE
    SET capabilities = excluded.capabilities, heartbeat_utc = excluded.heartbeat_utc
    RETURNING {text_of("worker.heartbeat_utc")}
"""
_STALE = f"""
    SELECT worker_id, capabilities, {text_of("heartbeat_utc")} FROM $queue.workers
    WHERE heartbeat_utc
        < (SELECT date_trunc('second', $now - %(age)s::float8 * interval '1 second'))
    ORDER BY heartbeat_utc, worker_id
"""
_FORGET = "DELETE FROM $queue.workers WHERE worker_id = %(worker)s"
_LOG = f"""
    INSERT INTO $queue.task_logs (task_id, at_utc, level, message, details)
    VALUES (%(id)s, {FLOOR_NOW}, %(level)s, %(message)s, %(details)s) RETURNING log_id
"""
_LOGS = f"""
    SELECT log_id, task_id, {text_of("at_utc")}, level, message, details FROM $queue.task_logs
    WHERE task_id = %(id)s ORDER BY log_id
"""


def heartbeat(
    db: PostgresDatabase, worker_id: str, capabilities: Mapping[str, Any] | None = None
) -> Worker:
    """Record a worker's heartbeat and its capabilities."""
    name, offered = check_name("worker_id", worker_id), capabilities_json(capabilities)
    rows = db.run(_HEARTBEAT, {"worker": name, "capabilities": offered})
    return Worker(worker_id=name, capabilities=offered, heartbeat_utc=rows[0][0])


def stale_workers(db: PostgresDatabase, older_than: float) -> list[Worker]:
    """Return the workers with a last heartbeat more than `older_than` seconds ago."""
    rows = db.read(_STALE, {"age": check_age("older_than", older_than)})
    return [
        Worker(worker_id=name, capabilities=capabilities, heartbeat_utc=moment)
        for name, capabilities, moment in rows
    ]


def forget_worker(db: PostgresDatabase, worker_id: str) -> bool:
    """Remove a worker from the list. Return False if it is not on the list."""
    return bool(db.change(_FORGET, {"worker": check_name("worker_id", worker_id)}))


def write_log(db: PostgresDatabase, task_id: int, level: str, message: str, details: Any) -> int:
    """Write a line to a task's log and return its number."""
    stored = None if details is None else json_text("details", details)
    values = {
        "id": task_id,
        "level": check_name("level", level),
        "message": readable(message),
        "details": stored,
    }
    try:
        return int(db.run(_LOG, values)[0][0])
    except QueueIntegrityError as error:
        if not isinstance(error.__cause__, errors.ForeignKeyViolation):
            raise
        raise TaskNotFoundError(
            f"task_id={task_id!r}: no such task; it may have been purged"
        ) from error


def read_logs(db: PostgresDatabase, task_id: int) -> list[TaskLog]:
    """Return a task's log, the oldest line first."""
    names = ("log_id", "task_id", "at_utc", "level", "message", "details")
    rows = db.read(_LOGS, {"id": task_id})
    return [TaskLog.from_dict(dict(zip(names, row, strict=True))) for row in rows]
