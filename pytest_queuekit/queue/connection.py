"""One connection to the file, its cursors, and its count of changed rows."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, Literal, Self, TypeVar, cast

from .blocks import block
from .callbacks import Callbacks
from .clock import TOLERANCE, agrees_with_sql, follow_clock, is_replaced, system_clock
from .exceptions import QueueDatabaseError
from .forkable import ForkableConnection
from .messages import one_line, shown
from .opened import OpenedFile
from .schema import ON_DEMAND, SORTS_BY_PRIORITY, tuples

T = TypeVar("T")


class QueueConnection(ForkableConnection):
    """A connection with a total_changes that counts only rows a `with` block changed itself.

    SQLite's own count is a lifetime total that includes rows changed by triggers and cascades.
    While counting is on, each statement is settled before the next one: if the lifetime total
    grew, changes() returns the rows that the statement itself changed.
    """

    is_whole = False
    """True inside a whole() block."""
    is_counting = False
    """True inside a counted() block."""
    _changed = 0
    _settled_at = 0
    _undone_by: BaseException | None = None
    companion: sqlite3.Connection | None = None
    """A connection that closes together with this connection."""
    clock_offset: float | None = None
    """Python's time minus the counter, in seconds, when SQL's 'now' last agreed with it; None if
    SQL's date functions follow a clock."""
    opened: OpenedFile | None = None
    """The file; None for a database in memory."""
    elapsed = staticmethod(time.perf_counter)
    """The counter. An attribute, because freezegun replaces the names of modules."""
    is_begun_by_caller = False
    """True if a statement of the caller began the open transaction."""
    _sorts_by_priority = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.callbacks = Callbacks()
        """The queue's functions that SQL calls."""
        super().__init__(*arguments, **options)

    @block
    def counted(self) -> Generator[None, None, None]:
        """Count from zero inside the block; an enclosing block counts the same rows too."""
        before, so_far = self.is_counting, self.total_changes
        try:
            self.is_counting = True
            self._changed = 0
            self._settled_at = super().total_changes
            yield
        finally:
            try:
                if before:
                    self._changed = so_far + self.total_changes
            finally:
                self.is_counting = before

    @block
    def whole(self) -> Generator[None, None, None]:
        """Refuse to continue after an error that rolled back the block's whole transaction.

        SQLite may roll back the whole transaction when the disk or memory is full, or for a
        statement with OR ROLLBACK. If the block caught the error and continued, each later
        statement would commit by itself.
        """
        try:
            self.is_whole, self._undone_by = True, None
            yield
            if not self.is_open():
                raise QueueDatabaseError(
                    "the transaction of this block ended inside the block, so its statements "
                    "are not one transaction; check the rows, and let the block end it"
                )
        finally:
            self.is_whole, self._undone_by = False, None

    def is_open(self) -> bool:
        """Return True if a transaction is open.

        Raises QueueDatabaseError if an error rolled back the transaction of a whole() block.
        """
        self.refuse_in_child()
        if self._undone_by is not None:
            raise QueueDatabaseError(
                f"an error ({one_line(str(self._undone_by))}) rolled back this whole transaction; "
                "let the error leave the block, then start a new transaction"
            ) from self._undone_by
        return self.in_transaction

    def refuse_end(self, call: str, remedy: str) -> None:
        """Raise QueueDatabaseError inside a whole() block, which alone ends its transaction."""
        self.refuse_in_child()
        if self.is_whole:
            raise QueueDatabaseError(
                f"{call} inside transaction() would end half of the block, so it did nothing. "
                f"{remedy}"
            )

    @property
    def isolation_level(self) -> Literal["DEFERRED", "EXCLUSIVE", "IMMEDIATE"] | None:
        """None: autocommit."""
        return None

    @isolation_level.setter
    def isolation_level(self, level: str | None) -> None:
        # With another level, sqlite3 begins transactions that no call of the queue commits.
        if level is not None:
            raise QueueDatabaseError(f"isolation_level={shown(level)}: {_ONLY_AUTOCOMMIT}")

    @property
    def autocommit(self) -> int:
        """LEGACY_TRANSACTION_CONTROL of sqlite3, which has this attribute since Python 3.12."""
        return _LEGACY

    @autocommit.setter
    def autocommit(self, mode: int) -> None:
        if mode != _LEGACY:
            raise QueueDatabaseError(f"autocommit={shown(mode)}: {_ONLY_AUTOCOMMIT}")

    def commit(self) -> None:
        """Commit the open transaction, but not that of a whole() block."""
        self.refuse_end("commit()", _COMMITS)
        super().commit()

    def rollback(self) -> None:
        """Roll back the open transaction, but not that of a whole() block."""
        self.refuse_end("rollback()", _ROLLS_BACK)
        super().rollback()

    def roll_back(self) -> None:
        """Roll back the open transaction, also that of a whole() block."""
        super().rollback()

    def __enter__(self) -> Self:
        """Begin a block that commits or rolls back at its end."""
        self.refuse_end(
            "`with` on the connection", "Use a nested transaction(), or no `with` at all"
        )
        return super().__enter__()

    def failed(self, error: BaseException, *, was_open: bool) -> None:
        """Record the error of a statement; raise the exception that a callback had instead."""
        if self.is_whole and was_open and not self.in_transaction:
            self._undone_by = error
        if isinstance(error, Exception):
            self.callbacks.raise_kept(self)

    def close(self) -> None:
        """Close the connection. A forked child does nothing: the connection is the parent's."""
        if self.pid == os.getpid():
            self.close_with_cursors()

    def close_with_cursors(self) -> None:
        """Close the connection and its cursors; a statement of theirs would keep it open."""
        for cursor in self.live_cursors():
            with suppress(sqlite3.ProgrammingError):  # the connection is closed already
                cursor.close()
        if self.companion is not None:
            self.companion.close()
        if self.leave_to_others():
            self.roll_back()
            return
        if self.opened is not None:
            self.opened.release()
        super().close()

    def leave_to_others(self) -> bool:
        """Keep the connection open for ever if other processes use another -shm; return if so.

        As the last user of the file, SQLite would remove its -wal, and with it the changes of
        those processes, which this connection does not know.
        """
        if self.opened is None or not self.opened.has_other_index():
            return False
        self.keep_for_ever()
        return True

    def follow_python(self) -> None:
        """Let SQL's 'now' follow Python's clock, if a test has replaced that clock."""
        offset = time.time() - self.elapsed()
        if agrees_with_sql(self):
            self.clock_offset = offset
            return
        try:
            self.companion = follow_clock(self, self.callbacks, system_clock)
        except sqlite3.OperationalError as error:
            raise QueueDatabaseError(
                "the clock of Python is replaced, and SQL's datetime('now') cannot follow it while "
                "a SELECT of this connection is unread; fetch all its rows, or pass `clock` to "
                "QueueDatabase"
            ) from error
        self.clock_offset = None

    def is_in_other_time(self) -> bool:
        """Return True if Python's clock has jumped, or is replaced, since the last comparison."""
        offset = self.clock_offset
        # The comparison with NOT_COMPARED is false.
        return offset is not None and (
            is_replaced() or not -TOLERANCE < time.time() - self.elapsed() - offset < TOLERANCE
        )

    @property
    def total_changes(self) -> int:
        """Rows that this block's own statements inserted, changed or deleted."""
        if not self.is_counting:
            return super().total_changes
        self.settle()
        return self._changed

    def cursor(self, factory: Any = None) -> Any:
        """Return a cursor. Inside a `counted()` block, it counts the rows that it changes."""
        # At the recursion limit, revive() fails after a statement too. The next call ends that.
        self.callbacks.revive(self)
        made = super().cursor(factory or QueueCursor)
        self.remember(made)
        return made

    def prepare_for(self, sql: str) -> None:
        """Create the index for claims by other SQL before the first of them.

        While another process holds the lock, the claim is only slower.
        """
        if self._sorts_by_priority or not SORTS_BY_PRIORITY.search(sql):
            return
        with suppress(sqlite3.OperationalError):
            super().cursor(sqlite3.Cursor).execute(ON_DEMAND["status_priority"])
            self._sorts_by_priority = True

    # sqlite3's own methods of these names do not call cursor().

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Run one statement."""
        return cast("sqlite3.Cursor", self.cursor().execute(sql, parameters))

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """Run one statement for each set of parameters."""
        return cast("sqlite3.Cursor", self.cursor().executemany(sql, parameters))

    def executescript(self, sql_script: str, /) -> sqlite3.Cursor:
        """Run several statements, after a commit."""
        return cast("sqlite3.Cursor", self.cursor().executescript(sql_script))

    def settle(self) -> None:
        """Count the rows that the previous statement itself changed."""
        if self.is_counting and super().total_changes != self._settled_at:
            self.count(tuples(self).execute("SELECT changes()").fetchone()[0])

    def count(self, changed: int) -> None:
        """Add rows, and mark everything that SQLite has counted so far as settled."""
        self._changed += changed
        self._settled_at = super().total_changes


class QueueCursor(sqlite3.Cursor):
    """A cursor for the caller's SQL: no statement of it stays unfinished, except a SELECT.

    SQLite keeps the write lock until the last row of RETURNING is read, and commits with it. So
    execute() reads all rows, and the fetch methods return them.
    """

    connection: QueueConnection
    _read: Iterator[Any] | None = None

    def execute(self, sql: str, parameters: Any = (), /) -> QueueCursor:
        """Run one statement."""
        conn = self.connection
        was_open = conn.is_open()
        if conn.is_whole and (end := _ENDS.match(sql)):
            commits = end["rollback"] is None
            conn.refuse_end(end["statement"].upper(), _COMMITS if commits else _ROLLS_BACK)
        if conn.is_in_other_time():
            conn.follow_python()
        conn.prepare_for(sql)
        conn.settle()
        self._read = None
        try:
            super().execute(sql, parameters)
            if self.description is not None and _HOLDS_LOCK.search(sql):
                self._read = iter(super().fetchall())
        except BaseException as error:
            if not isinstance(error, sqlite3.Error):
                super().close()
            conn.failed(error, was_open=was_open)
            raise
        if not was_open:
            conn.is_begun_by_caller = conn.in_transaction
        return self

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> QueueCursor:
        """Run one statement for each set of parameters."""
        conn = self.connection
        was_open = conn.is_open()
        if conn.is_in_other_time():
            conn.follow_python()
        conn.settle()
        self._read = None
        try:
            super().executemany(sql, parameters)
        except BaseException as error:
            conn.failed(error, was_open=was_open)
            raise
        if conn.is_counting:
            conn.count(max(self.rowcount, 0))
        return self

    def executescript(self, sql_script: str, /) -> QueueCursor:
        """Run several statements, after a commit."""
        conn = self.connection
        conn.refuse_end("executescript()", "Run its statements one by one with execute()")
        if conn.is_in_other_time():
            conn.follow_python()
        self._run(super().executescript, sql_script)
        conn.is_begun_by_caller = conn.in_transaction
        return self

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return self._run(super().fetchone) if self._read is None else next(self._read, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return at most `size` rows, or `arraysize`."""
        count = self.arraysize if size is None else size
        if self._read is None:
            return self._run(super().fetchmany, count)
        return list(islice(self._read, count))

    def fetchall(self) -> list[Any]:
        """Return the remaining rows."""
        return self._run(super().fetchall) if self._read is None else list(self._read)

    def __next__(self) -> Any:
        return self._run(super().__next__) if self._read is None else next(self._read)

    def _run(self, step: Callable[..., T], *arguments: Any) -> T:
        self.connection.refuse_in_child()
        try:
            return step(*arguments)
        except sqlite3.Error:
            self.connection.callbacks.raise_kept(self.connection)
            raise


_HOLDS_LOCK = re.compile(r"\breturning\b|^\s*pragma\b", re.IGNORECASE)
_ENDS = re.compile(
    r"(?:\s|;|\ufeff|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*+"  # SQLite skips these too
    r"(?P<statement>commit|end|(?P<rollback>rollback)(?!.*\bto\b))\b",
    re.IGNORECASE | re.DOTALL,
)
"""Matches a statement that ends a transaction, not only a savepoint."""
_LEGACY = -1
_ONLY_AUTOCOMMIT = (
    "connections of the queue stay in autocommit, because its calls commit their changes "
    "themselves; use transaction() for several statements"
)
_COMMITS = "Leave the block: its end commits"
_ROLLS_BACK = "To undo the block, raise an error that leaves it"
