"""Gets between the queue and sqlite3 while the watch is on, and out again."""

from __future__ import annotations

import functools
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pytest_queuekit.sqlite_hooks import CONNECT_HOOKS, ConnectCall, ConnectHook
from pytest_queuekit.watch import finding
from pytest_queuekit.watch.frames import Frames, line_of
from pytest_queuekit.watch.seen import Seen
from pytest_queuekit.watch.tracer import Tracer

_FACTORY = "QueueConnection"
"""By this name a connection of the queue is known, and of any copy of it."""


class Connecting(ConnectHook):
    """Makes each connection of a queue a watched connection."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._classes: dict[type[sqlite3.Connection], type[sqlite3.Connection]] = {}
        self._errors: list[tuple[Any, Callable[..., None] | None]] = []

    def start(self) -> None:
        """Watch the connections that are opened from now on."""
        CONNECT_HOOKS.push(self)

    def stop(self) -> None:
        """Undo what start() and the connections have changed."""
        CONNECT_HOOKS.pop(self)
        for error, own in reversed(self._errors):
            with suppress(AttributeError):
                del error.__init__
            if own is not None:
                error.__init__ = own
        self._errors.clear()

    def before(self, call: ConnectCall) -> ConnectCall:
        if self._seen.is_on and _is_of_a_queue(call.factory):
            return call.with_factory(self._watched(call.factory))
        return call

    def _watched(self, factory: Any) -> type[sqlite3.Connection]:
        made = self._classes.get(factory)
        if made is None:
            folder = os.path.dirname(sys.modules[factory.__module__].__file__ or "")  # noqa: PTH120 - as in code objects
            frames = Frames(folder)
            self._classes[factory] = made = watched_class(factory, self._seen, frames)
            self._note_busy(factory.__module__, frames)
        return made

    def _note_busy(self, module: str, frames: Frames) -> None:
        """Have the queue's QueueBusyError noted when the queue makes one."""
        exceptions = sys.modules.get(f"{module.rpartition('.')[0]}.exceptions")
        error = getattr(exceptions, "QueueBusyError", None)
        if error is None:
            return
        original, seen = error.__init__, self._seen

        def __init__(self: Exception, *arguments: Any, **options: Any) -> None:  # noqa: N807
            original(self, *arguments, **options)
            if seen.is_on:
                with suppress(Exception):
                    _note_busy(seen, frames)

        self._errors.append((error, vars(error).get("__init__")))
        error.__init__ = __init__


def _is_of_a_queue(factory: Any) -> bool:
    """Whether it is the class of a queue's connections, by its name."""
    is_class = isinstance(factory, type) and issubclass(factory, sqlite3.Connection)
    return is_class and factory.__name__ == _FACTORY and factory.__module__ in sys.modules


def _note_busy(seen: Seen, frames: Frames) -> None:
    frame = sys._getframe(1)
    if not frames.is_of_queue(frame):
        return  # somebody plays a busy database
    user = frames.caller(frame)
    where = None if user is None else line_of(user)
    seen.note(finding.BUSY, _BUSY, where)


_BUSY = (
    "QueueBusyError: another connection held the lock for longer than busy_seconds; shorten its "
    "transaction, or try again later"
)


class _Telling:
    """What runs statements, and lets `_tracer` know; a failure is shown as it is without it."""

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


def watched_class(factory: Any, seen: Seen, frames: Frames) -> type[sqlite3.Connection]:
    """Return a class that does what `factory` does, and tells the watch."""

    class Watched(_Telling, factory):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            path = str(arguments[0] if arguments else options.get("database", ""))
            self._tracer = Tracer(seen, self, path, frames)
            super().set_trace_callback(self._tracer)
            user = frames.caller(sys._getframe(1))
            where = None if user is None else line_of(user)
            seen.opened.add(self, path=path, where=where, test=seen.test)

        def cursor(self, factory: Any = None) -> Any:
            made = super().cursor(factory)
            if frames.is_of_queue(sys._getframe(1)):
                return made
            kind: type[sqlite3.Cursor] = type(made)
            return super().cursor(_watched_cursor(kind))

        def close(self) -> None:
            self._tracer.settle()
            super().close()
            seen.opened.discard(self)

        def set_trace_callback(self, callback: Any) -> None:
            self._tracer.theirs = callback

    _name_as(Watched, factory)
    return Watched


@functools.cache
def _watched_cursor(factory: Any) -> type[sqlite3.Cursor]:
    """Return a class of cursors for a user that tells as its connection does."""

    class Watched(_Telling, factory):  # type: ignore[misc]
        def __init__(self, connection: Any, /) -> None:
            super().__init__(connection)
            self._tracer = connection._tracer

    _name_as(Watched, factory)
    return Watched


def _name_as(made: type, factory: type) -> None:
    """Give a class the name of the one that it is made of."""
    for name in ("__name__", "__qualname__", "__module__", "__doc__"):
        setattr(made, name, getattr(factory, name))
