"""Waits for a lock with short random pauses.

SQLite's own busy handler sleeps longer the longer it has waited. In a tight loop, the luckiest
process then gets many times the share of the unluckiest. Short random pauses share the lock
evenly at the same throughput.
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
    """Return True if an SQLite error means that another connection holds the lock."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & _PRIMARY in _BUSY_CODES


def wait_while_busy(work: Callable[[], T], *, seconds: float) -> T:
    """Call `work`, and repeat it for at most `seconds` while the database is locked.

    Raises QueueBusyError when the time is up; any other error passes through.
    """
    try:
        return work()
    except sqlite3.Error as error:
        if not is_busy(error):
            raise
        return _persist(work, seconds, error)


def _persist(
    work: Callable[[], T],
    seconds: float,
    error: sqlite3.Error,
    elapsed: Callable[[], float] = time.perf_counter,
) -> T:
    # Tests freeze clocks, perf_counter included, so the pauses count as well. A default value
    # is out of freezegun's reach.
    started, slept, waited = elapsed(), 0.0, 0.0
    pauses = random.Random()  # noqa: S311 - spreads the retries, no secret
    while waited < seconds:
        pause = pauses.uniform(SHORTEST_PAUSE, LONGEST_PAUSE)
        time.sleep(pause)
        slept += pause
        try:
            return work()
        except sqlite3.Error as again:
            if not is_busy(again):
                raise
            error = again
        waited = max(elapsed() - started, slept)
    raise QueueBusyError(
        f"the database was locked for {waited:.1f} s ({error}); "
        "nothing was changed. Try again later, or shorten the other transaction"
    ) from error
