"""Inserts new tasks, singly or in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .clock import ceil_text, floor_text
from .database import QueueDatabase
from .exceptions import QueueIntegrityError
from .new_tasks import Common, Content
from .padding import padding_for
from .session import Session, new_id

_INSERT = """
    INSERT INTO task_queue (
        type, priority, compatibility, max_attempts, created_at_utc, updated_at_utc, due_stamp,
        run_after_utc, payload, padding, idempotency_key)
    VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?5, ?6, ?7, ?8, ?9)
"""
_INSERT_KEYED = f"""{_INSERT}
    ON CONFLICT (idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
"""
_FIND_KEY = "SELECT id FROM task_queue WHERE idempotency_key = ?"


def insert(db: QueueDatabase, common: Common, delay: float, content: Content) -> int:
    """Insert one task and return its id, or the id of the task that holds its key."""
    payload, key = content
    if delay or key is not None:
        return insert_many(db, common, delay, [content])[0]

    def parameters() -> tuple[Any, ...]:
        now = db.now_text()
        return (*common, now, now, payload, padding_for(payload), None)

    return _inserted(db.insert(_INSERT, parameters))


def insert_many(
    db: QueueDatabase, common: Common, delay: float, contents: Sequence[Content]
) -> list[int]:
    """Insert the tasks in one transaction.

    delay: seconds before the tasks may be claimed; it begins when the lock is held.

    Return an id for each: its own, or that of the task that holds its key.
    """
    if not contents:
        return []

    def insert_all(session: Session) -> list[int]:
        now = db.now()
        head = (*common, floor_text(now), ceil_text(now + delay) if delay else floor_text(now))
        rows = [(*head, payload, padding_for(payload), key) for payload, key in contents]
        if not any(row[-1] for row in rows):
            return list(map(_inserted, session.run_each(_INSERT, rows, new_id)))
        return [_insert_keyed(session, row) for row in rows]

    return db.write(insert_all)


def _insert_keyed(session: Session, row: tuple[Any, ...]) -> int:
    task_id = session.insert(_INSERT_KEYED, row)
    if task_id is None:
        holder = session.run(_FIND_KEY, row[-1:])
        task_id = holder[0][0] if holder else None
    return _inserted(task_id)


def _inserted(task_id: int | None) -> int:
    if task_id is None:
        raise QueueIntegrityError(
            "a trigger of this database ignored the new task; nothing was changed"
        )
    return task_id
