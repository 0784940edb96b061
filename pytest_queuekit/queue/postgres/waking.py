"""Wakes idle workers by NOTIFY, from a transaction of its own.

A NOTIFY inside the transaction of an enqueue would hold a lock of the whole server until the commit
is on disk, and end the grouping of commits. So it follows the commit, does not wait for the disk,
and comes at most once in a while: workers look for tasks by themselves in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any

import psycopg

from ..blocks import block
from ..exceptions import QueueDatabaseError
from .connections import Connections
from .session import Connection

LEAST_SECONDS = 0.02
"""Seconds between two notifications of a process."""

_NOTIFY = "SELECT set_config('synchronous_commit', 'off', true), pg_notify(%s, '')"


class Waking:
    """The notifications of a queue.

    channel: their name on the server, known after the first connection.
    """

    def __init__(self, connections: Connections, channel: Callable[[], str]) -> None:
        self._connections = connections
        self._channel = channel
        self._next = 0.0

    def notify(self) -> None:
        """Wake the workers that wait. A failure is none of the caller's: the change is done."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + LEAST_SECONDS
        with suppress(psycopg.Error, QueueDatabaseError):
            conn = self._connections.take()
            try:
                conn.execute(_NOTIFY, (self._channel(),))
            finally:
                self._connections.give_back(conn)

    @block
    def listening(self) -> Generator[Callable[[float], None], None, None]:
        """Yield a function that waits for a notification, for at most so many seconds."""
        listener = _Listener(self._connections, self._channel())
        try:
            yield listener.wait
        finally:
            listener.close()


class _Listener:
    def __init__(self, connections: Connections, channel: str) -> None:
        self._connections = connections
        self._listen = f'LISTEN "{channel}"'.encode()
        self._conn: Connection | None = None

    def wait(self, seconds: float) -> None:
        """Wait for a notification. The first call, and one that loses the connection, do not wait.

        What happened before this connection listened calls for another look.
        """
        try:
            if self._conn is None:
                self._conn = self._connections.take()
                self._conn.execute(self._listen)
                return
            notices: Any = self._conn.notifies(timeout=seconds, stop_after=1)
            for _ in notices:
                pass
        except psycopg.Error:
            self.close()

    def close(self) -> None:
        """Return the connection, without notifications."""
        conn, self._conn = self._conn, None
        if conn is None:
            return
        try:
            conn.execute("UNLISTEN *")
        except psycopg.Error:
            conn.close()
        finally:
            self._connections.give_back(conn)
