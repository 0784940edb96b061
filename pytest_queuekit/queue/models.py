"""The rows of the queue as objects: Task, Worker, TaskLog.

Times are text as in the columns, 'YYYY-MM-DD HH:MM:SS' in UTC; the constructors also take
datetimes. The get_ methods decode JSON. A repr() shows the sizes of texts that may hold secrets.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Self

from .config import DEFAULT_PRIORITY, MAX_ATTEMPTS
from .exceptions import QueueInputError, QueuePayloadError
from .messages import kind_of, one_line, shown

Record = Mapping[str, Any] | sqlite3.Row
"""A row with column names: a dict, or an sqlite3.Row from a connection of the queue."""


class _Row:
    """The base of the three models: made from a row by its column names, and back."""

    @classmethod
    def from_dict(cls, record: Record) -> Self:
        """Return an object made from a row or a dict; ignore columns without a field.

        A missing column gets the default of its field. Raises QueueInputError for a record
        without column names.
        """
        try:
            present = set(record.keys())
        except AttributeError:
            raise QueueInputError(
                f"record: must be a dict or an sqlite3.Row, not a value of type {kind_of(record)}; "
                "set conn.row_factory = sqlite3.Row"
            ) from None
        return cls(**{name: record[name] for name in _field_names(cls) if name in present})

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, in the form of the columns; from_dict() takes them back."""
        return {name: getattr(self, name) for name in _field_names(type(self))}

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, datetime):
                object.__setattr__(self, name, _column_text(name, value))


def _field_names(model: type) -> list[str]:
    return [field.name for field in fields(model)]


def _column_text(name: str, moment: datetime) -> str:
    """Return a moment as the text of a column; a datetime without a zone is in UTC."""
    try:
        in_utc = moment if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise QueueInputError(f"{name}={shown(moment)}: is outside the calendar in UTC") from error
    return in_utc.replace(tzinfo=None).isoformat(" ", "seconds")


def _size(text: object) -> str:
    """Return the size of a text that a message must not show."""
    if isinstance(text, str | bytes):
        return f"<{len(text)} {'characters' if isinstance(text, str) else 'bytes'}>"
    return "None" if text is None else f"<{kind_of(text)}>"


@dataclass(frozen=True, kw_only=True, repr=False)
class Task(_Row):
    """One task, as it was when read.

    id: number of the row; later tasks have higher numbers. None in a Task() without a row.
    type: the kind of work.
    priority: 1 to 1000; a lower number is claimed first.
    payload: JSON text.
    compatibility: JSON object of the capabilities that the task requires.
    status: queued, leased, processing, completed, failed or cancelled.
    attempts: failures and lapsed leases so far.
    max_attempts: attempts after which the task becomes a dead letter.
    run_after_utc: earliest time of a claim.
    lease_until_utc: when the claim lapses; None without a claim.
    reserved_at_utc: when a worker last claimed the task.
    processing_started_utc: when the work last began.
    completed_at_utc: when the task ended for good; always the same as finished_at_utc.
    finished_at_utc: the older name of completed_at_utc.
    locked_by: worker that holds the task.
    error_message: the last error.
    result: JSON text that the worker passed to complete().
    idempotency_key: keeps out a second task with the same key.
    created_at_utc: when the task was enqueued.
    updated_at_utc: when the queue last changed the task.
    lease_token: the fencing token; each claim raises it.
    """

    id: int = None  # type: ignore[assignment] # a task of the queue always has one
    type: str = ""
    priority: int = DEFAULT_PRIORITY
    payload: str = "{}"
    compatibility: str = "{}"
    status: str = "queued"
    attempts: int = 0
    max_attempts: int = MAX_ATTEMPTS
    run_after_utc: str | None = None
    lease_until_utc: str | None = None
    reserved_at_utc: str | None = None
    processing_started_utc: str | None = None
    completed_at_utc: str | None = None
    finished_at_utc: str | None = None
    locked_by: str | None = None
    error_message: str | None = None
    result: str | None = None
    idempotency_key: str | None = None
    created_at_utc: str | None = None
    updated_at_utc: str | None = None
    lease_token: int = 0

    @classmethod
    def from_columns(cls, values: tuple[Any, ...]) -> Task:
        """Return a task made from the values of TASK_COLUMNS, in their order."""
        return cls.from_values(dict(zip(TASK_FIELDS, values, strict=True)))

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> Task:
        """Return a task made from a dict with a value for every field, which it keeps."""
        task = object.__new__(cls)
        # Skips __init__: for a frozen class it costs as much as all other Python of a claim.
        object.__setattr__(task, "__dict__", values)
        return task

    def __repr__(self) -> str:
        return (
            f"Task(id={shown(self.id)}, type={shown(self.type)}, status={shown(self.status)}, "
            f"attempts={shown(self.attempts)}, max_attempts={shown(self.max_attempts)}, "
            f"locked_by={shown(self.locked_by)}, lease_token={shown(self.lease_token)}, "
            f"payload={_size(self.payload)}, result={_size(self.result)}, "
            f"error_message={_size(self.error_message)})"
        )

    def get_payload(self) -> Any:
        """Return the decoded payload. Raises QueuePayloadError if it is not JSON."""
        return _decoded(self._named("payload"), self.payload)

    def get_payload_dict(self) -> dict[str, Any]:
        """Return the decoded payload. Raises QueuePayloadError if it is not a JSON object."""
        return _decoded_object(self._named("payload"), self.payload)

    def get_compatibility(self) -> dict[str, Any]:
        """Return the required capabilities. Raises QueuePayloadError for all but a JSON object."""
        return _decoded_object(self._named("compatibility"), self.compatibility)

    def get_compatibility_dict(self) -> dict[str, Any]:
        """Return the same as get_compatibility()."""
        return self.get_compatibility()

    def get_result(self) -> Any:
        """Return the decoded result of a completed task, or None."""
        return None if self.result is None else _decoded(self._named("result"), self.result)

    def _named(self, column: str) -> str:
        return f"task_id={shown(self.id)}, {column}"


TASK_FIELDS = tuple(field.name for field in fields(Task))
TASK_COLUMNS = ", ".join(TASK_FIELDS)
"""The columns of a task for SELECT and RETURNING."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Worker(_Row):
    """One worker that has sent a heartbeat.

    worker_id: name of the worker.
    capabilities: JSON object that compatibilities are matched with.
    heartbeat_utc: when the worker last sent a heartbeat.
    """

    worker_id: str = ""
    capabilities: str = "{}"
    heartbeat_utc: str | None = None

    def __repr__(self) -> str:
        return (
            f"Worker(worker_id={shown(self.worker_id)}, capabilities={shown(self.capabilities)}, "
            f"heartbeat_utc={shown(self.heartbeat_utc)})"
        )

    def get_capabilities(self) -> dict[str, Any]:
        """Return the decoded capabilities. Raises QueuePayloadError for all but a JSON object."""
        return _decoded_object("capabilities", self.capabilities)

    def get_capabilities_dict(self) -> dict[str, Any]:
        """Return the same as get_capabilities()."""
        return self.get_capabilities()


@dataclass(frozen=True, kw_only=True, repr=False)
class TaskLog(_Row):
    """One line of a task's log.

    log_id: number of the row. None in a TaskLog() without a row.
    task_id: id of the task.
    at_utc: when the line was written.
    level: such as INFO or ERROR.
    message: one sentence.
    details: JSON text, or None.
    """

    log_id: int = None  # type: ignore[assignment] # a line of the queue always has one
    task_id: int = 0
    at_utc: str | None = None
    level: str = "INFO"
    message: str = ""
    details: str | None = None

    def __repr__(self) -> str:
        return (
            f"TaskLog(log_id={shown(self.log_id)}, task_id={shown(self.task_id)}, "
            f"at_utc={shown(self.at_utc)}, level={shown(self.level)}, "
            f"message={_size(self.message)}, details={_size(self.details)})"
        )

    def get_details(self) -> Any:
        """Return the decoded details, or None. Raises QueuePayloadError if they are not JSON."""
        return None if self.details is None else _decoded("details", self.details)


def _decoded(name: str, text: str) -> Any:
    try:
        if isinstance(text, str) and not text.isascii():
            text.encode()  # a lone surrogate stands for a byte that is not UTF-8
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        # Not `from error`: a JSONDecodeError carries the whole text.
        raise QueuePayloadError(
            f"{name}={_size(text)} is not JSON ({one_line(str(error))}); "
            "other SQL wrote it, so fix the row"
        ) from None


def _decoded_object(name: str, text: str) -> dict[str, Any]:
    value = _decoded(name, text)
    if not isinstance(value, dict):
        raise QueuePayloadError(
            f"{name}={_size(text)} is not a JSON object but a {kind_of(value)}; store a dict"
        )
    return value
