"""Lets the date functions of SQLite follow Python's wall clock, wherever that has been set.

It reaches every connection that is opened by `sqlite3.connect` while it is in force, in SQL text
as well as in a column's DEFAULT. It does not reach a connection made by other means, nor one
with `PRAGMA trusted_schema = OFF`, which lets no schema use a function of ours.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

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
"""Which arguments of a date function are time values; one that is left out means now
(https://www.sqlite.org/lang_datefunc.html)."""

_KEYWORDS = {
    "current_date": "date",
    "current_time": "time",
    "current_timestamp": "datetime",
}
"""The keywords of SQL that SQLite looks up as functions, and what they say."""


@contextmanager
def sqlite_follows_python() -> Iterator[None]:
    """Put the date functions of new connections under Python's clock, to the millisecond."""
    connect = sqlite3.connect
    # Its functions are SQLite's own, so that modifiers and formats mean what they always mean.
    evaluator = connect(":memory:", check_same_thread=False)
    functions = dict(_functions(evaluator))

    def connect_with_clock(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        for name, function in functions.items():
            # Deterministic, or a schema may not use it in an index; nor does the virtual clock move
            # within a statement.
            connection.create_function(name, -1, function, deterministic=True)
        return connection

    try:
        _set_connect(connect_with_clock)
        yield
    finally:
        _set_connect(connect)
        evaluator.close()


def _set_connect(connect: Callable[..., sqlite3.Connection]) -> None:
    sqlite3.connect = connect  # type: ignore[assignment]  # overloads, which pass through
    sqlite3.dbapi2.connect = connect  # type: ignore[assignment]  # as above


def _functions(evaluator: sqlite3.Connection) -> Iterator[tuple[str, Function]]:
    known = {row[0] for row in evaluator.execute("PRAGMA function_list").fetchall()}
    for name, places in _TIME_VALUES.items():
        if name in known:  # an older SQLite has not all of them
            yield name, _following(evaluator, name, places)
    for keyword, name in _KEYWORDS.items():
        yield keyword, _following(evaluator, name, (0,))


def _following(evaluator: sqlite3.Connection, name: str, places: tuple[int, ...]) -> Function:
    def function(*arguments: Any) -> Any:
        given = list(arguments)
        if len(given) == places[0]:
            given.append("now")
        for place in places:
            if place < len(given) and str(given[place]).lower() == "now":
                given[place] = _now()
        marks = ", ".join("?" * len(given))
        # The name is one of those above; the values are bound.
        return evaluator.execute(f"SELECT {name}({marks})", given).fetchone()[0]

    return function


def _now() -> str:
    # Rounded, since a float of seconds may lie a hair below the millisecond that it means.
    moment = datetime.fromtimestamp(round(time.time(), 3), UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
