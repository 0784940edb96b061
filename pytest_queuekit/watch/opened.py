"""The connections that are open, with the lines that opened them."""

from __future__ import annotations

import gc
import sqlite3
import weakref
from dataclasses import dataclass
from pathlib import Path

from pytest_queuekit.watch.notebook import SourceLine


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A connection that was opened.

    conn: the connection; dead after it was dropped.
    path: its file. line: the line that opened it; None if unknown.
    test: node id of the test that ran then.
    """

    conn: weakref.ref[sqlite3.Connection]
    path: str
    line: SourceLine | None
    test: str

    @property
    def is_alive(self) -> bool:
        """True if the connection was not dropped; OpenConnections forgets closed connections."""
        return self.conn() is not None

    @property
    def detail(self) -> str:
        """The detail of a finding about the connection."""
        return (
            f"The connection to {Path(self.path).name} opened here is still open after the test; "
            "use `with QueueDatabase(...) as db:`, or call close()"
        )


class OpenConnections:
    """Connections that were opened and not closed. No lock: each step is one dict operation."""

    def __init__(self) -> None:
        self._all: dict[int, Opened] = {}

    def add(
        self, conn: sqlite3.Connection, *, path: str, line: SourceLine | None, test: str
    ) -> None:
        """Record a connection that was opened."""
        self._all[id(conn)] = Opened(conn=weakref.ref(conn), path=path, line=line, test=test)

    def discard(self, conn: sqlite3.Connection) -> None:
        """Forget a connection that was closed."""
        self._all.pop(id(conn), None)

    def take(self, test: str | None = None) -> list[Opened]:
        """Return the open connections of a test, or of all tests, and forget them."""
        if self._of(test):
            # A dropped database closes its connections, but may be part of a reference cycle.
            gc.collect()
        taken = self._of(test)
        for key, opened in list(self._all.items()):
            if opened in taken or not opened.is_alive:
                self._all.pop(key, None)
        return taken

    def _of(self, test: str | None) -> list[Opened]:
        return [
            opened
            for opened in list(self._all.values())
            if opened.is_alive and test in (None, opened.test)
        ]
