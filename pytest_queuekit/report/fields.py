"""Checks the values of records that were read from a file, which anybody may have changed."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any


def check_fields(record: Any) -> None:
    """Raise ValueError unless each field of a record, and of those in it, is of its type.

    Names are looked up in the module of the record's class. A number is finite, since a report
    calculates with it.
    """
    form: Any = type(record)
    for name, kind in _kinds(form).items():
        value = getattr(record, name)
        if not _fits(value, kind):
            where = f"{form.__name__}.{name}"
            raise ValueError(f"{where}={value!r:.60} is no {_in_words(kind)}")


@cache
def _kinds(record: Any) -> Mapping[str, Any]:
    hints = typing.get_type_hints(record)
    return {field.name: hints[field.name] for field in dataclasses.fields(record)}


def _fits(value: Any, kind: Any) -> bool:
    """Return True if a value is of a type. Raises ValueError for a wrong field of a record."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return True
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, each) for each in arguments)
    if origin is tuple:  # all of them are of any length: tuple[str, ...]
        return isinstance(value, tuple) and all(_fits(each, arguments[0]) for each in value)
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(
            _fits(each, inner)
            for pair in value.items()
            for each, inner in zip(pair, arguments, strict=True)
        )
    if kind is float:
        return _is_number(value, int | float)
    if kind is int:
        return _is_number(value, int)
    if not isinstance(value, kind):
        return False
    if dataclasses.is_dataclass(value) and not isinstance(value, enum.Enum):
        check_fields(value)
    return True


def _is_number(value: Any, kind: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, kind):
        return False
    return bool(-_MOST <= value <= _MOST)


_MOST = 1e18
"""Nanoseconds of thirty years: no number of a report is larger."""


def _in_words(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)
