"""One thread's connection: how it takes the write lock, and how it ends in a fork."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any, TypeVar

from .connection import QueueConnection
from .exceptions import QueueBusyError, QueueDatabaseError
from .messages import shown_path
from .waiting import is_busy, wait_while_busy

T = TypeVar("T")

Parameters = Sequence[Any] | Callable[[], Sequence[Any]]
Answer = Callable[[sqlite3.Cursor], T]

all_rows: Answer[list[tuple[Any, ...]]] = sqlite3.Cursor.fetchall
changed_rows: Answer[int] = attrgetter("rowcount")


def new_id(cursor: sqlite3.Cursor) -> int | None:
    """Return the id of the inserted row, or None if nothing was inserted."""
    return cursor.lastrowid if cursor.rowcount > 0 else None


class Session:
    """A connection and the process that opened it.

    A file has one session for each thread. A database in memory has one session that all
    threads share; `held` admits one thread at a time.
    """

    def __init__(
        self, conn: QueueConnection, *, path: str, busy_seconds: float, is_shared: bool
    ) -> None:
        self.conn = conn
        self.path = path
        self.pid = os.getpid()
        self.is_shared = is_shared
        self._thread = threading.get_ident()
        self._calls = 0
        self._is_lent = False
        self._is_closing = False
        self._busy_seconds = busy_seconds
        self._lock = threading.RLock()
        self._pragmas_set = 0
        self._sqlite_waits = True
        conn.row_factory = None
        self._cursor: sqlite3.Cursor = conn.cursor()
        conn.row_factory = sqlite3.Row
        if not is_shared:
            _in_files.add(self)

    def close(self) -> None:
        """Close the connection, or leave that to the thread that is inside a call.

        Closing it under that thread would crash Python. A forked child does nothing: the
        connection is the parent's.
        """
        if self.pid != os.getpid():
            return
        self._is_closing = True
        if self._lock.acquire(blocking=False):
            try:
                if not self._calls:
                    _in_files.discard(self)
                    self.conn.close()
            finally:
                self._lock.release()

    def refuse_replaced(self) -> None:
        """Raise QueueReplacedError before a change counts as done; see OpenedFile."""
        if self.conn.opened is not None:
            self.conn.opened.refuse_replaced()

    def is_under_way(self) -> bool:
        """Return True in a transaction, or while another thread is inside a call."""
        return self.conn.in_transaction or (
            self._calls > 0 and self._thread != threading.get_ident()
        )

    # -- the queue's own statements -----------------------------------------------------------

    def run(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all its rows: RETURNING ends only with the last row."""
        return self._run(sql, parameters, all_rows)

    def change(self, sql: str, parameters: Any = ()) -> int:
        """Run one statement and return the number of rows that it changed itself."""
        return self._run(sql, parameters, changed_rows)

    def insert(self, sql: str, parameters: Any = ()) -> int | None:
        """Insert one row and return its id, or None if nothing was inserted."""
        return self._run(sql, parameters, new_id)

    def insert_each(self, sql: str, rows: Iterable[Sequence[Any]]) -> list[int | None]:
        """Insert rows and return their ids, with None for each that was not inserted."""
        was_open, execute = self.conn.is_open(), self._cursor.execute
        try:
            return [new_id(execute(sql, row)) for row in rows]
        except sqlite3.Error as error:
            self.conn.failed(error, was_open=was_open)
            raise

    def _run(self, sql: str, parameters: Any, answer: Answer[T]) -> T:
        was_open = self.conn.is_open()
        try:
            return answer(self._cursor.execute(sql, parameters))
        except sqlite3.Error as error:
            self.conn.failed(error, was_open=was_open)
            raise

    def autocommit(self, sql: str, parameters: Parameters, answer: Answer[T]) -> T:
        """Run one statement in its own transaction, or in the open transaction.

        parameters: or a function that returns them. Each attempt to take the lock calls it, so a
            time in them is never older than the wait for the lock.
        answer: returns what the caller needs of the cursor.
        """
        self._enter()
        try:
            if self.conn.in_transaction:
                return self._attempt(sql, parameters, answer)
            result = self._run_alone(sql, parameters, answer)
            self.refuse_replaced()
            return result
        finally:
            self._leave()

    def _run_alone(self, sql: str, parameters: Parameters, answer: Answer[T]) -> T:
        self._wait_ourselves()
        try:
            return self._attempt(sql, parameters, answer)
        except sqlite3.OperationalError as error:
            if not is_busy(error) or self.conn.in_transaction:
                raise
            return wait_while_busy(
                lambda: self._attempt(sql, parameters, answer), seconds=self._busy_seconds
            )

    def _attempt(self, sql: str, parameters: Parameters, answer: Answer[T]) -> T:
        return self._run(sql, parameters() if callable(parameters) else parameters, answer)

    def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` under the write lock; all of it applies, or nothing."""
        self._enter()
        try:
            if self.conn.in_transaction:
                with self.savepoint():
                    return work(self)
            return self._write_alone(work)
        finally:
            self._leave()

    def _write_alone(self, work: Callable[[Session], T]) -> T:
        try:
            self.begin()
            result = work(self)
            self.refuse_replaced()
            self.conn.commit()
        except BaseException:
            self.roll_back()
            raise
        return result

    # -- transactions -------------------------------------------------------------------------

    def begin(self) -> None:
        """Take the write lock. Raises QueueBusyError if the lock stays taken."""
        self._wait_ourselves()
        wait_while_busy(lambda: self.conn.execute("BEGIN IMMEDIATE"), seconds=self._busy_seconds)

    def roll_back(self) -> None:
        """Roll back the open transaction, unless SQLite has done so already."""
        if self.conn.in_transaction:
            self.conn.rollback()

    def end_by(self, statement: Callable[[], object]) -> None:
        """End a transaction or a savepoint of a caller.

        SQLite refuses that while rows of RETURNING are unread, so the cursors are closed then.
        """
        try:
            statement()
        except sqlite3.OperationalError as error:
            if not is_busy(error) or not self.conn.in_transaction:
                raise
            self.conn.close_cursors(but=self._cursor)
            statement()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """On an error, undo the block but not the transaction around it."""
        self.conn.execute("SAVEPOINT nested")
        try:
            yield
        except BaseException:
            if self.conn.in_transaction:
                self.conn.execute("ROLLBACK TO nested")
                self.conn.execute("RELEASE nested")
            raise
        self.end_by(lambda: self.conn.execute("RELEASE nested"))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other threads out of the shared connection."""
        if not self._lock.acquire(timeout=self._busy_seconds):
            raise QueueBusyError(
                f"another thread has used this database in memory for {self._busy_seconds:g} s; "
                "end its transaction, or try again later"
            )
        self._calls += 1
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        self._lock.acquire()
        self._calls += 1

    def _leave(self) -> None:
        if self._is_lent:
            self.wait_by_sqlite()
        self._calls -= 1
        self._lock.release()
        if self._is_closing and not self._calls:
            self.close()

    # -- waiting for a lock -------------------------------------------------------------------

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Let SQLite wait for locks while a caller uses the connection, also between calls."""
        before, self._is_lent = self._is_lent, True
        self.wait_by_sqlite()
        try:
            yield
        finally:
            self._is_lent = before

    def lend(self) -> None:
        """Let SQLite wait for locks from now on: a caller keeps the connection."""
        self._is_lent = True
        self.wait_by_sqlite()

    def wait_by_sqlite(self) -> None:
        """Set busy_timeout, as PRODUCTION_PRAGMAS promise, for the caller's own statements."""
        if not self._sqlite_waits:
            self._set_timeout(round(self._busy_seconds * 1000))
            self._sqlite_waits = True

    def _wait_ourselves(self) -> None:
        if self._sqlite_waits:
            self._set_timeout(0)
            self._sqlite_waits = False

    def _set_timeout(self, milliseconds: int) -> None:
        # The PRAGMA acts when SQLite compiles it, so it must not come from the statement cache.
        # A script bypasses the cache, but commits an open transaction. There, the number makes
        # the text new.
        if self.conn.in_transaction:
            self._pragmas_set += 1
            self.conn.execute(f"PRAGMA busy_timeout={milliseconds} -- {self._pragmas_set}")
        else:
            self.conn.executescript(f"PRAGMA busy_timeout={milliseconds}")


# -- forks ------------------------------------------------------------------------------------

_in_files: set[Session] = set()
"""The open sessions of this process on files, also those of threads that a fork ended."""
_of_parent: list[Session] = []
"""Sessions of a parent that was using a file: closing them would interfere with its work."""


def refuse_after_fork(path: str) -> None:
    """Raise QueueDatabaseError if the parent was using this file during the fork."""
    if any(os.path.realpath(session.path) == os.path.realpath(path) for session in _of_parent):
        raise QueueDatabaseError(
            f"path={shown_path(path)}: this process was forked while its parent was in a "
            "transaction or a call on this file, so it cannot tell the parent's locks from its "
            "own; fork before or after, or start processes with 'spawn'"
        )


def _close_inherited() -> None:
    """In a forked child, close the parent's connections.

    SQLite keeps the locks of a process in memory. While the parent's connection is open in the
    child, SQLite believes that the child already holds the parent's locks, so it takes no lock on
    the child's behalf. The parent would then close the file as its last user and delete the log
    that the child writes to. Closing an idle connection here has no effect on the parent.
    """
    inherited = list(_in_files)
    _in_files.clear()
    if any(session.is_under_way() for session in inherited):
        _of_parent.extend(inherited)
        return
    for session in inherited:
        session.conn.close_with_cursors()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_inherited)
