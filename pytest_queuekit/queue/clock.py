"""The queue's time: Unix seconds in Python, 'YYYY-MM-DD HH:MM:SS' (UTC) in the columns.

Due times and ends of leases are rounded up to a whole second, so no task runs early and no lease
is shorter than requested.

Tests replace Python's clock: freezegun, time-machine, a patch of time.time. SQLite's 'now' does
not follow by itself, and half of a queue would live in another time. So each use of a connection
looks if time.time is still the original, and compares it with a counter that these tools do not
reach. When their distance has changed, it asks SQLite for the time. If that differs, SQL's date
functions take 'now' from Python from then on.
"""

from __future__ import annotations

import calendar
import math
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import BuiltinFunctionType
from typing import Any

from .callbacks import Callbacks

Clock = Callable[[], float]
"""Returns unix time in seconds."""

# The position of the time in the arguments of SQLite's date functions.
_DATE_FUNCTIONS = {
    "date": 0,
    "time": 0,
    "datetime": 0,
    "unixepoch": 0,
    "strftime": 1,
    "julianday": 0,  # the last, because agrees_with_sql() asks it
}

TOLERANCE = 0.02 if sys.platform == "win32" else 0.002
"""Seconds that the clocks of Python and SQLite may differ. SQLite's has milliseconds; on Windows it
moves 64 times a second."""
NOT_COMPARED = math.nan
"""The offset of a connection that has not been compared yet."""

replacements: list[Clock] = []
"""What stands in for the system clock; the last one counts."""


def system_clock() -> float:
    """Return this machine's time; the lookup at each call lets tests patch time.time."""
    return replacements[-1]() if replacements else time.time()


@contextmanager
def system_clock_replaced(clock: Clock) -> Iterator[None]:
    """Put a clock in place of the system clock, for every QueueDatabase of this process.

    A QueueDatabase with a clock of its own keeps that clock.
    """
    replacements.append(clock)
    try:
        yield
    finally:
        replacements.remove(clock)


def is_replaced() -> bool:
    """Return True if code in Python stands in for the system clock.

    freezegun and a patch replace time.time; time-machine replaces the C code inside it.
    """
    return bool(replacements) or not isinstance(time.time, BuiltinFunctionType)


def agrees_with_sql(conn: sqlite3.Connection) -> bool:
    """Return True if a connection's 'now' is the time of the system clock."""
    cursor = sqlite3.Cursor(conn)
    before = time.time()
    days = cursor.execute("SELECT julianday('now')").fetchone()[0]
    after = time.time()
    seconds = (days - _JULIAN_DAY_OF_1970) * 86_400
    return not is_replaced() and before - TOLERANCE < seconds < after + TOLERANCE


_JULIAN_DAY_OF_1970 = 2440587.5


def floor_text(seconds: float) -> str:
    """Return a moment as text, rounded down to a whole second."""
    return _text(math.floor(seconds))


def ceil_text(seconds: float) -> str:
    """Return a moment as text, rounded up to a whole second."""
    return _text(math.ceil(seconds))


@lru_cache(maxsize=64)
def _text(seconds: int) -> str:
    year, month, day, hour, minute, second = time.gmtime(seconds)[:6]
    return f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:{minute:02d}:{second:02d}"


def seconds_of(text: object) -> float:
    """Return the unix time, in seconds, of a column's text.

    A date that does not exist, such as 0000-00-00 from other SQL, counts as the nearest date. In a
    damaged file the value may be anything.
    """
    numbers = [int(number[:9]) for number in re.findall("[0-9]+", str(text))[:6]]
    year, month, *rest = numbers + [1, 1, 1, 0, 0, 0][len(numbers) :]
    return float(calendar.timegm((min(max(year, 1), 9999), min(max(month, 1), 12), *rest)))


def follow_clock(
    conn: sqlite3.Connection, callbacks: Callbacks, clock: Clock
) -> sqlite3.Connection:
    """Make the date functions of a connection take 'now' from a clock.

    Column defaults that call datetime('now') follow the clock; CURRENT_TIMESTAMP cannot.
    Returns the connection with the original functions; close it together with `conn`.
    """
    original = sqlite3.connect(":memory:", check_same_thread=False)
    for name, place in _DATE_FUNCTIONS.items():
        function = _substitute(original, name, place, clock)
        callbacks.add_variadic(conn, name, function)
        callbacks.add(conn, name, function)
    return original


def _substitute(
    original: sqlite3.Connection, name: str, place: int, clock: Clock
) -> Callable[..., Any]:
    def function(*arguments: Any) -> Any:
        values = list(arguments)
        if len(values) <= place:
            values[place:] = ["now"]
        if isinstance(values[place], str) and values[place].lower() == "now":
            values[place] = _with_milliseconds(clock())
        marks = ", ".join("?" * len(values))
        return original.execute(f"SELECT {name}({marks})", values).fetchone()[0]

    return function


def _with_milliseconds(seconds: float) -> str:
    whole = math.floor(seconds)
    return f"{_text(whole)}.{int((seconds - whole) * 1000):03d}"
