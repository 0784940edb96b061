"""The rows of the queue as objects: Task, Worker, TaskLog.

Times are text as in the columns, 'YYYY-MM-DD HH:MM:SS' in UTC. The get_ methods decode JSON.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from .config import DEFAULT_PRIORITY, MAX_ATTEMPTS
from .exceptions import QueueInputError, QueuePayloadError

Record = Mapping[str, Any] | sqlite3.Row
"""A row with column names: a dict, or an sqlite3.Row from a connection of the queue."""


class _FromRow:
    """The base of the three models: builds an object from a row by its column names."""

    @classmethod
    def from_dict(cls, record: Record) -> Self:
        """Return an object made from a row or a dict; ignore columns without a field.

        Raises QueueInputError if a column without a default is missing.
        """
        names = [field.name for field in fields(cls)]  # type: ignore[arg-type] # dataclasses derive
        present = set(record.keys())
        try:
            return cls(**{name: record[name] for name in names if name in present})
        except TypeError as error:
            raise QueueInputError(
                f"record={sorted(present)}: {cls.__name__} needs more columns ({error}); "
                "select them too"
            ) from error


@dataclass(frozen=True, kw_only=True)
class Task(_FromRow):
    """One task, as it was when read.

    id: number of the row; later tasks have higher numbers.
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

    id: int
    type: str
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
        task = object.__new__(cls)
        # Skips __init__: for a frozen class it costs as much as all other Python of a claim.
        object.__setattr__(task, "__dict__", dict(zip(TASK_FIELDS, values, strict=True)))
        return task

    def get_payload(self) -> Any:
        """Return the decoded payload. Raises QueuePayloadError if it is not JSON."""
        return _decoded("payload", self.payload)

    def get_payload_dict(self) -> dict[str, Any]:
        """Return the decoded payload. Raises QueuePayloadError if it is not a JSON object."""
        return _decoded_object("payload", self.payload)

    def get_compatibility(self) -> dict[str, Any]:
        """Return the required capabilities. Raises QueuePayloadError for all but a JSON object."""
        return _decoded_object("compatibility", self.compatibility)

    def get_result(self) -> Any:
        """Return the decoded result of a completed task, or None."""
        return None if self.result is None else _decoded("result", self.result)


TASK_FIELDS = tuple(field.name for field in fields(Task))
TASK_COLUMNS = ", ".join(TASK_FIELDS)
"""The columns of a task for SELECT and RETURNING."""


@dataclass(frozen=True, kw_only=True)
class Worker(_FromRow):
    """One worker that has sent a heartbeat.

    worker_id: name of the worker.
    capabilities: JSON object that compatibilities are matched with.
    heartbeat_utc: when the worker last sent a heartbeat.
    """

    worker_id: str
    capabilities: str = "{}"
    heartbeat_utc: str | None = None

    def get_capabilities(self) -> dict[str, Any]:
        """Return the decoded capabilities. Raises QueuePayloadError for all but a JSON object."""
        return _decoded_object("capabilities", self.capabilities)


@dataclass(frozen=True, kw_only=True)
class TaskLog(_FromRow):
    """One line of a task's log.

    log_id: number of the row.
    task_id: id of the task.
    at_utc: when the line was written.
    level: such as INFO or ERROR.
    message: one sentence.
    details: JSON text, or None.
    """

    log_id: int
    task_id: int
    at_utc: str | None = None
    level: str = "INFO"
    message: str = ""
    details: str | None = None

    def get_details(self) -> Any:
        """Return the decoded details, or None. Raises QueuePayloadError if they are not JSON."""
        return None if self.details is None else _decoded("details", self.details)


def _decoded(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise QueuePayloadError(
            f"{name}={text!r:.60} is not JSON ({error}); other SQL wrote it, so fix the row"
        ) from error


def _decoded_object(name: str, text: str) -> dict[str, Any]:
    value = _decoded(name, text)
    if not isinstance(value, dict):
        raise QueuePayloadError(f"{name}={text!r:.60} is not a JSON object; store a dict")
    return value
