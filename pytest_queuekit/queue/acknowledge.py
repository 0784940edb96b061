"""Acknowledges claimed tasks. Each call is one UPDATE that matches only the holder's claim."""

from __future__ import annotations

from typing import Any

from .clock import ceil_text
from .database import QueueDatabase
from .exceptions import QueueInputError, StaleClaimError, TaskNotFoundError
from .inputs import check_lease_seconds, json_text, readable
from .lottery import DRAW, RACE_TIME
from .messages import kind_of, shown
from .models import TASK_COLUMNS, Task
from .upkeep import READY_IF_DUE

# A claim by other SQL sets no new token, so the worker and the claim time are compared too.
# ?1 now, ?2 id, ?3 token, ?4 worker, ?5 claim time, ?6 onwards the new values.
_HELD = """
    WHERE id = ?2 AND status IN ('leased', 'processing') AND lease_token = ?3
        AND locked_by IS ?4 AND reserved_at_utc IS ?5
"""
_END_LEASE = (
    "lease_token = lease_token + 1, locked_by = NULL, lease_until_utc = NULL, updated_at_utc = ?1"
)
_RETURNING = f" RETURNING {TASK_COLUMNS}"

_COMPLETE = f"""
    UPDATE task_queue
    SET status = 'completed', completed_at_utc = ?1, finished_at_utc = ?1, result = ?6,
        locked_by = NULL, lease_until_utc = NULL, updated_at_utc = ?1
    {_HELD}{_RETURNING}
"""
_FAIL_FOR_GOOD = f"""
    UPDATE task_queue
    SET status = 'failed', attempts = attempts + 1, error_message = ?6,
        completed_at_utc = ?1, finished_at_utc = ?1, {_END_LEASE}
    {_HELD} AND (?7 IS NULL OR attempts + 1 >= max_attempts){_RETURNING}
"""
_RETRY = f"""
    UPDATE task_queue
    SET status = 'queued', attempts = attempts + 1, error_message = ?6, run_after_utc = ?7,
        due_stamp = NULL, {_END_LEASE}
    {_HELD} AND attempts + 1 < max_attempts{_RETURNING}
"""
_EXTEND = f"""
    UPDATE task_queue SET lease_until_utc = max(coalesce(lease_until_utc, ?6), ?6),
        updated_at_utc = ?1
    {_HELD}{_RETURNING}
"""
_RELEASE = f"""
    UPDATE task_queue SET status = 'queued', {_END_LEASE}, {READY_IF_DUE}
    {_HELD}{_RETURNING}
"""
_CANCEL = """
    UPDATE task_queue
    SET status = 'cancelled', completed_at_utc = ?1, finished_at_utc = ?1, updated_at_utc = ?1,
        idempotency_key = NULL
    WHERE id = ?2 AND status = 'queued' RETURNING id
"""
_REQUEUE = f"""
    UPDATE task_queue
    SET status = 'queued', attempts = 0, completed_at_utc = NULL, finished_at_utc = NULL,
        run_after_utc = ?1, due_stamp = ?1, updated_at_utc = ?1,
        race_from = {RACE_TIME}, race_draw = {DRAW}
    WHERE id = ?2 AND status = 'failed'{_RETURNING}
"""


def complete(db: QueueDatabase, task: Task, result: Any) -> Task:
    """Mark a claimed task as completed."""
    stored = None if result is None else json_text("result", result)
    return _acknowledge(db, _COMPLETE, task, stored)


def fail(db: QueueDatabase, task: Task, error: object, *, retry: bool, wait: float) -> Task:
    """Queue a claimed task again after `wait` seconds, or make it a dead letter."""
    run_after = ceil_text(db.now() + wait) if retry else None
    for sql in (_RETRY, _FAIL_FOR_GOOD) if retry else (_FAIL_FOR_GOOD,):
        rows = db.autocommit(sql, (*_claim_of(db, task), readable(error), run_after))
        if rows:
            return Task.from_columns(rows[0])
    raise _stale(db, task)


def extend(db: QueueDatabase, task: Task, lease_seconds: float) -> Task:
    """Extend a lease to end at least `lease_seconds` from now."""
    until = ceil_text(db.now() + check_lease_seconds(lease_seconds))
    return _acknowledge(db, _EXTEND, task, until)


def release(db: QueueDatabase, task: Task) -> Task:
    """Return a claimed task to the queue."""
    return _acknowledge(db, _RELEASE, task)


def cancel(db: QueueDatabase, task_id: int) -> bool:
    """Cancel a queued task. Return False if the task is not queued."""
    if db.autocommit(_CANCEL, (db.now_text(), task_id)):
        return True
    if not db.autocommit("SELECT 1 FROM task_queue WHERE id = ?", (task_id,)):
        raise TaskNotFoundError(f"task_id={task_id!r}: no such task; it may have been purged")
    return False


def requeue(db: QueueDatabase, task_id: int) -> Task:
    """Queue a dead letter again."""
    rows = db.autocommit(_REQUEUE, (db.now_text(), task_id))
    if not rows:
        raise TaskNotFoundError(
            f"task_id={task_id!r}: no dead letter has this id; dead_letters() lists them"
        )
    return Task.from_columns(rows[0])


def _acknowledge(db: QueueDatabase, sql: str, task: Task, *values: object) -> Task:
    rows = db.autocommit(sql, (*_claim_of(db, task), *values))
    if not rows:
        raise _stale(db, task)
    return Task.from_columns(rows[0])


def check_claimed(task: Task) -> None:
    """Raise QueueInputError if `task` is not a Task; its id is not enough."""
    if not isinstance(task, Task):
        raise QueueInputError(
            f"task: must be the Task that claim() returned, not a value of type {kind_of(task)}"
        )


def _claim_of(db: QueueDatabase, task: Task) -> tuple[Any, ...]:
    check_claimed(task)
    return db.now_text(), task.id, task.lease_token, task.locked_by, task.reserved_at_utc


def _stale(db: QueueDatabase, task: Task) -> StaleClaimError:
    held = (
        f"task {shown(task.id)}, lease_token={shown(task.lease_token)}, "
        f"locked_by={shown(task.locked_by)}"
    )
    rows = db.autocommit(
        "SELECT status, lease_token, locked_by FROM task_queue WHERE id = ?", (task.id,)
    )
    if not rows:
        return StaleClaimError(
            f"{held}: the task no longer exists; nothing was changed. "
            "Discard the result of this work"
        )
    status, token, worker = rows[0]
    return StaleClaimError(
        f"{held}: the claim is no longer held, and the task is now {status} with "
        f"lease_token={token}{f' by {shown(worker)}' if worker else ''}; nothing was changed. "
        "Discard the result of this work"
    )
