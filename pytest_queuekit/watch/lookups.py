"""Statements of the user's that look for rows, and whether an index serves them."""

from __future__ import annotations

import os
import sqlite3
import threading
from dataclasses import dataclass

from pytest_queuekit.review.analysis.plans import slow_steps, slow_steps_in
from pytest_queuekit.watch.files import reading
from pytest_queuekit.watch.notebook import Where
from pytest_queuekit.watch.statements import shape, verb


@dataclass(frozen=True)
class _Lookup:
    path: str
    shape: str
    test: str
    where: Where | None


class Lookups:
    """The lookups of a test, each distinct one once a line; they are judged when it has ended.

    To ask SQLite on the connection that is in use would disturb what the user asks of it.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._seen: dict[_Lookup, str] = {}
        self._slow: dict[str, bool] = {}

    def note(self, sql: str, *, path: str, test: str, where: Where | None) -> None:
        """Keep a statement until it is judged; in a forked child do nothing, as Notebook."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            self._seen.setdefault(_Lookup(path, shape(sql), test, where), sql)

    def slow(self) -> list[tuple[str, str, Where | None]]:
        """Return sentence, test and line of those that no index serves, and forget all."""
        if os.getpid() != self._pid:
            return []
        with self._lock:
            seen, self._seen = self._seen, {}
        found = []
        for lookup, sql in seen.items():
            steps = self._steps(lookup, sql)
            if steps:
                found.append((_sentence(verb(sql), steps), lookup.test, lookup.where))
        return found

    def _steps(self, lookup: _Lookup, sql: str) -> tuple[str, ...]:
        """Ask an empty queue, and only about what is slow there the file, which may have more."""
        if lookup.shape not in self._slow:
            self._slow[lookup.shape] = bool(slow_steps(sql))
        if not self._slow[lookup.shape]:
            return ()
        try:
            with reading(lookup.path) as conn:
                return slow_steps_in(conn, sql)
        except (OSError, sqlite3.Error, ValueError):
            return slow_steps(sql)  # it is in memory, or gone


def _sentence(kind: str, steps: tuple[str, ...]) -> str:
    return (
        f"no index serves this {kind}: {' and '.join(steps)}; ask by status, id or another "
        "column that has an index"
    )
