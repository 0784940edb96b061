"""Examines the statements of one connection as SQLite reports that they begin."""

from __future__ import annotations

import sqlite3
import sys
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

from pytest_queuekit.watch import finding, statements
from pytest_queuekit.watch.files import log_size, primary_code
from pytest_queuekit.watch.frames import Frames, line_of
from pytest_queuekit.watch.holding import LIMIT, Holding
from pytest_queuekit.watch.notebook import SourceLine
from pytest_queuekit.watch.observations import Observations

MEMORY = ":memory:"
GROWTH = 1_000_000
"""Bytes that the log may grow during a transaction that only reads."""


class Tracer:
    """The trace callback of a connection.

    calls: how many times the connection was asked to run statements. A trigger reports the text of
        its statement again within the same call.
    users_callback: the callback that the user has set; it is called as well.
    """

    def __init__(
        self, observations: Observations, conn: sqlite3.Connection, path: str, frames: Frames
    ) -> None:
        self.calls = 0
        self.users_callback: Callable[[str], object] | None = None
        self._observations = observations
        self._conn = weakref.ref(conn)
        self._path = path
        self._frames = frames
        self._holding: Holding | None = None
        self._begun_in = 0
        self._at_begin = 0, 0
        self._last: tuple[object, ...] | None = None
        self._claim: tuple[SourceLine | None, int] | None = None

    def __call__(self, sql: str) -> None:
        """Examine a statement that begins. Raises only what the user's callback raises."""
        if self._observations.is_on:
            # SQLite would drop an error without a trace. Not guarded(): this is the hot path.
            try:
                self._examine(sql, sys._getframe(1))
            except Exception as error:  # noqa: BLE001 - recorded, and reported at the end
                self._observations.failed(error)
        if self.users_callback is not None:
            self.users_callback(sql)

    def call(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """Run a method of the connection, or of a user's cursor, that runs statements."""
        __tracebackhide__ = True
        self.calls += 1
        try:
            result = method(*arguments)
        except sqlite3.OperationalError as error:
            if self._observations.is_on and primary_code(error) == sqlite3.SQLITE_BUSY:
                with self._observations.guarded():
                    self._refused(sys._getframe(1))
            raise
        if self._begun_in == self.calls and self._holding is not None:
            with self._observations.guarded():
                # A BEGIN has just returned; the wait for its lock does not count.
                self._holding = Holding.begin(self._holding.line, self._holding.test)
        return result

    def settle(self) -> None:
        """Keep the line of the last claim if it returned a task, which means that rows changed."""
        with self._observations.guarded():
            self._observations.unsettled.discard(self.settle)
            claim, self._claim = self._claim, None
            if claim is not None and self._changes() != claim[1]:
                self._observations.claims[self._path] = claim[0]

    def _refused(self, frame: FrameType) -> None:
        """Record a lock that stopped the user's statement; the queue has an error of its own."""
        if not self._frames.is_of_queue(frame):
            user = self._frames.issuer(frame)
            line = None if user is None else self._line(user)
            self._observations.note(finding.BUSY, _LOCKED, line)

    def _examine(self, sql: str, frame: FrameType) -> None:
        if self._path != MEMORY:
            self._observations.touched.add(self._path)
        this = self.calls, self._observations.test, sql, frame.f_code, frame.f_lineno
        # A trigger reports the text of its statement again. The queue's claims have the same text
        # as well, but each of them matters, because the last claim is the one to report.
        if self._last == this and not statements.leases(sql):
            return
        self._last = this
        if self._claim is not None:
            self.settle()
        if self._holding is not None and statements.is_end(sql):
            self._end(self._holding)
            return
        user = self._frames.issuer(frame)
        if user is None:
            self._of_queue(sql, frame)
        else:
            self._of_user(sql, self._line(user))

    def _of_queue(self, sql: str, frame: FrameType) -> None:
        if sql.startswith("BEGIN"):
            user = self._frames.holder(frame)
            if user is None:
                self._holding = None
            else:
                self._begin(line_of(user))
        elif statements.leases(sql):
            user = self._frames.caller(frame)
            if user is not None:
                self._note_claim(line_of(user))

    def _of_user(self, sql: str, line: SourceLine | None) -> None:
        verb = statements.verb(sql)
        if verb == "BEGIN":
            self._begin(line)
        elif verb in statements.WRITES:
            if statements.leases(sql):
                self._note_claim(line)
            conn = self._conn()
            if conn is not None and not conn.in_transaction:
                detail = _WROTE.format(verb=verb)
                self._observations.note(finding.WRITE_OUTSIDE, detail, line)
        if verb in _LOOKS and statements.is_lookup(sql):
            self._observations.look_up(sql, self._path, line)

    def _line(self, frame: FrameType) -> SourceLine | None:
        """Return the line of a frame; None if Python's own code runs the statement."""
        return line_of(frame) if self._frames.is_users(frame) else None

    def _note_claim(self, line: SourceLine | None) -> None:
        self._claim = line, self._changes()
        self._observations.unsettled.add(self.settle)

    def _changes(self) -> int:
        """Return how many rows the connection has changed since it was opened; -1 if closed."""
        conn = self._conn()
        try:
            # The queue's connection overrides the attribute, and runs a statement to compute it.
            return -1 if conn is None else int(sqlite3.Connection.total_changes.__get__(conn))
        except sqlite3.ProgrammingError:
            return -1

    def _begin(self, line: SourceLine | None) -> None:
        self._begun_in = self.calls
        self._at_begin = self._changes(), log_size(self._path)
        self._holding = Holding.begin(line, self._observations.test)

    def _end(self, holding: Holding) -> None:
        self._holding = None
        held = holding.seconds()
        if held <= LIMIT:
            return
        kind = finding.LONG_TRANSACTION
        detail = _HELD.format(held=held * 1000, limit=LIMIT * 1000)
        changes, size = self._at_begin
        grown = log_size(self._path) - size
        # Others wrote it: this transaction has changed nothing, and held no lock.
        if grown > GROWTH and changes == self._changes():
            kind = finding.LONG_READ
            detail = _READ.format(held=held * 1000, grown=grown / 1e6)
        self._observations.note(kind, detail, holding.line, weight=held, test=holding.test)


_LOCKED = (
    "SQLite reported `database is locked`: another connection held the lock; use "
    "`db.transaction()`, which waits for it, or try again later"
)
_LOOKS = ("SELECT", "UPDATE", "DELETE")
_WROTE = (
    "{verb} was committed at once, without the statements around it; write inside "
    "`with db.transaction() as conn:`"
)
_READ = (
    "The snapshot was held for {held:.0f} ms, and the -wal file grew by {grown:.1f} MB meanwhile; "
    "read in short transactions, fetch all rows at once, or read from a backup()"
)
_HELD = (
    "The transaction was held for {held:.0f} ms (limit: {limit:.0f} ms) while other connections "
    "waited for its lock; move slow work before or after it"
)
