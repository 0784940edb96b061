"""One connection to the file, and what it counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast


class QueueConnection(sqlite3.Connection):
    """A connection whose total_changes counts only what one `with` block changed itself.

    SQLite's own figure is the connection's life total, and takes in the rows that triggers and
    cascades touched. While counting is on, each statement is settled before the next one: if
    the life total moved, changes() tells what the statement changed by itself.
    """

    _counting = False
    _changed = 0
    _settled_at = 0
    companion: sqlite3.Connection | None = None
    """Closed together with this one."""

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

    def close(self) -> None:
        """Close the connection."""
        super().close()
        if self.companion is not None:
            self.companion.close()

    @property
    def total_changes(self) -> int:
        """Rows that the statements of this block inserted, changed or deleted themselves."""
        if not self._counting:
            return super().total_changes
        self.settle()
        return self._changed

    def cursor(self, factory: Any = None) -> Any:
        """Return a cursor, one that counts while counting is on."""
        return super().cursor(factory or (CountingCursor if self._counting else sqlite3.Cursor))

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
        self.connection.settle()
        super().execute(sql, parameters)
        return self

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> CountingCursor:
        """Run one statement for each set of parameters."""
        self.connection.settle()
        super().executemany(sql, parameters)
        self.connection.count(max(self.rowcount, 0))
        return self
