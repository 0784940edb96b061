"""Makes the connections of a queue watched connections while the watch is on."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pytest_queuekit.sqlite_hooks import CONNECT_HOOKS, ConnectCall, ConnectHook
from pytest_queuekit.watch import finding
from pytest_queuekit.watch.frames import Frames, line_of
from pytest_queuekit.watch.observations import Observations
from pytest_queuekit.watch.watched import watched_class

_FACTORY = "QueueConnection"
"""The class name of the connections of the queue, and of any copy of it."""


class Connecting(ConnectHook):
    """Makes each connection of a queue a watched connection, and records QueueBusyError."""

    def __init__(self, observations: Observations) -> None:
        self._observations = observations
        self._classes: dict[type[sqlite3.Connection], type[sqlite3.Connection]] = {}
        self._errors: list[tuple[Any, Callable[..., None] | None]] = []

    def start(self) -> None:
        """Watch the connections that are opened from now on."""
        CONNECT_HOOKS.push(self)

    def stop(self) -> None:
        """Restore everything that start() and the connections replaced."""
        CONNECT_HOOKS.pop(self)
        for error, constructor in reversed(self._errors):
            with suppress(AttributeError):  # another tool has restored it already
                del error.__init__
            if constructor is not None:
                error.__init__ = constructor
        self._errors.clear()

    def before(self, call: ConnectCall) -> ConnectCall:
        if self._observations.is_on:
            with self._observations.guarded():
                factory = call.factory
                if _is_of_a_queue(factory):
                    return call.with_factory(self._watched(factory))
        return call

    def _watched(self, factory: Any) -> type[sqlite3.Connection]:
        watched = self._classes.get(factory)
        if watched is None:
            folder = os.path.dirname(sys.modules[factory.__module__].__file__ or "")  # noqa: PTH120 - as in code objects
            frames = Frames(folder)
            watched = watched_class(factory, self._observations, frames)
            self._classes[factory] = watched
            self._watch_busy(factory.__module__, frames)
        return watched

    def _watch_busy(self, module: str, frames: Frames) -> None:
        """Record each QueueBusyError that the queue creates."""
        exceptions = sys.modules.get(f"{module.rpartition('.')[0]}.exceptions")
        error = getattr(exceptions, "QueueBusyError", None)
        if error is None:
            return
        original, observations = error.__init__, self._observations

        def __init__(self: Exception, *arguments: Any, **options: Any) -> None:  # noqa: N807
            original(self, *arguments, **options)
            if observations.is_on:
                with observations.guarded():
                    _note_busy(observations, frames)

        self._errors.append((error, vars(error).get("__init__")))
        error.__init__ = __init__


def _is_of_a_queue(factory: Any) -> bool:
    """Return True for the class of a queue's connections, recognised by its name."""
    is_class = isinstance(factory, type) and issubclass(factory, sqlite3.Connection)
    return is_class and factory.__name__ == _FACTORY and factory.__module__ in sys.modules


def _note_busy(observations: Observations, frames: Frames) -> None:
    frame = sys._getframe(1)
    if not frames.is_of_queue(frame):
        return  # a test raises the error itself, to simulate a busy database
    user = frames.caller(frame)
    observations.note(finding.BUSY, _BUSY, None if user is None else line_of(user))


_BUSY = (
    "QueueBusyError: another connection held the lock for longer than busy_seconds; shorten its "
    "transaction, or try again later"
)
