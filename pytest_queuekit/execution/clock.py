"""The clock of a run: the real clock, or a virtual clock that only the kit moves.

The virtual clock controls Python's wall clock (`execution.python_time`) and SQLite's date functions
(`execution.sqlite_time`). `execution.drivers.probe` finds out whether a queue follows the virtual
clock. The first two modules are imported on use, so that an actor in real time starts without them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_queuekit.model.history import SECOND
from pytest_queuekit.recording.clock import Clock, RealClock

_TICK = SECOND // 1000
"""Nanoseconds by which each reading moves the virtual clock."""
_BEGIN = 1_750_000_000_250_000_000
"""The virtual wall clock's first moment, in nanoseconds since the Unix epoch."""


class VirtualClock:
    """A wall clock that moves a millisecond at each reading, and otherwise only if the kit waits.

    Because of that millisecond no two moments of a sequential history are equal. `virtual_time`
    makes the clock and lets the process follow it.
    """

    virtual = True

    def __init__(self) -> None:
        self._passed = 0
        self._stepped = 0
        self._lock = threading.Lock()  # without it, two readings at once could set the clock back

    def now(self) -> int:
        """Return nanoseconds since the clock was made, more than at any earlier reading."""
        with self._lock:
            self._passed += _TICK
            return self._passed

    def wall(self) -> int:
        """Return nanoseconds since the Unix epoch. This reading does not move the clock."""
        return _BEGIN + self._passed + self._stepped

    def wait(self, seconds: float) -> None:
        """Move the clock forward."""
        with self._lock:
            self._passed += round(seconds * SECOND)

    def step(self, seconds: float) -> None:
        """Set the wall clock forward, or back if `seconds` is negative. `now` is not affected."""
        self._stepped += round(seconds * SECOND)


@contextmanager
def virtual_time() -> Iterator[VirtualClock]:
    """Put Python's wall clock and SQLite's date functions under a virtual clock."""
    from pytest_queuekit.execution.python_time import python_follows
    from pytest_queuekit.execution.sqlite_time import sqlite_follows_python

    clock = VirtualClock()
    with python_follows(clock.wall), sqlite_follows_python():
        yield clock


@contextmanager
def clock_of_run(*, virtual: bool) -> Iterator[Clock]:
    """Return the clock of a run: a virtual one, which this process follows, or the real one."""
    if not virtual:
        yield RealClock()
        return
    with virtual_time() as clock:
        yield clock
