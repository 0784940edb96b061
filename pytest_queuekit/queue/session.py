"""One thread's connection, and how it takes the write lock."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from .connection import QueueConnection
from .exceptions import QueueBusyError
from .waiting import is_busy, wait_while_busy

T = TypeVar("T")


class Session:
    """A connection, with the process it belongs to.

    A file has a session a thread; a database in memory has one that all threads share, and
    `held` lets them in one by one.
    """

    def __init__(self, conn: QueueConnection, *, busy_seconds: float, is_shared: bool) -> None:
        self.conn = conn
        self.pid = os.getpid()
        self.is_shared = is_shared
        self._busy_seconds = busy_seconds
        self._lock = threading.RLock()
        self._pragmas_set = 0
        self._sqlite_waits = True
        conn.row_factory = None
        self._cursor: sqlite3.Cursor = conn.cursor()
        conn.row_factory = sqlite3.Row

    def close(self) -> None:
        """Close the connection; in a forked child do nothing, it is the parent's."""
        if self.pid == os.getpid():
            self.conn.close()

    # -- the queue's own statements -----------------------------------------------------------

    def run(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows: a RETURNING ends with its last row only."""
        return self._cursor.execute(sql, parameters).fetchall()

    def change(self, sql: str, parameters: Any = ()) -> int:
        """Run one statement and return how many rows it changed itself."""
        return self._cursor.execute(sql, parameters).rowcount

    def autocommit(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """Run one statement as a transaction of its own, or inside the one that is open."""
        if self.conn.in_transaction:
            return self.run(sql, parameters)
        if self._sqlite_waits:
            self._wait_ourselves()
        try:
            return self.run(sql, parameters)
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            return wait_while_busy(lambda: self.run(sql, parameters), seconds=self._busy_seconds)

    def write(self, work: Callable[[Session], T]) -> T:
        """Do some work under the write lock: all of it, or nothing."""
        if self.conn.in_transaction:
            with self.savepoint():
                return work(self)
        self.begin()
        try:
            result = work(self)
            self.conn.commit()
        except BaseException:
            self.roll_back()
            raise
        return result

    # -- transactions -------------------------------------------------------------------------

    def begin(self) -> None:
        """Take the write lock. Raises QueueBusyError when it stays taken."""
        self._wait_ourselves()
        wait_while_busy(lambda: self.conn.execute("BEGIN IMMEDIATE"), seconds=self._busy_seconds)

    def roll_back(self) -> None:
        """End an open transaction without effect; SQLite may have done so already."""
        if self.conn.in_transaction:
            self.conn.rollback()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo the block alone, not the transaction around it, if it fails."""
        self.conn.execute("SAVEPOINT nested")
        try:
            yield
        except BaseException:
            if self.conn.in_transaction:
                self.conn.execute("ROLLBACK TO nested")
                self.conn.execute("RELEASE nested")
            raise
        self.conn.execute("RELEASE nested")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other threads out of a connection that they share."""
        if not self._lock.acquire(timeout=self._busy_seconds):
            raise QueueBusyError(
                f"another thread has used this database in memory for {self._busy_seconds:g} s; "
                "end its transaction, or try again later"
            )
        try:
            yield
        finally:
            self._lock.release()

    # -- who waits for a lock -----------------------------------------------------------------

    def wait_by_sqlite(self) -> None:
        """Set busy_timeout as PRODUCTION_PRAGMAS promise, for statements that are not ours."""
        if not self._sqlite_waits:
            self._set_timeout(round(self._busy_seconds * 1000))
            self._sqlite_waits = True

    def _wait_ourselves(self) -> None:
        if self._sqlite_waits:
            self._set_timeout(0)
            self._sqlite_waits = False

    def _set_timeout(self, milliseconds: int) -> None:
        # The PRAGMA acts when it is compiled, so it must not come from the statement cache.
        # A script never does, but would commit an open transaction; there, the number helps.
        if self.conn.in_transaction:
            self._pragmas_set += 1
            self.conn.execute(f"PRAGMA busy_timeout={milliseconds} -- {self._pragmas_set}")
        else:
            self.conn.executescript(f"PRAGMA busy_timeout={milliseconds}")
