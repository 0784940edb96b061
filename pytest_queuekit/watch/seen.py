"""What is seen while tests run, by whichever thread and connection, until it is asked for."""

from __future__ import annotations

from collections.abc import Callable

from pytest_queuekit.watch import finding
from pytest_queuekit.watch.finding import Finding
from pytest_queuekit.watch.lookups import Lookups
from pytest_queuekit.watch.notebook import Notebook, Where
from pytest_queuekit.watch.opened import OpenConnections


class Seen:
    """What connections tell the watch.

    is_on: whether anything is noted just now.
    test: the node id of the test that runs; empty between tests.
    touched: the files that were used since leases were last looked for.
    claims: for each file the line that last claimed from it and was given something.
    unsettled: what settles the claims of which that is not known yet.
    opened: the connections that are open.
    """

    def __init__(self) -> None:
        self.is_on = False
        self.test = ""
        self.touched: set[str] = set()
        self.claims: dict[str, Where | None] = {}
        self.unsettled: set[Callable[[], None]] = set()
        self.opened = OpenConnections()
        self._notebook = Notebook()
        self._lookups = Lookups()

    def note(
        self,
        kind: str,
        sentence: str,
        where: Where | None,
        *,
        weight: float = 0.0,
        test: str | None = None,
    ) -> None:
        """Write down a finding of a test, the one that runs unless another is named."""
        named = self.test if test is None else test
        self._notebook.note(kind, sentence, test=named, where=where, weight=weight)

    def look_up(self, sql: str, path: str, where: Where | None) -> None:
        """Keep a statement whose plan is to be asked for."""
        self._lookups.note(sql, path=path, test=self.test, where=where)

    def note_open(self, test: str | None) -> None:
        """Write down the connections that a test has left open, or any."""
        for one in self.opened.take(test):
            self._notebook.note(
                finding.OPEN_CONNECTION, one.sentence, test=one.test, where=one.where
            )

    def take_claims(self) -> dict[str, Where | None]:
        """Return the claims, and forget them."""
        for settle in list(self.unsettled):
            settle()
        taken, self.claims = self.claims, {}
        return taken

    def take(self) -> list[Finding]:
        """Return what was written down, and forget it."""
        for told, test, where in self._lookups.slow():
            self._notebook.note(finding.SLOW_PLAN, told, test=test, where=where)
        return self._notebook.take()
