"""What SQLite tells about the statements of one connection, looked at as they begin."""

from __future__ import annotations

import sqlite3
import sys
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

from pytest_queuekit.watch import finding, statements
from pytest_queuekit.watch.frames import Frames, line_of
from pytest_queuekit.watch.holding import LIMIT, Holding
from pytest_queuekit.watch.notebook import Where
from pytest_queuekit.watch.seen import Seen

MEMORY = ":memory:"


class Tracer:
    """The trace callback of a connection.

    calls: how often it was asked to run statements; a trigger repeats the text of the same call.
    theirs: the callback that the user has set, which is called as well.
    """

    def __init__(self, seen: Seen, conn: sqlite3.Connection, path: str, frames: Frames) -> None:
        self.calls = 0
        self.theirs: Callable[[str], object] | None = None
        self._seen = seen
        self._conn = weakref.ref(conn)
        self._path = path
        self._frames = frames
        self._holding: Holding | None = None
        self._begun_in = 0
        self._last: tuple[object, ...] | None = None
        self._claim: tuple[Where | None, int] | None = None

    def __call__(self, sql: str) -> None:
        """Look at a statement that begins. Raises nothing but what the user's callback does."""
        if self._seen.is_on:
            # The watch is never the reason why a user's code fails; suppress() takes longer.
            try:  # noqa: SIM105
                self._look(sql, sys._getframe(1))
            except Exception:  # noqa: BLE001, S110
                pass
        if self.theirs is not None:
            self.theirs(sql)

    def call(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """Run a method of the connection, or of a cursor of the user's, that runs statements."""
        __tracebackhide__ = True
        self.calls += 1
        try:
            result = method(*arguments)
        except sqlite3.OperationalError as error:
            if self._seen.is_on and error.sqlite_errorcode & _PRIMARY == sqlite3.SQLITE_BUSY:
                self._refused(sys._getframe(1))
            raise
        if self._begun_in == self.calls and self._holding is not None:
            # A BEGIN has just returned: it may have waited for the lock.
            self._holding = Holding.begin(self._holding.where, self._holding.test)
        return result

    def _refused(self, frame: FrameType) -> None:
        """Note a lock that was met; of what the queue does it is told by its own error."""
        if not self._frames.is_of_queue(frame):
            user = self._frames.issuer(frame)
            self._seen.note(finding.BUSY, _LOCKED, None if user is None else self._where(user))

    def settle(self) -> None:
        """Keep the line of the last claim if it was given something: then rows have changed."""
        self._seen.unsettled.discard(self.settle)
        claim, self._claim = self._claim, None
        if claim is not None and self._changes() != claim[1]:
            self._seen.claims[self._path] = claim[0]

    def _look(self, sql: str, frame: FrameType) -> None:
        if self._path != MEMORY:
            self._seen.touched.add(self._path)
        this = self.calls, self._seen.test, sql, frame.f_code, frame.f_lineno
        # A trigger repeats the text of its statement. The queue claims with one text again and
        # again, and which claim was the last one is asked for.
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
            self._of_user(sql, self._where(user))

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
                self._claims(line_of(user))

    def _of_user(self, sql: str, where: Where | None) -> None:
        verb = statements.verb(sql)
        if verb == "BEGIN":
            self._begin(where)
        elif verb in statements.WRITES:
            if statements.leases(sql):
                self._claims(where)
            conn = self._conn()
            if conn is not None and not conn.in_transaction:
                self._seen.note(finding.WRITE_OUTSIDE, _WROTE.format(verb=verb), where)
        if verb in _LOOKS and statements.is_lookup(sql):
            self._seen.look_up(sql, self._path, where)

    def _where(self, frame: FrameType) -> Where | None:
        """Return the line of a frame; None if Python's own code was given the work to do."""
        return line_of(frame) if self._frames.is_users(frame) else None

    def _claims(self, where: Where | None) -> None:
        self._claim = where, self._changes()
        self._seen.unsettled.add(self.settle)

    def _changes(self) -> int:
        """Return how many rows the connection has ever changed; -1 if it cannot be asked."""
        conn = self._conn()
        try:
            return -1 if conn is None else _total_changes(conn)
        except sqlite3.Error:
            return -1

    def _begin(self, where: Where | None) -> None:
        self._begun_in = self.calls
        self._holding = Holding.begin(where, self._seen.test)

    def _end(self, holding: Holding) -> None:
        self._holding = None
        held = holding.seconds()
        if held > LIMIT:
            told = _HELD.format(held=held * 1000, limit=LIMIT * 1000)
            self._seen.note(
                finding.LONG_TRANSACTION, told, holding.where, weight=held, test=holding.test
            )


_PRIMARY = 0xFF
"""The part of an error code of SQLite that says which error it is (https://sqlite.org/rescode.html)."""

_LOCKED = (
    "SQLite said that the database is locked: another connection held the lock; let "
    "`db.transaction()` wait for it, or try again later"
)
_LOOKS = ("SELECT", "UPDATE", "DELETE")
_WROTE = (
    "{verb} outside a transaction: it commits by itself, whatever comes after it; "
    "write inside `with db.transaction() as conn:`"
)
_HELD = (
    "a transaction was held for {held:.0f} ms ({limit:.0f} ms at most), and others wait for its "
    "lock; do what is slow before or after it"
)


def _total_changes(conn: sqlite3.Connection) -> int:
    # The queue's connection counts in its own way, and asks SQLite for it by a statement.
    return int(sqlite3.Connection.total_changes.__get__(conn))
