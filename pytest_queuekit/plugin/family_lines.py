"""Adds a line about each family of checks to a log, where the progress on a terminal is no use."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest

from pytest_queuekit.plugin.results import Results
from pytest_queuekit.plugin.section import terminal_encoding
from pytest_queuekit.report.formats.text import answers
from pytest_queuekit.report.lines import encodable
from pytest_queuekit.suites.check import Check

_PERCENT = len(" [100%]")
"""Columns that pytest takes at the end of a line."""

_Family = tuple[str, str, str]
"""Suite, subject and family."""


def register(config: pytest.Config, checks: Mapping[str, Check], results: Results) -> None:
    """Write the lines, if this process writes a log with a letter for each test."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not reporter.isatty and config.get_verbosity() == 0:
        lines = FamilyLines(config, reporter, checks, results)
        config.pluginmanager.register(lines, "queuekit-families")


class FamilyLines:
    """Writes the answers of a family behind pytest's letters, once all its checks have ended."""

    def __init__(
        self,
        config: pytest.Config,
        reporter: pytest.TerminalReporter,
        checks: Mapping[str, Check],
        results: Results,
    ) -> None:
        self._config, self._reporter = config, reporter
        self._checks, self._results = checks, results
        self._open: dict[_Family, set[str]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Write the line of a family with its last check."""
        check = self._checks.get(nodeid)
        if check is None:
            return
        if not self._open:
            self._open = self._selected()
        family = _family(check)
        waiting = self._open[family]
        if nodeid in waiting:
            waiting.remove(nodeid)
            if not waiting:
                self._write(self._line(*family))

    def _selected(self) -> dict[_Family, set[str]]:
        families: dict[_Family, set[str]] = defaultdict(set)
        for node_id in self._results.selected:
            families[_family(self._checks[node_id])].add(node_id)
        return families

    def _line(self, suite: str, subject: str, family: str) -> str:
        own = [each for each in self._results.of(suite, subject) if each.family == family]
        counts = ", ".join(f"{count} {name}" for name, count in answers(own).items())
        return f"{family}[{subject}]: {counts}, {sum(each.seconds for each in own):.1f} s"

    def _write(self, text: str) -> None:
        reporter: Any = self._reporter
        writer = self._config.get_terminal_writer()
        text = encodable(text, terminal_encoding())
        room = writer.fullwidth - _PERCENT - 1
        if len(text) + 1 <= room - writer.width_of_current_line:
            lines = [f" {text}" if writer.width_of_current_line else text]
        else:
            writer.line()
            lines = textwrap.wrap(text, room, initial_indent="  ", subsequent_indent="    ")
        writer.write("\n".join(lines), flush=True)
        if reporter.currentfspath is None:
            writer.line()  # pytest-xdist lets pytest name no path before its letters
        else:
            # As pytest does behind a line that is full: the next letter starts a new one, after
            # the percentage and the path.
            reporter.currentfspath = -2


def _family(check: Check) -> _Family:
    return check.suite, check.subject, check.family
