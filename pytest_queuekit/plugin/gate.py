"""The gate of a run: judges the success criteria when the run ends, and shows the scoreboard."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir
from pathlib import Path

import pytest

from pytest_queuekit.gate.criteria import judge
from pytest_queuekit.gate.evidence import Evidence
from pytest_queuekit.model.scoreboard import Scoreboard
from pytest_queuekit.plugin import gate_settings
from pytest_queuekit.plugin.gate_evidence import Sources, gather
from pytest_queuekit.plugin.guard import guarded
from pytest_queuekit.plugin.results import Results
from pytest_queuekit.plugin.section import write_section
from pytest_queuekit.plugin.team_tests import Tally
from pytest_queuekit.report import gate as report
from pytest_queuekit.report.lines import Line, Tone
from pytest_queuekit.suites.check import Check, Suite
from pytest_queuekit.suites.plan import Plan
from pytest_queuekit.watch.internal_errors import describe

NAME = "queuekit-gate"


def register(
    config: pytest.Config,
    plan: Plan,
    suites: Sequence[Suite],
    results: Results,
    *,
    checks: Mapping[str, Check],
) -> Gate:
    """Return the gate of this run. Raises pytest.UsageError for an invalid option.

    checks: all checks of the suites by node id, deselected ones included.
    """
    tally = Tally({*checks, *(suite.head for suite in suites)})
    sources = Sources(
        config=config,
        plan=plan,
        settings=gate_settings.read(config),
        suites=suites,
        checks=tuple(checks.values()),
        results=results,
        tally=tally,
    )
    gate = Gate(sources)
    config.pluginmanager.register(tally, f"{NAME}-tally")
    config.pluginmanager.register(gate, NAME)
    return gate


class Gate:
    """One run and its scoreboard, in the process that writes the summary."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._lines: list[Line] = []

    def judge(self, errors: list[str], *, summarise: bool) -> Scoreboard:
        """Return the scoreboard, and add it to the step summary of GitHub Actions.

        errors: the list for internal errors in showing the scoreboard. An earlier internal error
            makes the criteria that depend on it unknown. Neither is raised.
        summarise: False if a report of the run writes that summary, the scoreboard in it.
        """
        plan = self._sources.plan
        try:
            with chdir(plan.home):
                evidence = gather(self._sources)
        except Exception as error:  # noqa: BLE001 - the criteria show it
            evidence = Evidence.lost(describe(error))
        board = judge(evidence, teams=plan.team_titles)
        self._lines = [Line("the scoreboard cannot be shown: see the internal error", Tone.BAD)]
        with guarded(errors, "the scoreboard"):
            self._lines = [*report.report(board)]
        if summarise:
            with guarded(errors, "the step summary"):
                self._lines += _write_step_summary(board)
        return board

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the scoreboard."""
        if self._lines:
            write_section(terminalreporter, "queue gate", self._lines)


def _write_step_summary(scoreboard: Scoreboard) -> Iterator[Line]:
    """Add the scoreboard to a step summary of GitHub Actions; yield the error, if any."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return
    content = f"{report.as_markdown(scoreboard)}\n"
    try:
        with Path(file).open("a", encoding="utf-8") as summary:
            summary.write(content)
    except (OSError, ValueError) as error:
        yield Line(f"the step summary {file!r} could not be written: {error}", Tone.CAREFUL)
