"""The end of a run: its result, the section on the terminal, and the reports.

Each part is made on its own. An exception in one is an internal error: it is shown once, with its
place, it fails the run, and the other parts remain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from pytest_queuekit.model.run_result import RunResult
from pytest_queuekit.plugin import reporting
from pytest_queuekit.plugin.guard import guarded
from pytest_queuekit.plugin.proofs import show_each_cause_once
from pytest_queuekit.plugin.results import Results
from pytest_queuekit.plugin.run_result import run_result
from pytest_queuekit.plugin.section import write_section
from pytest_queuekit.plugin.settings import Settings
from pytest_queuekit.report.formats import text
from pytest_queuekit.report.lines import Line
from pytest_queuekit.suites.check import Check, Suite

if TYPE_CHECKING:
    from pytest_queuekit.plugin.gate import Gate


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The result of a run, and what shows it.

    result: the result.
    lines: the section on the terminal.
    notes: a line about each report, and True if it is a failure.
    """

    result: RunResult
    lines: Sequence[Line]
    notes: Sequence[tuple[str, bool]]

    @property
    def good(self) -> bool:
        """True if nothing in it fails the run."""
        return self.result.good and not any(bad for _, bad in self.notes)

    def write(self, reporter: pytest.TerminalReporter) -> None:
        """Write the section, and a line about each report."""
        write_section(reporter, "queue validation", self.lines)
        for note, bad in self.notes:
            reporter.write_line(note, red=bad)


def end(
    config: pytest.Config,
    settings: Settings,
    suites: Sequence[Suite],
    checks: Iterable[Check],
    results: Results,
    gate: Gate | None,
    *,
    seconds: float,
    hints: list[str],
) -> Ending:
    """Judge the run, and write its reports."""
    errors: list[str] = []
    board = None
    if gate is not None:
        in_report = ("github", None) in settings.reports
        board = gate.judge(errors, summarise=not in_report)
    result = RunResult(environment={})
    with guarded(errors, "the result of the run"):
        result = run_result(settings, suites, results, checks=checks, seconds=seconds, hints=hints)
    result = replace(result, scoreboard=board)
    with guarded(errors, "the JUnit properties"):
        reporting.tell_junit(config, result)
    with guarded(errors, "the grouping of failures"):
        show_each_cause_once(config.pluginmanager.get_plugin("terminalreporter"), result)
    lines = _section(config, result, errors)
    result = replace(result, errors=tuple(errors))
    notes = list(reporting.write_reports(settings.reports, result))
    return Ending(result=result, lines=lines, notes=notes)


def _section(config: pytest.Config, result: RunResult, errors: list[str]) -> list[Line]:
    """Return the section; after an exception in it, the conclusions and the internal errors."""
    # pytest shows each failure with its proof, unless it was asked not to.
    silent = config.option.tbstyle == "no"
    verbose = config.get_verbosity() > 0
    with guarded(errors, "the section of the validation"):
        known = replace(result, errors=tuple(errors))
        return list(text.section(known, verbose=verbose, proofs=silent))
    known = replace(result, errors=tuple(errors))
    with suppress(Exception):  # most likely the same one, which `errors` has
        return list(text.close(known))
    return list(text.internal_errors(known))
