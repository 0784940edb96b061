"""The classes of watched connections and cursors."""

from __future__ import annotations

import functools
import sqlite3
import sys
from typing import Any
from urllib.parse import unquote

from pytest_queuekit.watch.frames import Frames, line_of
from pytest_queuekit.watch.observations import Observations
from pytest_queuekit.watch.tracer import Tracer


class _Traced:
    """Passes each call that runs statements through `_tracer`.

    A traceback of the user's looks the same as without it.
    """

    _tracer: Tracer

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        __tracebackhide__ = True
        return self._tracer.call(super().execute, sql, parameters)  # type: ignore[misc]

    def executemany(self, sql: str, parameters: Any, /) -> Any:
        __tracebackhide__ = True
        return self._tracer.call(super().executemany, sql, parameters)  # type: ignore[misc]

    def executescript(self, sql: str, /) -> Any:
        __tracebackhide__ = True
        return self._tracer.call(super().executescript, sql)  # type: ignore[misc]


def watched_class(
    factory: Any, observations: Observations, frames: Frames
) -> type[sqlite3.Connection]:
    """Return a class that behaves like `factory` and reports to the watch."""

    class WatchedConnection(_Traced, factory):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            path = _path_of(str(arguments[0] if arguments else options.get("database", "")))
            self._tracer = Tracer(observations, self, path, frames)
            super().set_trace_callback(self._tracer)
            with observations.guarded():
                user = frames.caller(sys._getframe(1))
                line = None if user is None else line_of(user)
                observations.opened.add(self, path=path, line=line, test=observations.test)

        def cursor(self, factory: Any = None) -> Any:
            cursor = super().cursor(factory)
            try:
                if not frames.is_of_queue(sys._getframe(1)):
                    kind: type[sqlite3.Cursor] = type(cursor)
                    return super().cursor(_watched_cursor(kind))
            except Exception as error:  # noqa: BLE001 - recorded, and reported at the end
                observations.failed(error)
            return cursor

        def close(self) -> None:
            self._tracer.settle()
            super().close()
            with observations.guarded():
                observations.opened.discard(self)

        def set_trace_callback(self, callback: Any) -> None:
            self._tracer.users_callback = callback

    _name_as(WatchedConnection, factory)
    return WatchedConnection


@functools.cache
def _watched_cursor(factory: Any) -> type[sqlite3.Cursor]:
    """Return a class of cursors for the user that report as their connection does."""

    class WatchedCursor(_Traced, factory):  # type: ignore[misc]
        def __init__(self, connection: Any, /) -> None:
            super().__init__(connection)
            self._tracer = connection._tracer

    _name_as(WatchedCursor, factory)
    return WatchedCursor


def _path_of(database: str) -> str:
    """Return the path of a database that a queue names by path or by address."""
    address = "file://"
    if not database.startswith(address):
        return database
    return unquote(database.removeprefix(address).partition("?")[0])


def _name_as(watched: type, factory: type) -> None:
    """Give a class the name of the class it is derived from."""
    for name in ("__name__", "__qualname__", "__module__", "__doc__"):
        setattr(watched, name, getattr(factory, name))
