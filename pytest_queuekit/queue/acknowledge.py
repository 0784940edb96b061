"""Acknowledges claimed tasks. Each call is one UPDATE that matches only the holder's claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .claimed import check_claimed, checked_completions, claim_of, completed, repeated, stale
from .clock import ceil_text, floor_text
from .database import QueueDatabase
from .exceptions import StaleClaimError, TaskNotFoundError
from .inputs import check_lease_seconds, json_text, readable
from .models import TASK_COLUMNS, Task
from .padding import adjusted
from .session import Session, changed_rows

# A claim by other SQL sets no new token, so the worker and the claim time are compared too.
# ?1 now, ?2 id, ?3 token, ?4 worker, ?5 claim time, ?6 onwards the new values.
_HELD = """
    WHERE id = ?2 AND (status = 'leased' OR status = 'processing') AND lease_token = ?3
        AND locked_by IS ?4 AND reserved_at_utc IS ?5
"""
_RETURNING = f" RETURNING {TASK_COLUMNS}"


def _update(
    status: str, changes: Mapping[str, str], raised: Sequence[str] = (), others: str = ""
) -> str:
    """Return an UPDATE of a held task.

    changes: the new values of the columns of text.
    raised: the columns of whole numbers to raise by 1.
    others: more assignments, which keep the length of the row.
    """
    changes = {"status": f"'{status}'", **changes}
    assignments = [f"{column} = {new}" for column, new in changes.items()]
    assignments += [f"{column} = {column} + 1" for column in raised]
    return f"""
        UPDATE task_queue
        SET {", ".join(assignments)}, updated_at_utc = ?1{others},
            padding = {adjusted(changes, raised=raised)}
        {_HELD}
    """


_FREE = {"locked_by": "NULL", "lease_until_utc": "NULL"}
_ENDED = {"completed_at_utc": "?1", "finished_at_utc": "?1"}
_NOT_ENDED = {"completed_at_utc": "NULL", "finished_at_utc": "NULL"}
_FAILURE = ("attempts", "lease_token")

_COMPLETE = _update("completed", _ENDED | {"result": "?6"} | _FREE)
_FAIL_FOR_GOOD = (
    _update("failed", _ENDED | {"error_message": "?6"} | _FREE, _FAILURE)
    + f" AND (?7 IS NULL OR attempts + 1 >= max_attempts){_RETURNING}"
)
# A due_stamp before run_after_utc makes the task wait.
_RETRY = (
    _update(
        "queued",
        {"error_message": "?6", "run_after_utc": "?7"} | _FREE,
        _FAILURE,
        ", due_stamp = ?1",
    )
    + f" AND attempts + 1 < max_attempts{_RETURNING}"
)
_EXTEND = f"""
    UPDATE task_queue SET lease_until_utc = max(coalesce(lease_until_utc, ?6), ?6),
        updated_at_utc = ?1
    {_HELD}{_RETURNING}
"""
_RELEASE = _update("queued", _FREE, ("lease_token",)) + _RETURNING
_CANCELLED = {"status": "'cancelled'", "idempotency_key": "NULL"} | _ENDED
_CANCEL = f"""
    UPDATE task_queue
    SET {", ".join(f"{column} = {new}" for column, new in _CANCELLED.items())},
        updated_at_utc = ?1, padding = {adjusted(_CANCELLED)}
    WHERE id = ?2 AND status = 'queued'
"""
_REQUEUE = f"""
    UPDATE task_queue
    SET status = 'queued', attempts = 0, completed_at_utc = NULL, finished_at_utc = NULL,
        run_after_utc = ?1, due_stamp = ?1, updated_at_utc = ?1,
        padding = {adjusted(_NOT_ENDED, more="-(attempts > 1) - (attempts > 127)")}
    WHERE id = ?2 AND status = 'failed'{_RETURNING}
"""


def complete(db: QueueDatabase, task: Task, result: Any) -> Task:
    """Mark a claimed task as completed."""
    check_claimed(task)
    stored = None if result is None else json_text("result", result)
    claim = claim_of(task)
    now = ""

    def parameters() -> tuple[Any, ...]:
        nonlocal now
        now = db.now_text()
        return (now, *claim, stored)

    if not db.change(_COMPLETE, parameters):
        raise _stale(db, task)
    return completed(task, now, stored)


def complete_many(db: QueueDatabase, tasks: Iterable[Task], results: Iterable[Any]) -> list[Task]:
    """Mark all these claimed tasks as completed, or none of them."""
    held, stored = checked_completions(tasks, results)

    def complete_all(session: Session) -> str:
        now = db.now_text()
        claims = [claim_of(task) for task in held]
        rows = [(now, *claim, result) for claim, result in zip(claims, stored, strict=True)]
        counts = session.run_each(_COMPLETE, rows, changed_rows)
        for number, count in enumerate(counts):
            if not count:
                first = claims.index(claims[number])
                raise (
                    _stale(db, held[number]) if first == number else repeated(held, first, number)
                )
        return now

    now = db.write(complete_all)
    return [completed(task, now, result) for task, result in zip(held, stored, strict=True)]


def fail(db: QueueDatabase, task: Task, error: object, *, retry: bool, wait: float) -> Task:
    """Queue a claimed task again after `wait` seconds, or make it a dead letter."""
    message = readable(error)

    def fail_held(session: Session) -> list[tuple[Any, ...]]:
        now = db.now()
        run_after = ceil_text(now + wait) if retry else None
        values = (floor_text(now), *claim_of(task), message, run_after)
        return (session.run(_RETRY, values) if retry else None) or session.run(
            _FAIL_FOR_GOOD, values
        )

    return _changed(db, task, db.write(fail_held))


def extend(db: QueueDatabase, task: Task, lease_seconds: float) -> Task:
    """Extend a lease to end at least `lease_seconds` from now."""
    check_claimed(task)
    seconds = check_lease_seconds(lease_seconds)

    def extend_held(session: Session) -> list[tuple[Any, ...]]:
        now = db.now()
        return session.run(_EXTEND, (floor_text(now), *claim_of(task), ceil_text(now + seconds)))

    return _changed(db, task, db.write(extend_held))


def release(db: QueueDatabase, task: Task) -> Task:
    """Return a claimed task to the queue."""
    check_claimed(task)
    rows = db.autocommit(_RELEASE, lambda: (db.now_text(), *claim_of(task)))
    return _changed(db, task, rows)


def cancel(db: QueueDatabase, task_id: int) -> bool:
    """Cancel a queued task. Return False if the task is not queued."""
    if db.change(_CANCEL, lambda: (db.now_text(), task_id)):
        return True
    if not db.autocommit("SELECT 1 FROM task_queue WHERE id = ?", (task_id,)):
        raise TaskNotFoundError(f"task_id={task_id!r}: no such task; it may have been purged")
    return False


def requeue(db: QueueDatabase, task_id: int) -> Task:
    """Queue a dead letter again."""
    rows = db.autocommit(_REQUEUE, lambda: (db.now_text(), task_id))
    if not rows:
        raise TaskNotFoundError(
            f"task_id={task_id!r}: no dead letter has this id; dead_letters() lists them"
        )
    return Task.from_columns(rows[0])


def _changed(db: QueueDatabase, task: Task, rows: list[tuple[Any, ...]]) -> Task:
    if not rows:
        raise _stale(db, task)
    return Task.from_columns(rows[0])


def _stale(db: QueueDatabase, task: Task) -> StaleClaimError:
    sql = "SELECT status, lease_token, locked_by FROM task_queue WHERE id = ?"
    rows = db.autocommit(sql, (task.id,))
    return stale(task, rows[0] if rows else None)
