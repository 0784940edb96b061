"""One connection to the file, and what it counts."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from .exceptions import QueueDatabaseError


class QueueConnection(sqlite3.Connection):
    """A connection whose total_changes counts only what one `with` block changed itself.

    SQLite's own figure is the connection's life total, and takes in the rows that triggers and
    cascades touched. While counting is on, each statement is settled before the next one: if
    the life total moved, changes() tells what the statement changed by itself.
    """

    _counting = False
    _changed = 0
    _settled_at = 0
    _is_whole = False
    _undone_by: sqlite3.Error | None = None
    companion: sqlite3.Connection | None = None
    """Closed together with this one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._cursors: weakref.WeakSet[sqlite3.Cursor] = weakref.WeakSet()
        super().__init__(*arguments, **options)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count from zero inside the block; a block around it counts its rows as well."""
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
        """Refuse to go on when an error has undone the block's transaction, not a statement.

        SQLite may do so when the disk or the memory is full, and for OR ROLLBACK. What the
        block does after catching such an error would be committed bit by bit.
        """
        self._is_whole, self._undone_by = True, None
        try:
            yield
            self.is_open()
        finally:
            self._is_whole, self._undone_by = False, None

    def is_open(self) -> bool:
        """Whether a transaction is open. Raises QueueDatabaseError if it should be, see whole."""
        if self._undone_by is not None:
            raise QueueDatabaseError(
                f"an error inside this transaction ({self._undone_by}) has undone all of it, so "
                "that it cannot go on; let the error leave the block, and begin again"
            ) from self._undone_by
        return self.in_transaction

    def failed(self, error: sqlite3.Error, *, was_open: bool) -> None:
        """Take note of the error of a statement."""
        if self._is_whole and was_open and not self.in_transaction:
            self._undone_by = error

    def close(self) -> None:
        """Close the connection."""
        super().close()
        if self.companion is not None:
            self.companion.close()

    def close_with_cursors(self) -> None:
        """Close the connection for certain: one with an unfinished SELECT stays open till then."""
        for cursor in list(self._cursors):
            cursor.close()
        self.close()

    @property
    def total_changes(self) -> int:
        """Rows that the statements of this block inserted, changed or deleted themselves."""
        if not self._counting:
            return super().total_changes
        self.settle()
        return self._changed

    def cursor(self, factory: Any = None) -> Any:
        """Return a cursor, one that counts while counting is on."""
        made = super().cursor(factory or (CountingCursor if self._counting else sqlite3.Cursor))
        self._cursors.add(made)
        return made

    # sqlite3's own shortcuts do not go through cursor().

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Run one statement."""
        return cast("sqlite3.Cursor", self.cursor().execute(sql, parameters))

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """Run one statement for each set of parameters."""
        return cast("sqlite3.Cursor", self.cursor().executemany(sql, parameters))

    def settle(self) -> None:
        """Count what the statement before changed itself."""
        if super().total_changes != self._settled_at:
            row = super().cursor(sqlite3.Cursor).execute("SELECT changes()").fetchone()
            self.count(row[0])

    def count(self, changed: int) -> None:
        """Add rows, and take all that SQLite has counted so far as settled."""
        self._changed += changed
        self._settled_at = super().total_changes


class CountingCursor(sqlite3.Cursor):
    """A cursor whose statements are counted by its connection."""

    connection: QueueConnection

    def execute(self, sql: str, parameters: Any = (), /) -> CountingCursor:
        """Run one statement."""
        was_open = self.connection.is_open()
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
