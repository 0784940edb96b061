"""How long to wait for a lock, and how.

SQLite's own busy handler sleeps longer the longer it has waited, so that in a tight loop the
luckiest process gets many times the share of the unluckiest. Short random pauses of our own
share the lock evenly at the same throughput.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

from .exceptions import QueueBusyError

T = TypeVar("T")

SHORTEST_PAUSE = 0.0002
"""Seconds."""
LONGEST_PAUSE = 0.002
"""Seconds."""

_PRIMARY = 0xFF
_BUSY_CODES = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL)


def is_busy(error: BaseException) -> bool:
    """Tell whether an SQLite error means that somebody else holds the lock just now."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & _PRIMARY in _BUSY_CODES


def wait_while_busy(work: Callable[[], T], *, seconds: float) -> T:
    """Call `work` until it no longer meets a lock, for at most `seconds`.

    Raises QueueBusyError when the time is up; any other error passes through.
    """
    try:
        return work()
    except sqlite3.Error as error:
        if not is_busy(error):
            raise
        return _persist(work, seconds, error)


def _persist(work: Callable[[], T], seconds: float, error: sqlite3.Error) -> T:
    # The performance counter, because clocks that tests freeze would make the wait endless.
    started = time.perf_counter()
    pauses = random.Random()  # noqa: S311 - spreads the tries, hides nothing
    while time.perf_counter() - started < seconds:
        time.sleep(pauses.uniform(SHORTEST_PAUSE, LONGEST_PAUSE))
        try:
            return work()
        except sqlite3.Error as again:
            if not is_busy(again):
                raise
            error = again
    raise QueueBusyError(
        f"the database was locked for {time.perf_counter() - started:.1f} s ({error}); "
        "nothing was changed. Find the long transaction elsewhere, or try again later"
    ) from error
