"""The gate of a run: judges the success criteria when the run ends, and shows the scoreboard."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import chdir
from pathlib import Path

import pytest

from pytest_queuekit.gate.criteria import judge
from pytest_queuekit.gate.evidence import Evidence
from pytest_queuekit.model.scoreboard import Scoreboard
from pytest_queuekit.plugin import gate_settings
from pytest_queuekit.plugin.gate_evidence import Sources, gather
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
        self._scoreboard: Scoreboard | None = None
        self._note = ""

    def judge(self, *, summarise: bool) -> Scoreboard:
        """Return the scoreboard, and add it to the step summary of GitHub Actions.

        summarise: False if a report of the run writes that summary, the scoreboard in it.
        An internal error makes the criteria that depend on it unknown; it is not raised.
        """
        plan = self._sources.plan
        try:
            with chdir(plan.home):
                evidence = gather(self._sources)
        except Exception as error:  # noqa: BLE001 - the criteria show it
            evidence = Evidence.lost(describe(error))
        self._scoreboard = judge(evidence, teams=plan.team_titles)
        if summarise:
            self._note = _write_step_summary(self._scoreboard)
        return self._scoreboard

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the scoreboard."""
        if self._scoreboard is None:
            return
        lines = [*report.report(self._scoreboard)]
        if self._note:
            lines.append(Line(self._note, Tone.CAREFUL))
        write_section(terminalreporter, "queue gate", lines)


def _write_step_summary(scoreboard: Scoreboard) -> str:
    """Add the scoreboard to a step summary of GitHub Actions; return the error, or nothing."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return ""
    try:
        with Path(file).open("a", encoding="utf-8") as summary:
            summary.write(f"{report.as_markdown(scoreboard)}\n")
    except (OSError, ValueError) as error:
        return f"the step summary {file!r} could not be written: {error}"
    return ""
