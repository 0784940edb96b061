"""One connection to the file, and its count of changed rows."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from .exceptions import QueueDatabaseError
from .messages import one_line
from .opened import OpenedFile
from .schema import ON_DEMAND, SORTS_BY_PRIORITY


class QueueConnection(sqlite3.Connection):
    """A connection with a total_changes that counts only rows a `with` block changed itself.

    SQLite's own count is a lifetime total that includes rows changed by triggers and cascades.
    While counting is on, each statement is settled before the next one: if the lifetime total
    grew, changes() returns the rows that the statement itself changed.
    """

    _counting = False
    _changed = 0
    _settled_at = 0
    _is_whole = False
    _undone_by: sqlite3.Error | None = None
    _sorts_by_priority = False
    companion: sqlite3.Connection | None = None
    """A connection that closes together with this connection."""
    opened: OpenedFile | None = None
    """The file; None for a database in memory."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._cursors: weakref.WeakSet[sqlite3.Cursor] = weakref.WeakSet()
        super().__init__(*arguments, **options)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count from zero inside the block; an enclosing block counts the same rows too."""
        before, so_far = self._counting, self.total_changes
        self._counting = True
        self._changed = 0
        self._settled_at = super().total_changes
        try:
            yield
        finally:
            self._changed = so_far + self.total_changes
            self._counting = before

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Refuse to continue after an error that rolled back the block's whole transaction.

        SQLite may roll back the whole transaction when the disk or memory is full, or for a
        statement with OR ROLLBACK. If the block caught the error and continued, each later
        statement would commit by itself.
        """
        self._is_whole, self._undone_by = True, None
        try:
            yield
            self.is_open()
        finally:
            self._is_whole, self._undone_by = False, None

    def is_open(self) -> bool:
        """Return True if a transaction is open.

        Raises QueueDatabaseError if an error rolled back the transaction of a whole() block.
        """
        if self._undone_by is not None:
            raise QueueDatabaseError(
                f"an error ({one_line(str(self._undone_by))}) rolled back this whole transaction; "
                "let the error leave the block, then start a new transaction"
            ) from self._undone_by
        return self.in_transaction

    def failed(self, error: sqlite3.Error, *, was_open: bool) -> None:
        """Record the error of a statement."""
        if self._is_whole and was_open and not self.in_transaction:
            self._undone_by = error

    def close(self) -> None:
        """Close the connection."""
        super().close()
        if self.companion is not None:
            self.companion.close()

    def close_with_cursors(self) -> None:
        """Close the connection and its cursors; an unfinished SELECT would keep it open."""
        for cursor in list(self._cursors):
            cursor.close()
        self.close()

    def close_cursors(self, but: sqlite3.Cursor) -> None:
        """Close all cursors of this connection except one."""
        for cursor in list(self._cursors):
            if cursor is not but:
                cursor.close()

    @property
    def total_changes(self) -> int:
        """Rows that this block's own statements inserted, changed or deleted."""
        if not self._counting:
            return super().total_changes
        self.settle()
        return self._changed

    def cursor(self, factory: Any = None) -> Any:
        """Return a cursor. Inside a `counted()` block, it counts the rows that it changes."""
        made = super().cursor(factory or (CountingCursor if self._counting else sqlite3.Cursor))
        self._cursors.add(made)
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

    # sqlite3's own execute() and executemany() do not call cursor().

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Run one statement."""
        self.prepare_for(sql)
        return cast("sqlite3.Cursor", self.cursor().execute(sql, parameters))

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """Run one statement for each set of parameters."""
        return cast("sqlite3.Cursor", self.cursor().executemany(sql, parameters))

    def settle(self) -> None:
        """Count the rows that the previous statement itself changed."""
        if super().total_changes != self._settled_at:
            row = super().cursor(sqlite3.Cursor).execute("SELECT changes()").fetchone()
            self.count(row[0])

    def count(self, changed: int) -> None:
        """Add rows, and mark everything that SQLite has counted so far as settled."""
        self._changed += changed
        self._settled_at = super().total_changes


class CountingCursor(sqlite3.Cursor):
    """A cursor that reports changed rows to its connection."""

    connection: QueueConnection

    def execute(self, sql: str, parameters: Any = (), /) -> CountingCursor:
        """Run one statement."""
        was_open = self.connection.is_open()
        self.connection.prepare_for(sql)
        self.connection.settle()
        try:
            super().execute(sql, parameters)
        except sqlite3.Error as error:
            self.connection.failed(error, was_open=was_open)
            raise
        return self

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> CountingCursor:
        """Run one statement for each set of parameters."""
        was_open = self.connection.is_open()
        self.connection.settle()
        try:
            super().executemany(sql, parameters)
        except sqlite3.Error as error:
            self.connection.failed(error, was_open=was_open)
            raise
        self.connection.count(max(self.rowcount, 0))
        return self
