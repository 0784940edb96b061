"""Shows each cause once among pytest's failures, when all answers are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pytest_queuekit.model.run_result import RunResult
from pytest_queuekit.model.verdict import Verdict
from pytest_queuekit.plugin.results import shows_proof, verdict_of
from pytest_queuekit.plugin.section import terminal_encoding
from pytest_queuekit.report.causes import cause_of
from pytest_queuekit.report.failure import explain, same_cause
from pytest_queuekit.report.lines import encodable


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The text of a failure, in the form in which pytest keeps it in a report.

    text: the lines of the failure. reprcrash: what pytest's summary line shows of it.
    """

    text: str
    reprcrash: Any

    def toterminal(self, out: Any) -> None:
        """Write the text to a terminal."""
        for line in self.text.splitlines():
            out.line(encodable(line, terminal_encoding()))

    def __str__(self) -> str:
        return self.text


def show_each_cause_once(reporter: pytest.TerminalReporter | None, result: RunResult) -> None:
    """Shorten the failures whose cause another failure shows in full.

    A failure keeps its item, its id and its line in pytest's summary. One whose fellow is not among
    pytest's failures stays as it is.
    """
    reports = list(_proven(reporter.stats.get("failed", ()), result)) if reporter else []
    full: dict[tuple[str, str, str], pytest.TestReport] = {}
    for report, verdict in reports:
        if not verdict.same_as:
            full.setdefault((verdict.suite, verdict.queue, verdict.rule), report)
    for report, verdict in reports:
        first = verdict.same_as or verdict.rule
        shown = full.get((verdict.suite, verdict.queue, first))
        if shown is None:
            continue
        lines = explain(verdict) if report is shown else [same_cause(verdict, first)]
        crash = getattr(report.longrepr, "reprcrash", None)
        report.longrepr = Proof(text="\n".join(lines), reprcrash=crash)  # type: ignore[assignment]


def _proven(
    reports: Iterable[object], result: RunResult
) -> Iterator[tuple[pytest.TestReport, Verdict]]:
    """Yield each report of a failed check with a known cause, and the verdict of the run.

    The verdict of the run may come from another report of the check, such as that of a lane.
    """
    verdicts = {(each.suite, each.queue, each.rule): each for each in result.verdicts}
    for report in reports:
        if not isinstance(report, pytest.TestReport) or not shows_proof(report):
            continue
        own = verdict_of(report)
        known = own and verdicts.get((own.suite, own.queue, own.rule))
        if own and known and cause_of(own) and cause_of(own) == cause_of(known):
            yield report, known
