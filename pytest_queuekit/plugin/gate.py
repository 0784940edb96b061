"""The gate of a run: the success criteria at its end, in a section of their own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_queuekit.gate.criteria import judge
from pytest_queuekit.model.scoreboard import Scoreboard
from pytest_queuekit.plugin import gate_settings, options
from pytest_queuekit.plugin.gate_evidence import gather
from pytest_queuekit.plugin.results import Results
from pytest_queuekit.plugin.section import write_section
from pytest_queuekit.plugin.team_tests import Tally
from pytest_queuekit.report import gate as report
from pytest_queuekit.report.lines import Line, Tone
from pytest_queuekit.suites.check import Suite
from pytest_queuekit.suites.plan import Plan
from pytest_queuekit.watch.internal_errors import InternalErrors

if TYPE_CHECKING:
    from pytest_queuekit.watch.finding import WatchFinding

NAME = "queuekit-gate"

_WATCH = "queuekit-watch"
"""The name of the plugin that watches databases, where there is one."""


def register(config: pytest.Config, plan: Plan, suites: Sequence[Suite], results: Results) -> Gate:
    """Return the gate of this run. Raises pytest.UsageError."""
    given = gate_settings.read(config)
    gate = Gate(plan, given, suites=suites, results=results, tally=Tally())
    config.pluginmanager.register(gate.tally, f"{NAME}-tally")
    config.pluginmanager.register(gate, NAME)
    return gate


class Gate:
    """One run and its scoreboard; in the process that writes the summary."""

    def __init__(
        self,
        plan: Plan,
        given: gate_settings.Given,
        *,
        suites: Sequence[Suite],
        results: Results,
        tally: Tally,
    ) -> None:
        self.tally = tally
        self._plan, self._given = plan, given
        self._suites, self._results = suites, results
        self._board: Scoreboard | None = None
        self._note = ""

    def judge(self, config: pytest.Config) -> Scoreboard:
        """Return the criteria as they stand, and tell GitHub Actions where it listens."""
        with chdir(self._plan.home):
            evidence = gather(
                config,
                self._plan,
                self._given,
                suites=self._suites,
                results=self._results,
                tally=self.tally,
                seen=_seen(config),
                watch_errors=_watch_errors(config),
            )
        self._board = judge(evidence, audience=self._plan.audience)
        self._note = _tell_github(self._board)
        return self._board

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the scoreboard."""
        if self._board is None:
            return
        lines = [*report.report(self._board)]
        if self._note:
            lines.append(Line(self._note, Tone.CAREFUL))
        write_section(terminalreporter, "queue gate", lines)


def _seen(config: pytest.Config) -> Sequence[WatchFinding] | None:
    """Return the findings of the watch; None where it is off, or watched marked tests alone."""
    watching: Any = config.pluginmanager.get_plugin(_WATCH)
    is_on = options.is_watch_asked_for(config)
    return tuple(watching.so_far()) if is_on and watching is not None else None


def _watch_errors(config: pytest.Config) -> InternalErrors:
    """Return the errors of the watch itself, which may hide findings."""
    watching: Any = config.pluginmanager.get_plugin(_WATCH)
    errors: InternalErrors = getattr(watching, "internal_errors", InternalErrors())
    return errors


def _tell_github(board: Scoreboard) -> str:
    """Add the scoreboard to the summary of a step of GitHub Actions; return what went wrong."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return ""
    try:
        with Path(file).open("a", encoding="utf-8") as summary:
            summary.write(f"{report.as_markdown(board)}\n")
    except (OSError, ValueError) as error:
        return f"the step summary {file!r} could not be written: {error}"
    return ""
