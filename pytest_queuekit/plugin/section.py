"""Writes sections of a report to pytest's terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import pytest

from pytest_queuekit.report.lines import Line, Tone, encodable

_MARKUP = {
    Tone.PLAIN: {},
    Tone.HEAD: {"bold": True},
    Tone.GOOD: {"green": True},
    Tone.BAD: {"red": True},
    Tone.CAREFUL: {"yellow": True},
}

_LOOKS = ("collectonly", "setuponly", "show_fixtures_per_test", "cacheshow")
"""Options with which pytest runs no test. --setup-plan sets the second one."""


def only_looks(config: pytest.Config) -> bool:
    """Return True if the options of the run let it execute no test."""
    return any(config.getoption(name, False) for name in _LOOKS)


def write_section(reporter: pytest.TerminalReporter, title: str, lines: Iterable[Line]) -> None:
    """Write a section at the end of a run."""
    reporter.write_sep("=", title)
    for line in lines:
        reporter.write_line(encodable(line.text, terminal_encoding()), **_MARKUP[line.tone])


def terminal_encoding() -> str:
    """Return the encoding of the terminal; pytest would write `\\u2192` for an arrow it cannot."""
    return getattr(sys.__stdout__, "encoding", None) or "utf-8"
