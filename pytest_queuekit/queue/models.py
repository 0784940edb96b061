"""The rows of the queue as objects: Task, Worker, TaskLog.

Times are text as in the columns, 'YYYY-MM-DD HH:MM:SS' in UTC. JSON is decoded when it is asked
for.
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
"""A row with column names: a dict, or what a connection of the queue returns."""


class _FromRow:
    """What the three models share: they are made from a row by its column names."""

    @classmethod
    def from_dict(cls, record: Record) -> Self:
        """Make one from a row or a dict; columns that the model does not have are left out.

        Raises QueueInputError if a column without a default is missing.
        """
        names = [one.name for one in fields(cls)]  # type: ignore[arg-type] # dataclasses derive
        present = set(record.keys())
        try:
            return cls(**{name: record[name] for name in names if name in present})
        except TypeError as error:
            raise QueueInputError(
                f"record={sorted(present)}: {cls.__name__} needs more columns ({error})"
            ) from error


@dataclass(frozen=True, kw_only=True)
class Task(_FromRow):
    """One task, as it was when it was read.

    id: number of the row; later tasks have higher ones.
    type: what kind of work it is.
    priority: 1 to 1000, the lower goes first.
    payload: JSON text.
    compatibility: JSON object, what it asks of its worker.
    status: queued, leased, processing, completed, failed or cancelled.
    attempts: failures and lapsed leases so far.
    max_attempts: how many of these make it a dead letter.
    run_after_utc: not to be claimed before.
    lease_until_utc: when the claim lapses; None if nobody holds it.
    reserved_at_utc: when it was last claimed.
    processing_started_utc: when work on it last began.
    completed_at_utc: when it ended for good; always the same as finished_at_utc.
    finished_at_utc: the older name of completed_at_utc.
    locked_by: worker that holds it.
    error_message: what went wrong last.
    result: JSON text that its worker left.
    idempotency_key: keeps a second task with the same key out.
    created_at_utc: when it was enqueued.
    updated_at_utc: when the queue last changed it.
    lease_token: the fencing token; each claim has a higher one.
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
        """Make one from the values of TASK_COLUMNS, in their order."""
        task = object.__new__(cls)
        # Past __init__: for a frozen class it would cost as much as all other Python of a claim.
        object.__setattr__(task, "__dict__", dict(zip(TASK_FIELDS, values, strict=True)))
        return task

    def get_payload(self) -> Any:
        """Return the payload decoded. Raises QueuePayloadError if it is not JSON."""
        return _decoded("payload", self.payload)

    def get_payload_dict(self) -> dict[str, Any]:
        """Return a payload that is a JSON object. Raises QueuePayloadError if it is not."""
        return _decoded_object("payload", self.payload)

    def get_compatibility(self) -> dict[str, Any]:
        """Return what the task asks of its worker. Raises QueuePayloadError if it is no object."""
        return _decoded_object("compatibility", self.compatibility)

    def get_result(self) -> Any:
        """Return what the worker left when it completed the task, or None."""
        return None if self.result is None else _decoded("result", self.result)


TASK_FIELDS = tuple(one.name for one in fields(Task))
TASK_COLUMNS = ", ".join(TASK_FIELDS)
"""For SELECT and RETURNING."""


@dataclass(frozen=True, kw_only=True)
class Worker(_FromRow):
    """One worker that has reported.

    worker_id: its name.
    capabilities: JSON object, what it can do.
    heartbeat_utc: when it last reported.
    """

    worker_id: str
    capabilities: str = "{}"
    heartbeat_utc: str | None = None

    def get_capabilities(self) -> dict[str, Any]:
        """Return the capabilities decoded. Raises QueuePayloadError if they are no object."""
        return _decoded_object("capabilities", self.capabilities)


@dataclass(frozen=True, kw_only=True)
class TaskLog(_FromRow):
    """One line of a task's log.

    log_id: number of the row.
    task_id: the task it is about.
    at_utc: when it was written.
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
        """Return the details decoded, or None. Raises QueuePayloadError if they are not JSON."""
        return None if self.details is None else _decoded("details", self.details)


def _decoded(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise QueuePayloadError(
            f"{name}={text!r:.60} is not JSON ({error}); it was written by other means"
        ) from error


def _decoded_object(name: str, text: str) -> dict[str, Any]:
    value = _decoded(name, text)
    if not isinstance(value, dict):
        raise QueuePayloadError(f"{name}={text!r:.60} is not a JSON object")
    return value
