"""The times in a history file, in the nanoseconds of a history."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.model.history import SECOND

_PER_UNIT = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": SECOND}
UNITS = (*_PER_UNIT, "iso")
"""The clocks of a history file: a number in a unit, or a text as in ISO 8601."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Reader = Callable[[Any], int]
"""Turns a time of a file into nanoseconds. Raises HistoryError."""


def reader(clock: str) -> Reader:
    """Return what reads the times of a clock."""
    if clock == "iso":
        return _of_text
    unit = _PER_UNIT[clock]

    def of_number(value: Any) -> int:
        if type(value) is int:
            return value * unit
        if type(value) is float and math.isfinite(value * unit):
            return round(value * unit)
        raise HistoryError(f"{value!r} is no time: the head says clock={clock!r}, a number")

    return of_number


def _of_text(value: Any) -> int:
    try:
        moment = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise HistoryError(
            f"{value!r} is no time: the head says clock='iso', as 2026-01-31T12:00:00.250Z"
        ) from None
    if moment.tzinfo is None:
        raise HistoryError(f"{value!r} has no time zone: write {value}Z if it is in UTC")
    return (moment - _EPOCH) // _MICROSECOND * 1_000
