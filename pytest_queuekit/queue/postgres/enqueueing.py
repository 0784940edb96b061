"""Inserts new tasks, singly or in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..new_tasks import Common, Content
from .database import PostgresDatabase
from .session import Session
from .statements import ceil_after, floor_of

_COLUMNS = """
    type, priority, compatibility, max_attempts, created_at_utc, updated_at_utc, due_stamp,
    run_after_utc, payload, idempotency_key"""
_FLOOR = floor_of("moment.t")
_VALUES = f"""
    %(type)s, %(priority)s, %(compatibility)s, %(max_attempts)s, {_FLOOR}, {_FLOOR}, {_FLOOR},
    CASE WHEN %(delay)s::float8 = 0 THEN {_FLOOR} ELSE {ceil_after("moment.t", "%(delay)s")} END"""
_MOMENT = "(SELECT $now AS t) AS moment"
_INSERT = f"""
    INSERT INTO $queue.task_queue ({_COLUMNS})
    SELECT {_VALUES}, content.payload, NULL
    FROM {_MOMENT}, unnest(%(payloads)s::text[]) WITH ORDINALITY AS content (payload, number)
    ORDER BY content.number
    RETURNING id
"""
_RESERVE = """
    SELECT nextval(pg_get_serial_sequence('$queue.task_queue', 'id'))
    FROM generate_series(1, %(count)s)
"""
# Two batches with the same keys in different order would wait for each other, so each inserts by
# key; the ids follow the order of the payloads.
_INSERT_KEYED = f"""
    INSERT INTO $queue.task_queue (id, {_COLUMNS}) OVERRIDING SYSTEM VALUE
    SELECT content.id, {_VALUES}, content.payload, content.key
    FROM {_MOMENT}, unnest(%(ids)s::bigint[], %(payloads)s::text[], %(keys)s::text[])
        AS content (id, payload, key)
    ORDER BY content.key COLLATE "C" NULLS LAST, content.id
    ON CONFLICT (idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
    RETURNING id
"""
_HOLDERS = """
    SELECT idempotency_key, id FROM $queue.task_queue
    WHERE idempotency_key IS NOT NULL AND idempotency_key = ANY(%(keys)s::text[])
"""


def insert(db: PostgresDatabase, common: Common, delay: float, content: Content) -> int:
    """Insert one task and return its id, or the id of the task that holds its key."""
    return insert_many(db, common, delay, [content])[0]


def insert_many(
    db: PostgresDatabase, common: Common, delay: float, contents: Sequence[Content]
) -> list[int]:
    """Insert the tasks in one transaction.

    delay: seconds before the tasks may be claimed.

    Return an id for each: its own, or that of the task that holds its key.
    """
    if not contents:
        return []
    names = ("type", "priority", "compatibility", "max_attempts")
    shared: dict[str, Any] = dict(zip(names, common, strict=True)) | {"delay": delay}
    if not any(key for _, key in contents):
        payloads = [payload for payload, _ in contents]
        rows = db.run(_INSERT, shared | {"payloads": payloads})
        ids = sorted(task_id for (task_id,) in rows)
    else:
        ids = db.write(lambda session: _insert_keyed(session, shared, contents))
    if not delay:
        db.wake_workers()
    return ids


def _insert_keyed(
    session: Session, shared: dict[str, Any], contents: Sequence[Content]
) -> list[int]:
    ids: list[int | None] = [None] * len(contents)
    while True:
        _find_holders(session, contents, ids)
        left = [number for number, task_id in enumerate(ids) if task_id is None]
        if not left:
            return [task_id for task_id in ids if task_id is not None]
        reserved = [row[0] for row in session.run(_RESERVE, {"count": len(left)})]
        values = {
            "ids": reserved,
            "payloads": [contents[number][0] for number in left],
            "keys": [contents[number][1] for number in left],
        }
        inserted = {task_id for (task_id,) in session.run(_INSERT_KEYED, shared | values)}
        for number, task_id in zip(left, reserved, strict=True):
            if task_id in inserted:
                ids[number] = task_id
        # A key without a new task is held by another, which the next look finds, unless that task
        # was cancelled meanwhile: then the key is free again.


def _find_holders(session: Session, contents: Sequence[Content], ids: list[int | None]) -> None:
    wanted = {
        key
        for task_id, (_, key) in zip(ids, contents, strict=True)
        if task_id is None and key is not None
    }
    if not wanted:
        return
    holders: dict[str, int] = dict(session.run(_HOLDERS, {"keys": sorted(wanted)}))
    for number, (_, key) in enumerate(contents):
        if ids[number] is None and key in holders:
            ids[number] = holders[key]
