"""Checks the arguments of enqueue() and enqueue_many()."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .exceptions import QueueInputError
from .inputs import (
    ATTEMPTS_LIMIT,
    SizeLimits,
    check_list,
    check_name,
    check_priority,
    check_whole,
)
from .messages import shown

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
