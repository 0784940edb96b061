"""The width of the terminal, as far as the commands follow it."""

from __future__ import annotations

import textwrap
from shutil import get_terminal_size

from pytest_queuekit.report.lines import WIDTH

NARROWEST, WIDEST = 40, 200
"""The limits of the width that tables and drawings take, whatever the terminal has."""


def columns() -> int:
    """Return the width of tables and drawings."""
    return min(max(get_terminal_size().columns, NARROWEST), WIDEST)


def prose() -> int:
    """Return the width of sentences: at most eighty columns, which an eye follows well."""
    return min(columns(), WIDTH)


def broken(text: str, width: int) -> list[str]:
    """Return lines of code or of a proof as lines of at most `width` columns."""
    return [part for line in text.splitlines() for part in _parts(line, width)]


def _parts(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(
        line.strip(),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}    ",
        break_on_hyphens=False,
    )
