"""Makes SQLite's date functions follow Python's wall clock, which a virtual clock may set.

It reaches every connection that `sqlite3.connect` opens inside the block, in SQL text as well as in
a column's DEFAULT. It does not reach a connection made by other means, or a connection with
`PRAGMA trusted_schema = OFF`, which forbids schemas to use functions of the application.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from pytest_queuekit.sqlite_hooks import CONNECT_HOOKS, ConnectHook

Function = Callable[..., Any]

_TIME_VALUES: dict[str, tuple[int, ...]] = {
    "date": (0,),
    "time": (0,),
    "datetime": (0,),
    "julianday": (0,),
    "unixepoch": (0,),
    "strftime": (1,),
    "timediff": (0, 1),
}
"""Positions of a date function's time values; a missing time value means now
(https://www.sqlite.org/lang_datefunc.html)."""

_KEYWORDS = {
    "current_date": "date",
    "current_time": "time",
    "current_timestamp": "datetime",
}
"""The keywords of SQL that SQLite looks up as functions, and the function with the same result."""


@contextmanager
def sqlite_follows_python() -> Iterator[None]:
    """Put the date functions of new connections under Python's clock, to the millisecond."""
    # The evaluator has SQLite's own functions, so that modifiers and formats keep their meaning.
    # It is made without sqlite3.connect, whose hooks would replace its functions as well.
    evaluator = _Evaluator()
    try:
        with CONNECT_HOOKS.active(_FollowPython(dict(_functions(evaluator)))):
            yield
    finally:
        evaluator.close()


class _Evaluator:
    """A connection that only evaluates expressions.

    A thread that hangs in the queue may still evaluate one when the run ends. To close a connection
    in use would crash the interpreter, so that both take a lock.
    """

    def __init__(self) -> None:
        self._connection = sqlite3.Connection(":memory:", check_same_thread=False)
        self._lock = threading.Lock()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class _FollowPython(ConnectHook):
    """Replaces the date functions of each new connection."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._functions = functions

    def after(self, connection: sqlite3.Connection) -> None:
        for name, function in self._functions.items():
            # Only a deterministic function may be used in an index. These are deterministic enough:
            # the virtual clock does not move within a statement.
            connection.create_function(name, -1, function, deterministic=True)


def _functions(evaluator: _Evaluator) -> Iterator[tuple[str, Function]]:
    known = {row[0] for row in evaluator.rows("PRAGMA function_list")}
    for name, places in _TIME_VALUES.items():
        if name in known:  # an older SQLite lacks some
            yield name, _following(evaluator, name, places)
    for keyword, name in _KEYWORDS.items():
        yield keyword, _following(evaluator, name, (0,))


def _following(evaluator: _Evaluator, name: str, places: tuple[int, ...]) -> Function:
    def function(*arguments: Any) -> Any:
        given = list(arguments)
        if len(given) == places[0]:
            given.append("now")
        for place in places:
            if place < len(given) and str(given[place]).lower() == "now":
                given[place] = _now()
        marks = ", ".join("?" * len(given))
        # The name comes from the table above; the values are bound.
        return evaluator.rows(f"SELECT {name}({marks})", given)[0][0]

    return function


def _now() -> str:
    # Rounded: a float of seconds may lie slightly below the millisecond it stands for.
    moment = datetime.fromtimestamp(round(time.time(), 3), UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
