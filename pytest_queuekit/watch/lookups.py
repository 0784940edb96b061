"""Checks that the queries of the user's code use an index."""

from __future__ import annotations

import os
import sqlite3
import threading
from dataclasses import dataclass

from pytest_queuekit.review.analysis.plans import slow_steps, slow_steps_in
from pytest_queuekit.watch.files import PATIENCE, is_no_queue, reading
from pytest_queuekit.watch.notebook import SourceLine
from pytest_queuekit.watch.statements import shape, verb


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """A statement that looks for rows.

    path: the database file. shape: the statement without its values.
    test: node id of the test that ran it. line: the line that ran it; None if unknown.
    """

    path: str
    shape: str
    test: str
    line: SourceLine | None


class Lookups:
    """The lookups of a test, each distinct lookup once a line; they are judged after the test.

    The plan is not requested at once, because that would disturb the user's connection.
    """

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._kept: dict[Lookup, str] = {}
        self._slow: dict[str, bool] = {}

    def note(self, sql: str, *, path: str, test: str, line: SourceLine | None) -> None:
        """Keep a statement until it is judged. In a forked child do nothing, as in Notebook."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            lookup = Lookup(path=path, shape=shape(sql), test=test, line=line)
            self._kept.setdefault(lookup, sql)

    def take(self) -> dict[Lookup, str]:
        """Return the lookups with their statements, and forget them."""
        if os.getpid() != self._pid:
            return {}
        with self._lock:
            taken, self._kept = self._kept, {}
        return taken

    def judge(self, lookup: Lookup, sql: str) -> str:
        """Return the detail of a finding; empty if the lookup uses an index."""
        steps = self._steps(lookup, sql)
        if not steps:
            return ""
        return (
            f"This {verb(sql)} {', and '.join(steps)}; filter and sort by indexed columns, such as "
            "status"
        )

    def _steps(self, lookup: Lookup, sql: str) -> tuple[str, ...]:
        # An empty queue answers for most statements. Only a statement that is slow there is asked
        # of the file, which may have more indexes.
        if lookup.shape not in self._slow:
            self._slow[lookup.shape] = bool(slow_steps(sql))
        if not self._slow[lookup.shape]:
            return ()
        try:
            with reading(lookup.path, timeout=PATIENCE) as conn:
                return slow_steps_in(conn, sql)
        except sqlite3.Error as error:
            if is_no_queue(error):
                return slow_steps(sql)  # the database is in memory, or the file is gone
            raise
