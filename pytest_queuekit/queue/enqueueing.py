"""Checks new tasks and inserts them, singly or in batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .clock import ceil_text, floor_text
from .database import QueueDatabase
from .exceptions import QueueInputError, QueueIntegrityError
from .inputs import (
    ATTEMPTS_LIMIT,
    SizeLimits,
    check_delay,
    check_name,
    check_priority,
    check_whole,
)
from .messages import kind_of, shown
from .padding import padding_for
from .session import Session

_INSERT = """
    INSERT INTO task_queue (
        type, payload, priority, compatibility, idempotency_key, max_attempts, padding,
        created_at_utc, updated_at_utc, due_stamp, run_after_utc)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?8, ?9)
"""
_INSERT_KEYED = f"""{_INSERT}
    ON CONFLICT (idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
"""
_FIND_KEY = "SELECT id FROM task_queue WHERE idempotency_key = ?"


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """A checked task that is not yet inserted.

    type: the kind of work.
    payload: JSON text.
    priority: a lower number is claimed first.
    delay: seconds before the task may be claimed.
    idempotency_key: keeps out a second task with the same key; None for no key.
    compatibility: JSON object of the capabilities that the task requires.
    max_attempts: failures after which the task becomes a dead letter.
    """

    type: str
    payload: str = field(repr=False)
    priority: int
    delay: float
    idempotency_key: str | None
    compatibility: str
    max_attempts: int

    @classmethod
    def checked(
        cls,
        *,
        type: str,  # noqa: A002 - the column's name
        payload: Any,
        priority: int,
        delay: float,
        idempotency_key: str | None,
        compatibility: Mapping[str, Any] | None,
        max_attempts: int,
        limits: SizeLimits,
    ) -> NewTask:
        """Return a task made from a caller's arguments. Raises QueueInputError."""
        return cls(
            type=check_name("type", type),
            payload=limits.payload_json("payload", payload),
            priority=check_priority(priority),
            delay=check_delay(delay),
            idempotency_key=_checked_key(idempotency_key),
            compatibility=limits.compatibility_json(compatibility),
            max_attempts=check_whole("max_attempts", max_attempts, 1, ATTEMPTS_LIMIT),
        )

    @classmethod
    def for_payloads(
        cls,
        payloads: Iterable[Any],
        keys: Sequence[str | None] | None,
        *,
        limits: SizeLimits,
        **common: Any,
    ) -> list[NewTask]:
        """Return a task for each payload. Raises QueueInputError that names a bad payload."""
        if keys is not None and (isinstance(keys, str) or not isinstance(keys, Sequence)):
            raise QueueInputError(f"idempotency_keys={shown(keys)}: must be a list of keys or None")
        if isinstance(payloads, str | bytes | Mapping) or not isinstance(payloads, Iterable):
            raise QueueInputError(
                f"payloads: must be a list of payloads, not a value of type {kind_of(payloads)}; "
                "put a single payload into a list"
            )
        values = list(payloads)
        if keys is not None and len(keys) != len(values):
            raise QueueInputError(
                f"idempotency_keys: {len(keys)} for {len(values)} payloads; "
                "pass a key or None for each payload"
            )
        pattern = cls.checked(payload=None, idempotency_key=None, limits=limits, **common)
        return [
            replace(
                pattern,
                payload=limits.payload_json(f"payloads[{number}]", value),
                idempotency_key=_checked_key(keys[number]) if keys is not None else None,
            )
            for number, value in enumerate(values)
        ]

    def parameters(self, now: float) -> tuple[Any, ...]:
        """Return the parameters of the INSERT, for a task enqueued now."""
        present = floor_text(now)
        return (
            self.type,
            self.payload,
            self.priority,
            self.compatibility,
            self.idempotency_key,
            self.max_attempts,
            padding_for(self.payload),
            present,
            ceil_text(now + self.delay) if self.delay else present,
        )


def insert(db: QueueDatabase, task: NewTask) -> int:
    """Insert a task and return its id, or the id of the task that holds its key."""
    if task.idempotency_key is None and not task.delay:
        return _inserted(db.insert(_INSERT, lambda: task.parameters(db.now())))
    # The delay begins when the lock is held.
    return db.write(lambda session: _insert_in(session, task, db.now()))


def insert_many(db: QueueDatabase, tasks: Sequence[NewTask]) -> list[int]:
    """Insert the tasks in one transaction.

    Return an id for each: its own, or that of the task that holds its key.
    """
    if not tasks:
        return []

    def insert_all(session: Session) -> list[int]:
        now = db.now()
        return [_insert_in(session, task, now) for task in tasks]

    return db.write(insert_all)


def _insert_in(session: Session, task: NewTask, now: float) -> int:
    if task.idempotency_key is None:
        return _inserted(session.insert(_INSERT, task.parameters(now)))
    task_id = session.insert(_INSERT_KEYED, task.parameters(now))
    if task_id is None:
        holder = session.run(_FIND_KEY, (task.idempotency_key,))
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
