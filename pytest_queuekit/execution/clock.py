"""Time as a run sees it: the real clock, or a virtual one that only the kit moves.

The virtual clock reaches Python's wall clock (through time-machine) and SQLite's date functions
(through `execution.sqlite_time`). `execution.drivers.probe` tries whether a queue goes by it. What
it needs is imported when it is used, so that a process that acts in real time starts without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pytest_queuekit.model.history import SECOND

_TICK = SECOND // 1000
_BEGIN = 1_750_000_000.25


class RealClock:
    """The system's monotonic clock, which all processes of a machine share.

    epoch: what `time.monotonic_ns()` said when the run began; now, if it is not given.
    """

    virtual = False

    def __init__(self, epoch: int | None = None) -> None:
        self.epoch = time.monotonic_ns() if epoch is None else epoch

    def now(self) -> int:
        """Return nanoseconds since the epoch."""
        return time.monotonic_ns() - self.epoch

    def wait(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


class VirtualClock:
    """A wall clock that stands still but for a millisecond at each look, and jumps when told.

    Each look moves it so that no two moments of a sequential history are the same. Made by
    `virtual_time`.

    show: sets the wall clock to so many seconds after the beginning.
    """

    virtual = True

    def __init__(self, show: Callable[[float], None]) -> None:
        self._show = show
        self._passed = 0
        self._stepped = 0

    def now(self) -> int:
        """Return nanoseconds since the clock was made, later than all answers before."""
        self._advance(_TICK)
        return self._passed

    def wait(self, seconds: float) -> None:
        """Jump."""
        self._advance(round(seconds * SECOND))

    def step(self, seconds: float) -> None:
        """Set the wall clock so many seconds forward, or back; `now` goes on."""
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
        # To a moment, not by a distance: a sum of many small floats drifts.
        yield VirtualClock(lambda passed: traveller.move_to(_BEGIN + passed))
