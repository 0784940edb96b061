"""The queue's time: Unix seconds in Python, 'YYYY-MM-DD HH:MM:SS' (UTC) in the columns.

Due times and ends of leases are rounded up to a whole second, so no task runs early and no lease
is shorter than requested.
"""

from __future__ import annotations

import calendar
import math
import re
import sqlite3
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

Clock = Callable[[], float]
"""Returns unix time in seconds."""

# The position of the time in the arguments of SQLite's date functions.
_DATE_FUNCTIONS = {
    "date": 0,
    "time": 0,
    "datetime": 0,
    "julianday": 0,
    "unixepoch": 0,
    "strftime": 1,
}


def system_clock() -> float:
    """Return this machine's time; the lookup at each call lets tests patch time.time."""
    return time.time()


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


def seconds_of(text: str) -> float:
    """Return the unix time, in seconds, of a column's text.

    A date that does not exist, such as 0000-00-00 from other SQL, counts as the nearest date.
    """
    year, month, *rest = (int(number) for number in re.findall("[0-9]+", text)[:6])
    return float(calendar.timegm((max(year, 1), min(max(month, 1), 12), *rest)))


def follow_clock(conn: sqlite3.Connection, clock: Clock) -> sqlite3.Connection:
    """Make the date functions of a connection take 'now' from a clock.

    Column defaults that call datetime('now') follow the clock; CURRENT_TIMESTAMP cannot.
    Returns the connection with the original functions; close it together with `conn`.
    """
    original = sqlite3.connect(":memory:", check_same_thread=False)
    for name, place in _DATE_FUNCTIONS.items():
        conn.create_function(name, -1, _substitute(original, name, place, clock))
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
