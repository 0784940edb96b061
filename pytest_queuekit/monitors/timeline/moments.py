"""Moments and durations, in the nanoseconds of a history."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from pytest_queuekit.model.history import SECOND, Operation, Outcome

NEVER = math.inf
"""A moment after all others."""

LONGEST_LEASE = 30 * 86_400.0
"""Seconds of the longest valid lease: a month."""

CLOCK_TOLERANCE = 2 * SECOND // 1000
"""Nanoseconds by which two clocks of one machine may differ.

A queue that stores whole milliseconds cuts off up to one, and the wall clock is slewed against the
monotonic clock. A violation about "too early" must not come from either.
"""


def latest(operation: Operation) -> float:
    """Return the last moment at which an operation may have taken effect.

    An operation that ended in an error, or never ended, may still take effect later.
    """
    end = operation.end
    return NEVER if end is None or operation.outcome is Outcome.UNKNOWN else end


def first_after(calls: Sequence[Operation], moment: float) -> Operation | None:
    """Return the first of some calls, sorted by start, that started after a moment."""
    place = bisect_right(calls, moment, key=attrgetter("start"))
    return calls[place] if place < len(calls) else None


def number(value: Any) -> float | None:
    """Return a number unchanged; None for NaN and for any other value."""
    if value is None or isinstance(value, bool):  # most options are absent
        return None
    return value if isinstance(value, int | float) and value == value else None


def nanoseconds(seconds: float) -> float:
    """Convert seconds to nanoseconds, rounded to whole ones so that sums stay exact."""
    if isinstance(seconds, int):
        return seconds * SECOND
    product = seconds * SECOND
    return round(product) if math.isfinite(product) else product
