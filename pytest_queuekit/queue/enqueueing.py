"""Checks new tasks and inserts them, singly or in batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .clock import ceil_text, floor_text
from .database import QueueDatabase
from .exceptions import QueueInputError, QueueIntegrityError
from .inputs import (
    ATTEMPTS_LIMIT,
    SizeLimits,
    check_list,
    check_name,
    check_priority,
    check_whole,
)
from .messages import shown
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


Common = tuple[str, int, str, int]
"""The type, priority, compatibility as JSON, and max_attempts that all tasks of a call share."""
Content = tuple[str, str | None]
"""The payload of a task as JSON, and its idempotency key."""


def checked_common(
    limits: SizeLimits,
    type: str,  # noqa: A002 - the column's name
    priority: int,
    compatibility: Mapping[str, Any] | None,
    max_attempts: int,
) -> Common:
    """Return what tasks have in common. Raises QueueInputError."""
    return (
        check_name("type", type),
        check_priority(priority),
        limits.compatibility_json(compatibility),
        check_whole("max_attempts", max_attempts, 1, ATTEMPTS_LIMIT),
    )


def checked_content(limits: SizeLimits, name: str, payload: Any, key: str | None) -> Content:
    """Return the content of a task. Raises QueueInputError with the name of a bad payload."""
    return (
        limits.payload_json(name, payload),
        None if key is None else check_name("idempotency_key", key),
    )


def checked_contents(
    limits: SizeLimits, payloads: Iterable[Any], keys: Sequence[str | None] | None
) -> list[Content]:
    """Return the content of a task for each payload. Raises QueueInputError."""
    if keys is not None and (isinstance(keys, str) or not isinstance(keys, Sequence)):
        raise QueueInputError(f"idempotency_keys={shown(keys)}: must be a list of keys or None")
    values = check_list("payloads", payloads)
    if keys is not None and len(keys) != len(values):
        raise QueueInputError(
            f"idempotency_keys: {len(keys)} for {len(values)} payloads; "
            "pass a key or None for each payload"
        )
    return [
        checked_content(limits, f"payloads[{number}]", value, keys[number] if keys else None)
        for number, value in enumerate(values)
    ]


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
