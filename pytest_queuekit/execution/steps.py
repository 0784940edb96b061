"""Counts the steps of one call on a queue, and stops the call before a chosen step.

A step is a statement to SQLite, or a call to the file system or to a socket. A call without any is
counted in lines of the queue's own source. It stops in Python and before the step, so that it holds
no lock of SQLite's own, only those that the queue took in earlier steps.
"""

from __future__ import annotations

import socket
import sqlite3
import sys
import sysconfig
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

from pytest_queuekit.execution.faults.kill import kill_process

_PACKAGE = Path(__file__).parents[1]
_OWN = ("adapters/handler_", "execution", "model", "monitors", "recording", "rules", "walks")
_KIT = tuple(str(_PACKAGE / name) for name in _OWN)
_LIBRARY = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
_SITE = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))

_STATEMENTS = frozenset({"execute", "executemany", "executescript", "commit", "rollback"})
_MESSAGES = frozenset({"send", "sendall"})
_OF_FILES = frozenset(
    {"link", "listdir", "lockf", "flock", "mkdir", "open", "read", "remove", "rename", "replace"}
    | {"rmdir", "scandir", "stat", "truncate", "unlink", "utime", "write"}
)
_SYSTEM = frozenset({"posix", "nt", "fcntl", "msvcrt", "io", "_io"})


@dataclass(frozen=True, kw_only=True)
class Steps:
    """The steps of a call.

    outside: statements, and calls to the system.
    lines: lines of the queue's own source.
    places: the place of each line in that source, file and number.
    inside: for each step outside Python, True if it comes inside a transaction of SQLite.
    """

    outside: int
    lines: int
    places: tuple[str, ...] = ()
    inside: tuple[bool, ...] = ()

    @property
    def by_line(self) -> bool:
        """True if the call has no steps but lines."""
        return not self.outside

    @property
    def count(self) -> int:
        """The number of steps."""
        return self.outside or self.lines


class Stop:
    """Stops a call before one of its steps, until it may go on.

    step: the number of the step, from 0; None to count only.
    by_line: True to count lines, False to count the steps outside Python.
    patience: seconds after which the call goes on unasked.
    both: True to count lines as well, where nothing stops the call. That takes time.
    """

    def __init__(
        self, step: int | None, *, by_line: bool, patience: float, both: bool = True
    ) -> None:
        self._step = step
        self._by_line = by_line
        self._counts_lines = by_line or (step is None and both)
        self._patience = patience
        self._outside = 0
        self._lines = 0
        self._places: list[str] = []
        self._inside: list[bool] = []
        self._may_go_on = threading.Event()
        self.has_stopped = False
        self.stopped_or_over = threading.Event()

    @property
    def steps(self) -> Steps:
        """The steps so far."""
        return Steps(
            outside=self._outside,
            lines=self._lines,
            places=tuple(self._places),
            inside=tuple(self._inside),
        )

    def go_on(self) -> None:
        """Let the stopped call continue."""
        self._may_go_on.set()

    def around(self, call: Callable[[], Any]) -> None:
        """Make the call in this thread, under the eyes of this stop."""
        # A tool that measures coverage loses sight of this one call.
        profile, trace = sys.getprofile(), sys.gettrace()
        sys.settrace(self._enter if self._counts_lines else None)
        sys.setprofile(self._profile)
        try:
            call()
        finally:
            sys.setprofile(profile)
            sys.settrace(trace)
            self.stopped_or_over.set()

    def _profile(self, frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call" and _leaves_python(function) and not _is_of_the_kit(frame):
            self._outside += 1
            self._inside.append(_is_in_transaction(function))
            if not self._by_line:
                self._stop_at(self._outside)

    def _enter(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        return self._line if _is_of_the_queue(frame) else None

    def _line(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            self._lines += 1
            self._places.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
            if self._by_line:
                self._stop_at(self._lines)
        return self._line

    def _stop_at(self, count: int) -> None:
        if self._step is not None and count == self._step + 1:
            self.strike()

    def strike(self) -> None:
        """Stop the call, until it may go on."""
        self.has_stopped = True
        self.stopped_or_over.set()
        self._may_go_on.wait(self._patience)


class StopBetween(Stop):
    """Stops a call between two of its transactions, where it holds no lock of SQLite's.

    number: the transaction after which it stops, from 1.
    patience: seconds after which the call goes on unasked.
    """

    def __init__(self, number: int, *, patience: float) -> None:
        super().__init__(None, by_line=False, patience=patience, both=False)
        self._number = number
        self._connections: list[sqlite3.Connection] = []
        self._is_inside = False

    def _profile(self, frame: FrameType, event: str, function: Any) -> None:
        before = self._outside
        super()._profile(frame, event, function)
        connection = _connection_of(function)
        if self._outside == before or connection is None:
            return  # a call to the system says nothing about transactions
        if connection not in self._connections:
            self._connections.append(connection)
        was_inside, self._is_inside = self._is_inside, any(map(_is_inside, self._connections))
        if was_inside and not self._is_inside:
            self._number -= 1
            if self._number == 0:
                self.strike()


class StepCounter:
    """Counts the steps of calls: lines too, until a call has other steps, since that takes time."""

    def __init__(self) -> None:
        self._by_line = True

    def count(self, call: Callable[[], Any]) -> Steps:
        """Make a call in this thread, and return its steps."""
        stop = Stop(None, by_line=False, patience=0.0, both=self._by_line)
        stop.around(call)
        self._by_line &= stop.steps.by_line
        return stop.steps


class Death(Stop):
    """Kills this process before one of the steps of a call.

    step, by_line: as for `Stop`.
    """

    def __init__(self, step: int, *, by_line: bool) -> None:
        super().__init__(step, by_line=by_line, patience=0.0)

    def strike(self) -> NoReturn:
        """Kill the process."""
        kill_process()


def _leaves_python(function: Any) -> bool:
    owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
    if isinstance(owner, sqlite3.Connection | sqlite3.Cursor):
        return name in _STATEMENTS
    if isinstance(owner, ModuleType):
        return owner.__name__ in _SYSTEM and name in _OF_FILES
    if isinstance(owner, socket.socket):
        return name in _MESSAGES
    kind = type(owner)
    return kind.__module__ == "apsw" and name in _STATEMENTS


def _is_in_transaction(function: Any) -> bool:
    connection = _connection_of(function)
    return connection is not None and _is_inside(connection)


def _connection_of(function: Any) -> sqlite3.Connection | None:
    owner = getattr(function, "__self__", None)
    connection = getattr(owner, "connection", owner)
    return connection if isinstance(connection, sqlite3.Connection) else None


def _is_inside(connection: sqlite3.Connection) -> bool:
    try:
        return connection.in_transaction
    except sqlite3.ProgrammingError:  # it is closed
        return False


def _is_of_the_kit(frame: FrameType) -> bool:
    # The virtual clock asks SQLite for the time while another statement runs.
    place = frame.f_code.co_filename
    return place.startswith(_KIT) or place.startswith("<frozen")


def _is_of_the_queue(frame: FrameType) -> bool:
    place = frame.f_code.co_filename
    if place.startswith(_KIT) or place.startswith("<"):
        return False
    return place.startswith(_SITE) or not place.startswith(_LIBRARY)
