"""Checks new tasks and inserts them, singly or in batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .clock import ceil_text, floor_text
from .database import QueueDatabase
from .exceptions import QueueInputError, QueueIntegrityError
from .inputs import (
    ATTEMPTS_LIMIT,
    SizeLimits,
    check_delay,
    check_list,
    check_name,
    check_priority,
    check_whole,
)
from .messages import shown
from .padding import padding_for
from .session import Session

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


@dataclass(frozen=True, kw_only=True)
class NewTasks:
    """Checked tasks that are not yet inserted.

    type: the kind of work.
    priority: a lower number is claimed first.
    delay: seconds before the tasks may be claimed.
    compatibility: JSON object of the capabilities that the tasks require.
    max_attempts: failures after which a task becomes a dead letter.
    contents: the payload of each task, as JSON, and its idempotency key, or None for no key.
    """

    type: str
    priority: int
    delay: float
    compatibility: str
    max_attempts: int
    contents: list[tuple[str, str | None]] = field(repr=False)

    @classmethod
    def checked(
        cls,
        *,
        type: str,  # noqa: A002 - the column's name
        priority: int,
        delay: float,
        compatibility: Mapping[str, Any] | None,
        max_attempts: int,
        limits: SizeLimits,
        contents: list[tuple[str, str | None]],
    ) -> NewTasks:
        """Return tasks made from a caller's arguments. Raises QueueInputError."""
        return cls(
            type=check_name("type", type),
            priority=check_priority(priority),
            delay=check_delay(delay),
            compatibility=limits.compatibility_json(compatibility),
            max_attempts=check_whole("max_attempts", max_attempts, 1, ATTEMPTS_LIMIT),
            contents=contents,
        )

    @classmethod
    def single(
        cls, payload: Any, key: str | None, *, limits: SizeLimits, **common: Any
    ) -> NewTasks:
        """Return one task. Raises QueueInputError."""
        content = limits.payload_json("payload", payload), _checked_key(key)
        return cls.checked(limits=limits, contents=[content], **common)

    @classmethod
    def for_payloads(
        cls,
        payloads: Iterable[Any],
        keys: Sequence[str | None] | None,
        *,
        limits: SizeLimits,
        **common: Any,
    ) -> NewTasks:
        """Return a task for each payload. Raises QueueInputError that names a bad payload."""
        if keys is not None and (isinstance(keys, str) or not isinstance(keys, Sequence)):
            raise QueueInputError(f"idempotency_keys={shown(keys)}: must be a list of keys or None")
        values = check_list("payloads", payloads)
        if keys is not None and len(keys) != len(values):
            raise QueueInputError(
                f"idempotency_keys: {len(keys)} for {len(values)} payloads; "
                "pass a key or None for each payload"
            )
        tasks = cls.checked(limits=limits, contents=[], **common)
        tasks.contents.extend(
            (
                limits.payload_json(f"payloads[{number}]", value),
                _checked_key(keys[number]) if keys is not None else None,
            )
            for number, value in enumerate(values)
        )
        return tasks

    def parameters(self, now: float) -> list[tuple[Any, ...]]:
        """Return the parameters of the INSERT of each task, for tasks enqueued now."""
        present = floor_text(now)
        due = ceil_text(now + self.delay) if self.delay else present
        head, tail = (
            (self.type, self.priority, self.compatibility, self.max_attempts),
            (present, due),
        )
        return [
            (*head, *tail, payload, padding_for(payload), key) for payload, key in self.contents
        ]


def insert(db: QueueDatabase, task: NewTasks) -> int:
    """Insert one task and return its id, or the id of the task that holds its key."""
    (_, key) = task.contents[0]
    if key is None and not task.delay:
        return _inserted(db.insert(_INSERT, lambda: task.parameters(db.now())[0]))
    return insert_many(db, task)[0]


def insert_many(db: QueueDatabase, tasks: NewTasks) -> list[int]:
    """Insert the tasks in one transaction; a delay begins when the lock is held.

    Return an id for each: its own, or that of the task that holds its key.
    """
    if not tasks.contents:
        return []

    def insert_all(session: Session) -> list[int]:
        rows = tasks.parameters(db.now())
        if not any(row[-1] for row in rows):
            return list(map(_inserted, session.insert_each(_INSERT, rows)))
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


def _checked_key(key: str | None) -> str | None:
    return None if key is None else check_name("idempotency_key", key)
