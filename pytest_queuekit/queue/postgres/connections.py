"""The connections of one process: opened when needed, kept for the next call, at most so many.

No thread works in the background, so a fork needs no care: a child forgets the connections of its
parent and opens its own. A kept connection is used again only if the server has sent nothing on it
meanwhile; an end of the connection, or the reason for it, would be waiting in the socket.
"""

from __future__ import annotations

import os
import selectors
import threading
from collections.abc import Callable

import psycopg

from ..exceptions import QueueBusyError, QueueClosedError
from .session import Connection


class Connections:
    """The open connections of a database object.

    connect: opens a connection. limit: most connections of a process.
    seconds: to wait for one that another thread uses.
    """

    def __init__(self, connect: Callable[[], Connection], *, limit: int, seconds: float) -> None:
        self._connect = connect
        self._limit = limit
        self._seconds = seconds
        self._is_closed = False
        self._of_parents: list[Connection] = []
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._idle: list[Connection] = []
        self._free = threading.BoundedSemaphore(self._limit)

    def take(self) -> Connection:
        """Return a connection for this thread alone; give_back() returns it.

        Raises QueueClosedError after close(), and QueueBusyError if all stay in use.
        """
        if self._pid != os.getpid():
            # Referred to for ever: closing one would end the parent's session.
            self._of_parents += self._idle
            self._begin()
        if self._is_closed:
            raise QueueClosedError()
        if not self._free.acquire(timeout=self._seconds):
            raise QueueBusyError(
                f"all {self._limit} connections of this process were in use for "
                f"{self._seconds:g} s; nothing was changed. End transactions sooner, or raise "
                "max_connections"
            )
        try:
            return self._usable() or self._connect()
        except BaseException:
            self._free.release()
            raise

    def _usable(self) -> Connection | None:
        while self._idle:
            try:
                conn = self._idle.pop()
            except IndexError:  # another thread took the last one
                return None
            if not conn.closed and not _has_news(conn):
                return conn
            conn.close()
        return None

    def give_back(self, conn: Connection) -> None:
        """Keep a connection for the next call, or close it if a transaction is open on it."""
        if self._pid != os.getpid():
            self._of_parents.append(conn)
            return
        is_idle = conn.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if self._is_closed or not is_idle:
            conn.close()
        else:
            self._idle.append(conn)
        self._free.release()

    def close(self) -> None:
        """Close the kept connections; those in use close when they are given back."""
        self._is_closed = True
        if self._pid == os.getpid():
            while self._idle:
                self._idle.pop().close()


def _has_news(conn: Connection) -> bool:
    """Return True if the server has sent something since the last answer, or has gone."""
    with selectors.DefaultSelector() as selector:
        selector.register(conn.fileno(), selectors.EVENT_READ)
        return bool(selector.select(0))
