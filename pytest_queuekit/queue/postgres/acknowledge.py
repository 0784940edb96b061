"""Acknowledges claimed tasks. Each call is one UPDATE that matches only the holder's claim."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..claimed import check_claimed, checked_completions, claim_of, completed, repeated, stale
from ..exceptions import StaleClaimError, TaskNotFoundError
from ..inputs import check_lease_seconds, check_task_id, json_text, readable
from ..models import Task
from .database import PostgresDatabase
from .session import Session
from .statements import FLOOR_NOW, ceil_after, columns_of, text_of

# A claim by other SQL sets no new token, so the worker and the claim time are compared too.
_HELD = """
    task.status IN ('leased', 'processing') AND task.lease_token = {claim}token{end}
        AND task.locked_by IS NOT DISTINCT FROM {claim}worker{end}
        AND task.reserved_at_utc IS NOT DISTINCT FROM
            {claim}reserved{end}::timestamp AT TIME ZONE 'UTC'
"""
_WHERE = f"WHERE task.id = %(id)s::bigint AND {_HELD.format(claim='%(', end=')s')}".replace(
    "%(token)s", "%(token)s::bigint"
).replace("%(worker)s", "%(worker)s::text")
_RETURNING = f"RETURNING {columns_of('task')}"
_FREE = "locked_by = NULL, lease_until_utc = NULL"
_FAILURE = "attempts = task.attempts + 1, lease_token = task.lease_token + 1"
_ENDED = "completed_at_utc = moment.t, finished_at_utc = moment.t"


def _update(changes: str, where: str = _WHERE, *, more: str = "") -> str:
    return f"""
        UPDATE $queue.task_queue AS task SET updated_at_utc = moment.t, {changes}
        FROM (SELECT {FLOOR_NOW} AS t) AS moment{more} {where}
    """


_COMPLETE = _update(
    f"status = 'completed', result = %(result)s, {_ENDED}, {_FREE}",
    f"{_WHERE} RETURNING {text_of('task.updated_at_utc')}",
)
_LOCK_ALL = """
    SELECT id FROM $queue.task_queue WHERE id = ANY(%(ids)s::bigint[])
    ORDER BY id FOR NO KEY UPDATE
"""
_COMPLETE_ALL = _update(
    f"status = 'completed', result = held.result, {_ENDED}, {_FREE}",
    f"""
    WHERE task.id = held.id AND {_HELD.format(claim="held.", end="")}
    RETURNING task.id, {text_of("task.updated_at_utc")}
    """,
    more=""",
        unnest(%(ids)s::bigint[], %(tokens)s::bigint[], %(workers)s::text[], %(moments)s::text[],
            %(results)s::text[]) AS held (id, token, worker, reserved, result)""",
)
_FAIL_FOR_GOOD = _update(
    f"status = 'failed', error_message = %(error)s, {_FAILURE}, {_ENDED}, {_FREE}",
    f"{_WHERE} AND (NOT %(retry)s OR task.attempts + 1 >= task.max_attempts) {_RETURNING}",
)
# A due_stamp before run_after_utc makes the task wait.
_RETRY = _update(
    f"""status = 'queued', error_message = %(error)s, {_FAILURE}, {_FREE}, due_stamp = moment.t,
    run_after_utc = {ceil_after("$now", "%(wait)s")}""",
    f"{_WHERE} AND task.attempts + 1 < task.max_attempts {_RETURNING}",
)
_EXTEND = _update(
    f"lease_until_utc = greatest(task.lease_until_utc, {ceil_after('$now', '%(lease)s')})",
    f"{_WHERE} {_RETURNING}",
)
_RELEASE = _update(
    f"status = 'queued', lease_token = task.lease_token + 1, {_FREE}", f"{_WHERE} {_RETURNING}"
)
_CANCEL = _update(
    f"status = 'cancelled', idempotency_key = NULL, {_ENDED}",
    "WHERE task.id = %(id)s AND task.status = 'queued'",
)
_REQUEUE = _update(
    """status = 'queued', attempts = 0, completed_at_utc = NULL,
    finished_at_utc = NULL, run_after_utc = moment.t, due_stamp = moment.t""",
    f"WHERE task.id = %(id)s AND task.status = 'failed' {_RETURNING}",
)
_PRESENT = "SELECT status, lease_token, locked_by FROM $queue.task_queue WHERE id = %(id)s"


def complete(db: PostgresDatabase, task: Task, result: Any) -> Task:
    """Mark a claimed task as completed."""
    check_claimed(task)
    stored = None if result is None else json_text("result", result)
    rows = db.run(_COMPLETE, _claim(task) | {"result": stored})
    if not rows:
        raise _stale(db, task)
    return completed(task, rows[0][0], stored)


def complete_many(
    db: PostgresDatabase, tasks: Iterable[Task], results: Iterable[Any]
) -> list[Task]:
    """Mark all these claimed tasks as completed, or none of them."""
    held, stored = checked_completions(tasks, results)
    if not held:
        return []

    def complete_all(session: Session) -> dict[int, str]:
        claims = [_claim(task) for task in held]
        parameters: dict[str, Any] = {
            plural: [claim[name] for claim in claims]
            for plural, name in (
                ("ids", "id"),
                ("tokens", "token"),
                ("workers", "worker"),
                ("moments", "reserved"),
            )
        }
        session.run(_LOCK_ALL, {"ids": parameters["ids"]})
        ended = dict(session.run(_COMPLETE_ALL, parameters | {"results": stored}))
        _refuse_left(db, held, set(ended))
        return ended

    moments = db.write(complete_all)
    return [
        completed(task, moments[task.id], result) for task, result in zip(held, stored, strict=True)
    ]


def _refuse_left(db: PostgresDatabase, held: list[Task], ended: set[int]) -> None:
    """Raise the error of the first task of a batch that the UPDATE did not end by itself."""
    claims = [claim_of(task) for task in held]
    for number, task in enumerate(held):
        first = claims.index(claims[number])
        if first < number:
            raise repeated(held, first, number)
        if task.id not in ended:
            raise _stale(db, task)


def fail(db: PostgresDatabase, task: Task, error: object, *, retry: bool, wait: float) -> Task:
    """Queue a claimed task again after `wait` seconds, or make it a dead letter."""
    parameters = _claim(task) | {"error": readable(error), "retry": bool(retry), "wait": wait}

    def fail_held(session: Session) -> list[tuple[Any, ...]]:
        rows = session.run(_RETRY, parameters) if retry else []
        return rows or session.run(_FAIL_FOR_GOOD, parameters)

    return _changed(db, task, db.write(fail_held))


def extend(db: PostgresDatabase, task: Task, lease_seconds: float) -> Task:
    """Extend a lease to end at least `lease_seconds` from now."""
    check_claimed(task)
    seconds = check_lease_seconds(lease_seconds)
    return _changed(db, task, db.run(_EXTEND, _claim(task) | {"lease": seconds}))


def release(db: PostgresDatabase, task: Task) -> Task:
    """Return a claimed task to the queue."""
    check_claimed(task)
    released = _changed(db, task, db.run(_RELEASE, _claim(task)))
    db.wake_workers()
    return released


def cancel(db: PostgresDatabase, task_id: int) -> bool:
    """Cancel a queued task. Return False if the task is not queued."""
    if db.change(_CANCEL, {"id": task_id}):
        return True
    if not db.read(_PRESENT, {"id": task_id}):
        raise TaskNotFoundError(f"task_id={task_id!r}: no such task; it may have been purged")
    return False


def requeue(db: PostgresDatabase, task_id: int) -> Task:
    """Queue a dead letter again."""
    rows = db.run(_REQUEUE, {"id": task_id})
    if not rows:
        raise TaskNotFoundError(
            f"task_id={task_id!r}: no dead letter has this id; dead_letters() lists them"
        )
    db.wake_workers()
    return Task.from_columns(rows[0])


def _claim(task: Task) -> dict[str, Any]:
    task_id, token, worker, reserved = claim_of(task)
    return {
        "id": check_task_id(task_id),
        "token": token,
        "worker": worker,
        "reserved": reserved,
    }


def _changed(db: PostgresDatabase, task: Task, rows: list[tuple[Any, ...]]) -> Task:
    if not rows:
        raise _stale(db, task)
    return Task.from_columns(rows[0])


def _stale(db: PostgresDatabase, task: Task) -> StaleClaimError:
    rows = db.read(_PRESENT, {"id": task.id})
    return stale(task, rows[0] if rows else None)
