"""Counts the work of a call: steps of SQLite's virtual machine, or else processor time.

Neither depends on the load of the machine or on its disk. Steps are counted on every connection
that `sqlite3.connect` opens while the counter is active; processor time is that of this thread.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from pytest_queuekit.sqlite_hooks import CONNECT_HOOKS, ConnectHook

T = TypeVar("T")


class StepCounter(ConnectHook):
    """Counts the steps of SQLite's virtual machine during chosen calls."""

    def __init__(self) -> None:
        self._connections: list[sqlite3.Connection] = []
        self._steps = 0
        self._counting = False

    def after(self, connection: sqlite3.Connection) -> None:
        """Keep a new connection, which may be opened by the very call that is counted."""
        self._connections.append(connection)
        if self._counting:
            connection.set_progress_handler(self._step, 1)

    def steps_of(self, call: Callable[[], T]) -> tuple[T, int]:
        """Make a call; return its value, and the steps that its statements took in this thread."""
        self._steps, self._counting = 0, True
        self._watch(self._step)
        try:
            value = call()
        finally:
            self._counting = False
            self._watch(None)
        return value, self._steps

    def _watch(self, handler: Callable[[], int] | None) -> None:
        for connection in self._connections:
            # It may be closed, or belong to another thread.
            with suppress(sqlite3.ProgrammingError):
                connection.set_progress_handler(handler, 1)

    def _step(self) -> int:
        self._steps += 1
        return 0


@contextmanager
def step_counter() -> Iterator[StepCounter]:
    """Return a counter that knows every connection which is opened inside the block."""
    counter = StepCounter()
    with CONNECT_HOOKS.active(counter):
        yield counter


def processor_time_of(call: Callable[[], T]) -> tuple[T, int]:
    """Make a call; return its value, and the nanoseconds for which this thread was computing."""
    before = time.thread_time_ns()
    value = call()
    return value, time.thread_time_ns() - before
