"""Writes lines of a report where pytest writes its own."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pytest_queuekit.report.lines import Line, Tone

_MARKUP = {
    Tone.PLAIN: {},
    Tone.HEAD: {"bold": True},
    Tone.GOOD: {"green": True},
    Tone.BAD: {"red": True},
    Tone.CAREFUL: {"yellow": True},
}

_LOOKS = ("collectonly", "setuponly", "show_fixtures_per_test", "cacheshow")
"""Options with which pytest runs no test. With --setup-plan it sets the second one itself."""


def only_looks(config: pytest.Config) -> bool:
    """Whether the run was not to find anything."""
    return any(config.getoption(name, False) for name in _LOOKS)


def write_section(reporter: pytest.TerminalReporter, title: str, lines: Iterable[Line]) -> None:
    """Write a section at the end of a run."""
    reporter.write_sep("=", title)
    for line in lines:
        reporter.write_line(line.text, **_MARKUP[line.tone])
