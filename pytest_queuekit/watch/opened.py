"""The connections that are open, and who opened them."""

from __future__ import annotations

import gc
import sqlite3
import weakref
from dataclasses import dataclass
from pathlib import Path

from pytest_queuekit.watch.notebook import Where


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A connection that was opened.

    path: of its file. where: the line that led to it. test: the node id meanwhile.
    """

    conn: weakref.ref[sqlite3.Connection]
    path: str
    where: Where | None
    test: str

    @property
    def is_open(self) -> bool:
        """Whether somebody still has it; closed ones are not kept here."""
        return self.conn() is not None

    @property
    def sentence(self) -> str:
        """What is said about it."""
        return (
            f"the connection to {Path(self.path).name} that this opened is still open after the "
            "test; use `with QueueDatabase(...) as db:`, or close it"
        )


class OpenConnections:
    """All that were opened and not closed. Without a lock: each step is a single one of a dict."""

    def __init__(self) -> None:
        self._all: dict[int, Opened] = {}

    def add(self, conn: sqlite3.Connection, *, path: str, where: Where | None, test: str) -> None:
        """Note a connection that was opened."""
        self._all[id(conn)] = Opened(conn=weakref.ref(conn), path=path, where=where, test=test)

    def discard(self, conn: sqlite3.Connection) -> None:
        """Forget one that was closed."""
        self._all.pop(id(conn), None)

    def take(self, test: str | None = None) -> list[Opened]:
        """Return those still open that a test opened, or all of them, and forget them."""
        if self._of(test):
            gc.collect()  # a database that was dropped closes its own, and may be in a cycle
        found = self._of(test)
        for key in [key for key, one in list(self._all.items()) if one in found or not one.is_open]:
            self._all.pop(key, None)
        return found

    def _of(self, test: str | None) -> list[Opened]:
        return [one for one in list(self._all.values()) if one.is_open and test in (None, one.test)]
