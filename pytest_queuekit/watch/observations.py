"""The reports of all threads and connections, until the watch collects them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pytest_queuekit.watch.finding import OPEN_CONNECTION, SLOW_PLAN, WatchFinding
from pytest_queuekit.watch.internal_errors import ErrorLog
from pytest_queuekit.watch.lookups import Lookups
from pytest_queuekit.watch.notebook import Notebook, SourceLine
from pytest_queuekit.watch.opened import OpenConnections


class Observations:
    """The reports of connections to the watch.

    is_on: True while connections report.
    test: node id of the test that runs; empty between tests.
    touched: files used since the last search for leases.
    claims: for each file the line of the last claim that returned a task.
    unsettled: functions that find out whether a pending claim returned a task.
    opened: the connections that are open.
    errors: the internal errors of the watch.
    """

    def __init__(self) -> None:
        self.is_on = False
        self.test = ""
        self.touched: set[str] = set()
        self.claims: dict[str, SourceLine | None] = {}
        self.unsettled: set[Callable[[], None]] = set()
        self.opened = OpenConnections()
        self.errors = ErrorLog()
        self._notebook = Notebook()
        self._lookups = Lookups()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Record an error of the block and go on: the watch never fails the code under test."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - recorded, and reported at the end of the run
            self.failed(error)

    def failed(self, error: Exception) -> None:
        """Record an error of the watch itself."""
        self.errors.record(error, test=self.test)

    def note(
        self,
        kind: str,
        detail: str,
        line: SourceLine | None,
        *,
        weight: float = 0.0,
        test: str | None = None,
    ) -> None:
        """Record a finding for a test; without `test`, for the test that runs."""
        named = self.test if test is None else test
        self._notebook.note(kind, detail, test=named, line=line, weight=weight)

    def look_up(self, sql: str, path: str, line: SourceLine | None) -> None:
        """Keep a statement whose query plan is checked later."""
        self._lookups.note(sql, path=path, test=self.test, line=line)

    def note_open(self, test: str | None) -> None:
        """Record the connections that a test left open; None stands for all tests."""
        with self.guarded():
            for opened in self.opened.take(test):
                self._notebook.note(
                    OPEN_CONNECTION, opened.detail, test=opened.test, line=opened.line
                )

    def take_claims(self) -> dict[str, SourceLine | None]:
        """Return the claims and forget them."""
        for settle in list(self.unsettled):
            settle()
        taken, self.claims = self.claims, {}
        return taken

    def take(self) -> list[WatchFinding]:
        """Return the recorded findings and forget them."""
        for lookup, sql in self._lookups.take().items():
            with self.guarded():
                detail = self._lookups.judge(lookup, sql)
                if detail:
                    self._notebook.note(SLOW_PLAN, detail, test=lookup.test, line=lookup.line)
        return self._notebook.take()
