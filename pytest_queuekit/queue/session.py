"""One thread's connection: how it takes the write lock, and how it survives exceptions.

An exception may arrive at almost any bytecode: Ctrl-C, a time limit, a signal handler. So each
state that must end is held by a `with` block of C code, which ends it in the same instruction:

- The lock of the session says that this thread is inside a call or a block. A fork and `close()`
  go by it; no counter could be left too high.
- `with conn:` commits, or rolls back if an exception arrives.

If a transaction is open although its thread is not inside a call or a block, then further
exceptions have kept it from ending. The next use rolls it back.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from operator import attrgetter
from typing import Any, TypeVar

from .blocks import block
from .connection import QueueConnection
from .exceptions import QueueBusyError, QueueDatabaseError
from .messages import shown_path
from .translation import not_storable
from .waiting import is_busy, wait_while_busy

T = TypeVar("T")

Parameters = Sequence[Any] | Callable[[], Sequence[Any]]
Answer = Callable[[sqlite3.Cursor], T]


def all_rows(cursor: sqlite3.Cursor) -> list[tuple[Any, ...]]:
    """Return all rows; bytes that are not UTF-8 become lone surrogates.

    Other SQL stored such text. An error would hide a task that the statement has claimed, and one
    such task would keep each claim from all tasks.
    """
    rows: list[tuple[Any, ...]] = []
    try:
        rows.extend(cursor)
    except sqlite3.OperationalError as error:
        if not str(error).startswith("Could not decode to UTF-8"):
            raise
        conn = cursor.connection
        before = conn.text_factory
        try:
            conn.text_factory = _decode_all
            rows.extend(cursor)  # goes on with the same row
        finally:
            conn.text_factory = before
    return rows


def _decode_all(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


changed_rows: Answer[int] = attrgetter("rowcount")


def new_id(cursor: sqlite3.Cursor) -> int | None:
    """Return the id of the inserted row, or None if nothing was inserted."""
    return cursor.lastrowid if cursor.rowcount > 0 else None


open_sessions: set[Session] = set()
"""The open sessions of this process, also those of threads that a fork ended."""


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
        self.thread = threading.get_ident()
        """The thread that uses it, unless all threads share it."""
        self.is_shared = is_shared
        self.is_of_parent = False
        """True in a forked child: the session is its parent's."""
        self._is_lent = False
        self._is_closing = False
        self._busy_seconds = busy_seconds
        self._lock: Any = threading.RLock()
        self._pragmas_set = 0
        self._savepoints = 0
        # None: an exception interrupted the change.
        self._sqlite_waits: bool | None = True
        self._cursor: sqlite3.Cursor | None = None
        conn.row_factory = sqlite3.Row
        open_sessions.add(self)

    def close(self) -> None:
        """Close the connection, or leave that to the thread that is inside a call.

        Closing it under that thread would crash Python. A forked child does nothing: the
        connection is the parent's.
        """
        if self.conn.pid != os.getpid():
            return
        self._is_closing = True
        if self.is_inside():
            return
        with self._acquired(timeout=0) as is_held:
            if is_held:
                self.conn.close()
                open_sessions.discard(self)

    def is_inside(self) -> bool:
        """Return True if this thread is inside a call or a block of this session."""
        return bool(self._lock._is_owned())  # as threading.Condition asks it

    def is_used_elsewhere(self) -> bool:
        """Return True if another thread is inside a call or a block of this session."""
        if not self._lock.acquire(blocking=False):
            return True
        self._lock.release()
        return False

    def refuse_replaced(self) -> None:
        """Raise QueueReplacedError before a change counts as done; see OpenedFile."""
        if self.conn.opened is not None:
            self.conn.opened.refuse_replaced()
            self.conn.opened.refuse_lost_files()

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

    def run_each(self, sql: str, rows: Iterable[Sequence[Any]], answer: Answer[T]) -> list[T]:
        """Run one statement with the parameters of each row, and return each answer."""
        was_open = self.conn.is_whole and self.conn.is_open()
        cursor = self._new_cursor()
        try:
            execute = cursor.execute
            return [answer(execute(sql, row)) for row in rows]
        except BaseException as error:
            self._end_failed(cursor, error, was_open=was_open)
            raise

    def _run(self, sql: str, parameters: Any, answer: Answer[T]) -> T:
        was_open = self.conn.is_whole and self.conn.is_open()
        cursor = self._cursor or self._new_cursor()
        self._cursor = None  # a signal handler that uses the queue takes another cursor
        try:
            result = answer(cursor.execute(sql, parameters))
        except BaseException as error:
            self._end_failed(cursor, error, was_open=was_open)
            raise
        self._cursor = cursor
        return result

    def _end_failed(self, cursor: sqlite3.Cursor, error: BaseException, *, was_open: bool) -> None:
        """End a statement that failed. Raises QueueInputError for a text that is not UTF-8."""
        # An unfinished statement would keep the write lock, and be committed by a child.
        if not self.is_of_parent:
            cursor.close()
        self.conn.failed(error, was_open=was_open)
        if isinstance(error, UnicodeEncodeError):  # see all_rows()
            raise not_storable(error) from None

    def _new_cursor(self) -> sqlite3.Cursor:
        cursor: sqlite3.Cursor = self.conn.cursor(sqlite3.Cursor)
        cursor.row_factory = None
        return cursor

    def autocommit(self, sql: str, parameters: Parameters, answer: Answer[T]) -> T:
        """Run one statement in its own transaction, or in the open transaction.

        parameters: or a function that returns them. Each attempt to take the lock calls it, so a
            time in them is never older than the wait for the lock.
        answer: returns what the caller needs of the cursor.
        """
        if self.is_shared or self._sqlite_waits is not False or self.conn.in_transaction:
            return self._autocommit_after_others(sql, parameters, answer)
        try:
            with self._lock:
                return self._autocommit_alone(sql, parameters, answer)
        finally:
            if self._is_closing:
                self.close()

    def _autocommit_after_others(self, sql: str, parameters: Parameters, answer: Answer[T]) -> T:
        with self._lock if self.is_inside() else self.held():
            if self.conn.in_transaction:
                return self._attempt(sql, parameters, answer)
            if not self._is_lent:
                self._wait_ourselves()
            return self._autocommit_alone(sql, parameters, answer)

    def _autocommit_alone(self, sql: str, parameters: Parameters, answer: Answer[T]) -> T:
        try:
            result = self._attempt(sql, parameters, answer)
        except sqlite3.OperationalError as error:
            if self._sqlite_waits or not is_busy(error):
                raise
            result = wait_while_busy(
                lambda: self._attempt(sql, parameters, answer), seconds=self._busy_seconds
            )
        if self.conn.opened is not None:
            self.conn.opened.refuse_replaced()
        return result

    def _attempt(self, sql: str, parameters: Parameters, answer: Answer[T]) -> T:
        if self.conn.opened is not None:
            self.conn.opened.refuse_lost_files()
        return self._run(sql, parameters() if callable(parameters) else parameters, answer)

    def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` under the write lock; all of it applies, or nothing."""
        if self.is_shared or self._sqlite_waits is not False or self.conn.in_transaction:
            return self._write_after_others(work)
        try:
            with self._lock:
                return self._write_alone(work)
        finally:
            if self._is_closing:
                self.close()

    def _write_after_others(self, work: Callable[[Session], T]) -> T:
        with self.held():
            if self.conn.in_transaction:
                with self.savepoint():
                    return work(self)
            return self._write_alone(work)

    def _write_alone(self, work: Callable[[Session], T]) -> T:
        with self.conn:
            self.begin()
            result = work(self)
            self.refuse_replaced()
            return result

    # -- transactions -------------------------------------------------------------------------

    def begin(self) -> None:
        """Take the write lock. Raises QueueBusyError if the lock stays taken.

        The caller puts this into a `with conn:` block, which ends the transaction.
        """
        if self._is_lent:
            self.run("BEGIN IMMEDIATE")
            return
        self._wait_ourselves()
        wait_while_busy(lambda: self.run("BEGIN IMMEDIATE"), seconds=self._busy_seconds)

    def roll_back(self) -> None:
        """Roll back the open transaction, unless it is another thread's or SQLite has done so."""
        with self._acquired(timeout=0) as is_held:
            if is_held and self.conn.in_transaction:
                self.conn.roll_back()

    @block
    def savepoint(self) -> Generator[None, None, None]:
        """On an error, undo the block but not the transaction around it."""
        # Its own name: an exception may leave an inner savepoint behind, already undone.
        self._savepoints, before = self._savepoints + 1, self._savepoints
        name = f"nested_{before}"
        try:
            self.run(f"SAVEPOINT {name}")
            yield
        except BaseException:
            if self.conn.in_transaction and not self.is_of_parent:
                with suppress(sqlite3.OperationalError):  # the savepoint was not set yet
                    self.run(f"ROLLBACK TO {name}")
                    self.run(f"RELEASE {name}")
            raise
        finally:
            self._savepoints = before
        self.run(f"RELEASE {name}")

    @block
    def held(self) -> Generator[None, None, None]:
        """Keep other threads out, and end a transaction that exceptions have left open."""
        try:
            if self.is_inside():
                with self._lock:
                    yield
            elif self.is_shared:
                with self._acquired(timeout=self._busy_seconds) as is_held:
                    if not is_held:
                        raise QueueBusyError(
                            f"another thread has used this database in memory for "
                            f"{self._busy_seconds:g} s; end its transaction, or try again later"
                        )
                    self._heal()
                    yield
            else:
                with self._lock:
                    self._heal()
                    yield
            self.refuse_in_child(None)
        except BaseException as error:
            self.refuse_in_child(error)
            raise
        finally:
            if self._is_closing:
                self.close()

    @block
    def _acquired(self, *, timeout: float) -> Generator[bool, None, None]:
        """Keep the lock for the block and yield True, or yield False after `timeout` seconds."""
        try:
            is_held = self._lock.acquire(timeout=timeout)
            try:
                yield is_held
            finally:
                if is_held:
                    self._lock.release()
        except BaseException:
            if self.is_inside():  # the exception came between acquire() and `try`
                self._lock.release()
            raise

    def _heal(self) -> None:
        if self.conn.in_transaction and not self.conn.is_begun_by_caller:
            self.conn.roll_back()

    def refuse_in_child(self, error: BaseException | None) -> None:
        """Raise QueueDatabaseError if this process was forked after the session was opened."""
        if self.conn.pid == os.getpid():
            return
        # Each COMMIT and ROLLBACK of the child is denied. What left the block is before that.
        left: BaseException | None = error
        while isinstance(left, sqlite3.Error):
            left = left.__context__
        if not isinstance(left, Exception | None):  # SystemExit is no harm
            raise left
        raise QueueDatabaseError(
            f"path={shown_path(self.path)}: os.fork() was called inside a `with` block or a call "
            "of the queue. The block is the parent's, so the child left its transaction alone; "
            "leave the block before the fork, or end the child with os._exit()"
        ) from error

    # -- waiting for a lock -------------------------------------------------------------------

    @block
    def lent(self) -> Generator[None, None, None]:
        """Let SQLite wait for locks while a caller uses the connection, also between calls."""
        before = self._is_lent
        try:
            self._is_lent = True
            self.wait_by_sqlite()
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
            self._sqlite_waits = None
            self._set_timeout(round(self._busy_seconds * 1000))
            self._sqlite_waits = True

    def _wait_ourselves(self) -> None:
        if self._sqlite_waits is not False:
            self._sqlite_waits = None
            self._set_timeout(0)
            self._sqlite_waits = False

    def _set_timeout(self, milliseconds: int) -> None:
        # The PRAGMA acts when SQLite compiles it, so it must not come from the statement cache.
        # A script bypasses the cache, but commits an open transaction. There, the number makes
        # the text new.
        if self.conn.in_transaction:
            self._pragmas_set += 1
            self.run(f"PRAGMA busy_timeout={milliseconds} -- {self._pragmas_set}")
        else:
            script = f"PRAGMA busy_timeout={milliseconds}"
            sqlite3.Connection.executescript(self.conn, script)  # no statement of the caller
