"""Python functions that SQL calls, and that lose no exception.

SQLite ends the statement with an error of its own, and sqlite3 drops the exception that was
raised: Ctrl-C would not stop the program. So each function here keeps the exception, and the
caller of the statement raises it.

A `try` in the function is not enough. CPython runs the handlers of signals at the first bytecode
of a function, before any `try`. A generator that is resumed is inside its `try` already, and
its send() is C code. It takes one argument, so a function of several arguments has that gap.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import suppress
from types import GeneratorType
from typing import Any, cast

_FAILED = object()
"""No value of SQL: sqlite3 makes the statement fail."""


class Callbacks:
    """The functions of one connection."""

    def __init__(self) -> None:
        self._functions: dict[str, Callable[[Any], Any]] = {}
        self._running: dict[str, GeneratorType[Any, Any, None]] = {}
        self._raised: list[BaseException] = []

    def add(self, conn: sqlite3.Connection, name: str, function: Callable[[Any], Any]) -> None:
        """Let SQL call a function of one argument.

        Raises sqlite3.OperationalError while a SELECT of the connection is unread.
        """
        running = cast("GeneratorType[Any, Any, None]", _answers(function, self._raised))
        next(running)
        conn.create_function(name, 1, running.send)
        self._functions[name], self._running[name] = function, running

    def add_variadic(
        self, conn: sqlite3.Connection, name: str, function: Callable[..., Any]
    ) -> None:
        """Let SQL call a function of any number of arguments, except where add() gave it one."""

        def keeping(*arguments: Any) -> Any:
            try:
                return function(*arguments)
            except BaseException as error:
                self._raised.append(error)
                raise

        conn.create_function(name, -1, keeping)

    def revive(self, conn: sqlite3.Connection) -> None:
        """Begin anew the functions that a second exception or the recursion limit ended."""
        for name, running in self._running.items():
            if running.gi_frame is None:
                with suppress(sqlite3.OperationalError):
                    self.add(conn, name, self._functions[name])

    def raise_kept(self, conn: sqlite3.Connection) -> None:
        """Raise the exception of a function that made the last statement fail, if there is one."""
        self.revive(conn)
        if self._raised:
            first = self._raised[0]
            self._raised.clear()
            raise first


def _answers(
    function: Callable[[Any], Any], raised: list[BaseException]
) -> Generator[Any, Any, None]:
    answer: Any = None
    while True:
        try:
            while True:  # its jump back is inside the `try` too
                answer = function((yield answer))
        except GeneratorExit:
            return
        except BaseException as error:  # noqa: BLE001 - raise_kept() raises it
            raised.append(error)
            answer = _FAILED
