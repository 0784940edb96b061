"""The clock of a run: the real clock, or a virtual clock that only the kit moves.

The virtual clock controls Python's wall clock (through time-machine) and SQLite's date functions
(through `execution.sqlite_time`). `execution.drivers.probe` finds out whether a queue follows it.
Its libraries are imported on use, so that an actor in real time starts without them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pytest_queuekit.model.history import SECOND

_TICK = SECOND // 1000
"""Nanoseconds by which each reading moves the virtual clock."""
_BEGIN = 1_750_000_000.25
"""The virtual wall clock's first moment, in seconds since the Unix epoch."""


class RealClock:
    """The system's monotonic clock, which all processes of a machine share.

    epoch: the value of `time.monotonic_ns()` when the run began; None for now.
    """

    virtual = False

    def __init__(self, epoch: int | None = None) -> None:
        self.epoch = time.monotonic_ns() if epoch is None else epoch

    def now(self) -> int:
        """Return the nanoseconds since `epoch`, the start of the run."""
        return time.monotonic_ns() - self.epoch

    def wait(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


class VirtualClock:
    """A wall clock that moves a millisecond at each reading, and otherwise only if the kit waits.

    Because of that millisecond no two moments of a sequential history are equal. `virtual_time`
    makes the clock.

    show: sets the wall clock, given the seconds since the run began.
    """

    virtual = True

    def __init__(self, show: Callable[[float], None]) -> None:
        self._show = show
        self._passed = 0
        self._stepped = 0

    def now(self) -> int:
        """Return nanoseconds since the clock was made, more than at any earlier reading."""
        self._advance(_TICK)
        return self._passed

    def wait(self, seconds: float) -> None:
        """Move the clock forward."""
        self._advance(round(seconds * SECOND))

    def step(self, seconds: float) -> None:
        """Set the wall clock forward, or back if `seconds` is negative. `now` is not affected."""
        self._stepped += round(seconds * SECOND)
        self._advance(0)

    def _advance(self, nanoseconds: int) -> None:
        self._passed += nanoseconds
        self._show((self._passed + self._stepped) / SECOND)


@contextmanager
def virtual_time() -> Iterator[VirtualClock]:
    """Put Python's wall clock and SQLite's date functions under a virtual clock."""
    import time_machine

    from pytest_queuekit.execution.sqlite_time import sqlite_follows_python

    with time_machine.travel(_BEGIN, tick=False) as traveller, sqlite_follows_python():
        # The clock is set to a moment: a sum of many small distances would drift.
        yield VirtualClock(lambda passed: traveller.move_to(_BEGIN + passed))
