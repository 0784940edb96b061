"""Times in nanoseconds as a history counts them, and how a sentence tells them."""

from __future__ import annotations

import math
from typing import Any

from pytest_queuekit.model.history import SECOND, History, Operation, Outcome

NEVER = math.inf
"""An instant after all others."""

GRAIN = 2 * SECOND // 1000
"""Nanoseconds by which two clocks of one machine may differ.

A queue that stamps whole milliseconds cuts off up to one, and a wall clock is slewed against the
monotonic one; a rule about "too early" must not accuse anybody of that.
"""


def latest(operation: Operation) -> float:
    """Return the last instant at which an operation may have taken effect.

    What ended in an error, or never ended, may still be on its way.
    """
    if operation.end is None or operation.outcome is Outcome.UNKNOWN:
        return NEVER
    return operation.end


def number(value: Any) -> float | None:
    """Return a number as it is; None for what is none, NaN included."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return value


def nanoseconds(seconds: float) -> float:
    """Return seconds as the unit of a history; whole, so that no digit is lost in sums."""
    if isinstance(seconds, int):
        return seconds * SECOND
    product = seconds * SECOND
    return round(product) if math.isfinite(product) else product


def span(history: History, operation: Operation) -> str:
    """Return "1.000-1.500 s": when an operation ran, in seconds since the run began."""
    end = "?" if operation.end is None else _seconds(history, operation.end)
    return f"{_seconds(history, operation.start)}-{end} s"


def _seconds(history: History, instant: int) -> str:
    return f"{(instant - history.operations[0].start) / SECOND:.3f}"
