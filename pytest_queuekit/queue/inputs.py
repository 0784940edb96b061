"""Checks callers' arguments. A QueueInputError shows name=value and what to pass instead."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from .config import (
    MAX_COMPATIBILITY_BYTES,
    MAX_DELAY_SECONDS,
    MAX_LEASE_SECONDS,
    MAX_PAYLOAD_BYTES,
    MAX_PRIORITY,
    MIN_PRIORITY,
)
from .exceptions import QueueInputError, QueuePathError
from .messages import kind_of, one_line, shown, shown_path
from .routing import NO_CAPABILITIES

T = TypeVar("T")

MAX_TEXT = 255
"""Most characters of a task type, a worker id or an idempotency key."""
MAX_DEPTH = 200
"""Most levels of nested lists and objects in a payload."""
ATTEMPTS_LIMIT = 1000
"""Highest max_attempts."""
MAX_AGE_SECONDS = 50 * 366 * 86_400
"""Highest age, in seconds (fifty years)."""
LEAST_LIMIT = 16
"""Lowest limit of a size, in bytes."""
LARGEST_VALUE = 500_000_000
"""Highest limit of a size, in bytes: SQLite keeps at most 1 GB in a row."""
BATCH_LIMIT = 1000
"""Most tasks that a call may claim or list."""

_IDS = 2**63
_NUMBER = (int, float)
# json.dumps() makes a new encoder for each call with such options. _check_json() has looked for
# values that contain themselves.
_ENCODER = json.JSONEncoder(allow_nan=False, check_circular=False, separators=(",", ":"))
_SORTING_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"), sort_keys=True)
_UNCHANGED = (int, bool, type(None))
"""The types of which JSON keeps every value."""
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def check_name(name: str, value: str) -> str:
    """Return a task type, a worker id or a key if it is text of a sensible length."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or not value.strip():
        raise QueueInputError(
            f"{name}={shown(value)}: must be text of 1 to {MAX_TEXT} characters, not only spaces"
        )
    if "\0" in value or not (value.isascii() or value.encode("utf-8", "ignore").decode() == value):
        raise QueueInputError(f"{name}={shown(value)}: must be text without NUL or lone surrogates")
    return value


def check_list(name: str, values: Iterable[T]) -> list[T]:
    """Return the values as a list. A text, a dict and a single value are not lists."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise QueueInputError(
            f"{name}: must be a list of {name}, not a value of type {kind_of(values)}; "
            "put a single value into a list"
        )
    return list(values)


def check_path(value: str | os.PathLike[str]) -> str:
    """Return the absolute path of a file, with '..' resolved but not links."""
    if not isinstance(value, str | os.PathLike):
        raise QueueInputError(f"path={shown(value)}: must be the path of a file")
    text = os.fspath(value)
    if not isinstance(text, str) or not text or "\0" in text:
        raise QueueInputError(f"path={shown(text)}: must be the path of a file, without NUL")
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        raise QueueInputError(
            f"path={shown(text)}: no file can have this name ({error.reason})"
        ) from error
    try:
        return os.path.abspath(text)  # noqa: PTH100 - Path.resolve() would follow links
    except FileNotFoundError as error:
        raise QueuePathError(
            f"path={shown_path(text)}: the current folder of this process was deleted; "
            "pass an absolute path"
        ) from error


def check_lease_seconds(value: float) -> float:
    """Return a lease in seconds, above 0 and at most MAX_LEASE_SECONDS."""
    seconds = _seconds("lease_seconds", value, 0, MAX_LEASE_SECONDS)
    if not seconds:
        raise QueueInputError(f"lease_seconds={shown(value)}: must be more than 0")
    return seconds


def check_delay(value: float) -> float:
    """Return a delay in seconds; 0 means no delay."""
    return _seconds("delay", value, 0, MAX_DELAY_SECONDS)


@dataclass(frozen=True, kw_only=True)
class SizeLimits:
    """The largest values that a queue accepts, in bytes of JSON.

    Raises QueueInputError for a limit that SQLite cannot keep.
    """

    payload: int = MAX_PAYLOAD_BYTES
    compatibility: int = MAX_COMPATIBILITY_BYTES

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            check_whole(f"max_{name}_bytes", value, LEAST_LIMIT, LARGEST_VALUE)

    def payload_json(self, name: str, value: Any) -> str:
        """Return a payload as JSON, if the JSON is within the limit."""
        text = json_text(name, value)
        if len(text) > self.payload:  # the text is ASCII
            raise QueueInputError(
                f"{name}: has {len(text)} bytes as JSON, but max_payload_bytes={self.payload}; "
                "store the data in a file and pass its path, or raise the limit of the TaskQueue"
            )
        return text

    def compatibility_json(self, value: Mapping[str, Any] | None) -> str:
        """Return a compatibility as JSON, if the JSON is within the limit."""
        text = compatibility_json(value)
        if len(text) > self.compatibility:
            raise QueueInputError(
                f"compatibility: has {len(text)} bytes as JSON, but "
                f"max_compatibility_bytes={self.compatibility}; require a few short capabilities, "
                "or raise the limit of the TaskQueue"
            )
        return text


def check_age(name: str, value: float) -> float:
    """Return an age in seconds; 0 matches everything."""
    return _seconds(name, value, 0, MAX_AGE_SECONDS)


def _seconds(name: str, value: float, least: int, most: int) -> float:
    # NaN fails the range check too: it compares as False.
    is_number = isinstance(value, _NUMBER) and not isinstance(value, bool)
    if not is_number or not least <= value <= most:
        raise QueueInputError(f"{name}={shown(value)}: must be seconds from {least} to {most}")
    return float(value)


def check_whole(name: str, value: int, least: int, most: int) -> int:
    """Return a whole number within its bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise QueueInputError(
            f"{name}={shown(value)}: must be a whole number from {least} to {most}"
        )
    return value


def check_task_id(value: int) -> int:
    """Return the id of a task if a row can have it."""
    if isinstance(value, bool) or not isinstance(value, int) or not -_IDS <= value < _IDS:
        raise QueueInputError(
            f"task_id={shown(value)}: must be a whole number that fits into 64 bits, "
            "such as enqueue() returns"
        )
    return value


def check_priority(value: int) -> int:
    """Return a priority; a lower number is claimed first."""
    return check_whole("priority", value, MIN_PRIORITY, MAX_PRIORITY)


def capabilities_json(value: Mapping[str, Any] | None) -> str:
    """Return a worker's capabilities as JSON; None means no capabilities."""
    return _object_json("capabilities", value)


def compatibility_json(value: Mapping[str, Any] | None) -> str:
    """Return the capabilities that a task requires as JSON; None means no requirement."""
    return _object_json("compatibility", value)


def _object_json(name: str, value: Mapping[str, Any] | None) -> str:
    """Return a dict as JSON with sorted keys, so that equal dicts have equal text."""
    if value is None:
        return NO_CAPABILITIES
    if type(value) is not dict:
        raise QueueInputError(f"{name}={shown(value)}: must be a dict, such as {{'region': 'US'}}")
    if not value:
        return NO_CAPABILITIES
    _check_json(name, value)
    return _dumped(name, value, sort_keys=True)


def json_text(name: str, value: Any) -> str:
    """Return a value as JSON if it decodes to an equal value of the same types."""
    _check_json(name, value)
    return _dumped(name, value, sort_keys=False)


def _dumped(name: str, value: Any, *, sort_keys: bool) -> str:
    try:
        return (_SORTING_ENCODER if sort_keys else _ENCODER).encode(value)
    except ValueError as error:  # an int with more digits than Python converts to text
        raise QueueInputError(f"{name}: {error}; pass such a number as text") from error


class _ChangedError(Exception):
    """A part of a value that JSON would change, and the reason."""

    def __init__(self, part: Any, reason: str) -> None:
        super().__init__(reason)
        self.part = part


def _check_json(name: str, value: Any) -> None:
    """Check level by level: a value that contains itself has no last level.

    Each level keeps an object once; a list that contains itself twice would double each level.
    """
    if _is_plain(value):
        return
    level = [value]
    try:
        for _ in range(MAX_DEPTH):
            level = list({id(part): part for parent in level for part in _parts(parent)}.values())
            if not level:
                return
    except _ChangedError as fault:
        raise QueueInputError(f"{_place(name, value, fault.part)}: {fault}") from None
    raise QueueInputError(f"{name}: must not have more than {MAX_DEPTH} levels, or contain itself")


def _is_plain(value: Any) -> bool:
    """Return True for most values that JSON keeps: a scalar, or a dict of scalars."""
    if type(value) is not dict:
        return _is_plain_scalar(value)
    for key, part in value.items():  # all() would start a generator for each payload
        if not (type(key) is str and key.isascii() and _is_plain_scalar(part)):
            return False
    return True


def _is_plain_scalar(value: Any) -> bool:
    kind = type(value)
    return (
        kind in _UNCHANGED
        or (kind is str and value.isascii())
        or (kind is float and math.isfinite(value))
    )


def _parts(value: Any) -> list[Any]:
    kind = type(value)
    if kind is dict:
        if all(type(key) is str for key in value):
            return [*value, *value.values()]
        key = next(key for key in value if type(key) is not str)
        raise _ChangedError(
            value, f"a key of type {kind_of(key)} would come back as text; use text keys"
        )
    if kind is list:
        return list(value)
    if kind is str and not value.isascii() and _SURROGATE_PAIR.search(value):
        # JSON keeps a lone surrogate, but reads a pair as one character.
        raise _ChangedError(
            value, "a pair of surrogates would come back as one character; pass that character"
        )
    if kind is float and not math.isfinite(value):
        raise _ChangedError(value, f"{value} is not JSON; pass text or None instead")
    if kind in (str, int, float, bool) or value is None:
        return []
    raise _ChangedError(
        value,
        f"a value of type {kind_of(value)} would come back changed; "
        "use dict, list, str, int, float, bool or None",
    )


def _place(name: str, value: Any, part: Any) -> str:
    """Return where a part is, such as payload['a'][1]. A message shows no value of a payload."""
    level = {id(value): (name, value)}
    for _ in range(MAX_DEPTH):
        if id(part) in level:
            return one_line(level[id(part)][0])
        below: dict[int, tuple[str, Any]] = {}
        for place, parent in level.values():
            if type(parent) is dict:
                for key, child in parent.items():
                    below.setdefault(id(child), (f"{place}[{shown(key)}]", child))
                    below.setdefault(id(key), (f"a key of {place}", key))
            elif type(parent) is list:
                for number, child in enumerate(parent):
                    below.setdefault(id(child), (f"{place}[{number}]", child))
        level = below
    return name  # another thread has changed the value


def readable(text: object) -> str:
    """Return the text of an error or a log message in a form that SQLite can store."""
    try:
        text = f"{type(text).__name__}: {text}" if isinstance(text, BaseException) else str(text)
    except Exception as error:  # noqa: BLE001 - reporting a failure must not fail
        text = f"{type(text).__name__} (its text is unavailable: {type(error).__name__})"
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
