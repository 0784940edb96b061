"""Time as a run sees it: the real clock, or one that only the kit moves.

The virtual clock reaches Python's wall clock (through time-machine) and the date functions of
every SQLite connection that is opened with `sqlite3.connect` while it is in force. Whether that
is the time a queue goes by is probed, not assumed: see `pytest_queuekit.drivers.probe`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol
from unittest import mock

from pytest_queuekit.history import SECOND

_TICK = SECOND // 1000
_BEGIN = 1_750_000_000.25


class Clock(Protocol):
    """Where a run reads its time."""

    @property
    def virtual(self) -> bool:
        """Whether waiting costs no time."""

    def now(self) -> int:
        """Return nanoseconds since the run began, the same for all its actors."""

    def wait(self, seconds: float) -> None:
        """Return when so many seconds have passed."""


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
    """

    virtual = True

    def __init__(self, shift: Callable[[float], None]) -> None:
        self._shift = shift
        self._passed = 0

    def now(self) -> int:
        """Return nanoseconds since the clock was made, later than all answers before."""
        self._advance(_TICK)
        return self._passed

    def wait(self, seconds: float) -> None:
        """Jump."""
        self._advance(round(seconds * SECOND))

    def _advance(self, nanoseconds: int) -> None:
        self._passed += nanoseconds
        self._shift(nanoseconds / SECOND)


@contextmanager
def virtual_time() -> Iterator[VirtualClock]:
    """Put Python's wall clock and SQLite's date functions under a virtual clock."""
    import time_machine

    with ExitStack() as stack:
        traveller = stack.enter_context(time_machine.travel(_BEGIN, tick=False))
        stack.enter_context(_sqlite_follows_python())
        yield VirtualClock(traveller.shift)


_DATE_FUNCTIONS = {
    "date": 0,
    "time": 0,
    "datetime": 0,
    "julianday": 0,
    "unixepoch": 0,
    "strftime": 1,
}
"""SQLite's date functions, and the place of the time value among their arguments
(https://www.sqlite.org/lang_datefunc.html)."""


@contextmanager
def _sqlite_follows_python() -> Iterator[None]:
    connect = sqlite3.connect
    evaluator = connect(":memory:", check_same_thread=False)

    def connect_with_clock(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        for name, place in _DATE_FUNCTIONS.items():
            function = _date_function(evaluator, name, place)
            # Deterministic, or a schema may not use it in an index; "now" is fixed in a statement.
            connection.create_function(name, -1, function, deterministic=True)
        return connection

    try:
        with (
            mock.patch.object(sqlite3, "connect", connect_with_clock),
            mock.patch.object(sqlite3.dbapi2, "connect", connect_with_clock),
        ):
            yield
    finally:
        evaluator.close()


def _date_function(evaluator: sqlite3.Connection, name: str, place: int) -> Callable[..., Any]:
    def function(*arguments: Any) -> Any:
        given = list(arguments)
        if len(given) == place:
            given.append("now")
        if len(given) > place and str(given[place]).lower() == "now":
            given[place : place + 1] = [f"{time.time():.3f}", "unixepoch"]
        marks = ", ".join("?" * len(given))
        # The name is one of the six above; the values are bound.
        return evaluator.execute(f"SELECT {name}({marks})", given).fetchone()[0]

    return function
