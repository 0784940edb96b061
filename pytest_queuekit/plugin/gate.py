"""The hooks of a run that ends with the success criteria."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_queuekit.gate.criteria import judge
from pytest_queuekit.gate.criterion import Scoreboard
from pytest_queuekit.plugin import gate_settings, options
from pytest_queuekit.plugin.gate_evidence import gather
from pytest_queuekit.plugin.results import Results
from pytest_queuekit.plugin.section import only_looks, write_section
from pytest_queuekit.plugin.settings import Settings
from pytest_queuekit.plugin.team_tests import Tally
from pytest_queuekit.report import gate as words
from pytest_queuekit.report.lines import Line, Tone
from pytest_queuekit.watch.internal_errors import InternalErrors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_queuekit.watch.finding import WatchFinding

NAME = "queuekit-gate"

_WATCH = "queuekit-watch"
"""The name of the plugin that watches databases, where there is one."""


def register(config: pytest.Config, settings: Settings, results: Results) -> None:
    """Judge the criteria when this run ends. Raises pytest.UsageError."""
    given = gate_settings.read(config)
    tally = Tally()
    config.pluginmanager.register(tally, f"{NAME}-tally")
    config.pluginmanager.register(Gate(settings, given, results=results, tally=tally), NAME)


class Gate:
    """One run and its scoreboard; in the process that writes the summary."""

    def __init__(
        self, settings: Settings, given: gate_settings.Given, *, results: Results, tally: Tally
    ) -> None:
        self.board: Scoreboard | None = None
        self._settings, self._given = settings, given
        self._ledger, self._tally = results, tally
        self._note = ""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Judge, before the other reports are written, and let the run fail for what is missing."""
        config = session.config
        if only_looks(config):
            return (yield)
        self.board = self._judged(config)
        _tell_junit(config, self.board)
        self._note = _tell_github(self.board)
        result = yield
        if not self.board.complete and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return result

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the scoreboard."""
        if self.board is not None:
            write_section(terminalreporter, "queue gate", self._lines(self.board))

    def _judged(self, config: pytest.Config) -> Scoreboard:
        with chdir(self._settings.home):
            evidence = gather(
                config,
                self._settings,
                self._given,
                results=self._ledger,
                tally=self._tally,
                seen=_seen(config),
                watch_errors=_watch_errors(config),
            )
        audience = " and ".join(team.title for team in self._settings.teams)
        return judge(evidence, audience=audience)

    def _lines(self, board: Scoreboard) -> Iterator[Line]:
        yield from words.report(board)
        if self._note:
            yield Line(self._note, Tone.CAREFUL)


def _seen(config: pytest.Config) -> Sequence[WatchFinding] | None:
    """Return what the watch found; None where it is off, and saw no more than marked tests."""
    watching: Any = config.pluginmanager.get_plugin(_WATCH)
    is_on = options.is_watch_asked_for(config)
    return tuple(watching.so_far()) if is_on and watching is not None else None


def _watch_errors(config: pytest.Config) -> InternalErrors:
    """Return the errors of the watch itself, which may hide findings."""
    watching: Any = config.pluginmanager.get_plugin(_WATCH)
    errors: InternalErrors = getattr(watching, "internal_errors", InternalErrors())
    return errors


def _tell_junit(config: pytest.Config, board: Scoreboard) -> None:
    """Add the criteria to the properties of the suite, where a JUnit file is written."""
    for plugin in config.pluginmanager.get_plugins():
        add: Any = getattr(plugin, "add_global_property", None)
        if callable(add):
            for name, value in words.properties(board):
                add(name, value)


def _tell_github(board: Scoreboard) -> str:
    """Add the scoreboard to the summary of a step of GitHub Actions; return what went wrong."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        return ""
    try:
        with Path(file).open("a", encoding="utf-8") as summary:
            summary.write(f"{words.as_markdown(board)}\n")
    except (OSError, ValueError) as error:
        return f"the step summary {file!r} could not be written: {error}"
    return ""
