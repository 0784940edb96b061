"""Lines of a report: at most eighty columns wide, in characters that every terminal can show."""

from __future__ import annotations

import enum
import textwrap
from dataclasses import dataclass

WIDTH = 80
"""Columns."""

_ASCII = {
    "→": "->",
    "←": "<-",
    "…": "...",
    "–": "-",
    "—": "-",
    "−": "-",
    "≥": ">=",
    "≤": "<=",
    "×": "x",
    "▶": ">",
    "·": "-",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
}
"""Replacements for punctuation that an encoding cannot hold."""


class Tone(enum.Enum):
    """The meaning of a line, for terminals with colours."""

    PLAIN = "plain"
    HEAD = "head"
    GOOD = "good"
    BAD = "bad"
    CAREFUL = "careful"


@dataclass(frozen=True)
class Line:
    """A line of the report and its meaning."""

    text: str
    tone: Tone = Tone.PLAIN


def wrapped(
    text: str, *, indent: str = "", hanging: str = "", lines: int = 4, width: int = WIDTH
) -> list[str]:
    """Return a text in at most `lines` lines of eighty columns, cut with an ellipsis.

    width: columns of a terminal with fewer, which gets more lines for the same text.
    """
    room = len(indent) + len(hanging)
    return textwrap.wrap(
        " ".join(printable(text).split()),
        width,
        initial_indent=indent,
        subsequent_indent=indent + hanging,
        max_lines=lines * (WIDTH - room) // max(width - room, 1),
        placeholder=" …",
        break_on_hyphens=False,
    )


def printable(text: str) -> str:
    """Return a text without characters that a terminal would act upon or could not encode."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def encodable(text: str, encoding: str) -> str:
    """Return a text that a stream with this encoding can write.

    Punctuation becomes ASCII ("→" becomes "->"); any other character becomes an escape.
    """
    replaced = (
        letter if _fits(letter, encoding) else _ASCII.get(letter, letter) for letter in text
    )
    return "".join(replaced).encode(encoding, "backslashreplace").decode(encoding)


def _fits(letter: str, encoding: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def cut(line: str, width: int = WIDTH) -> str:
    """Return a line cut to at most `width` columns."""
    return line if len(line) <= width else line[: width - 1] + "…"


def figure(value: float) -> str:
    """Return a number with three significant digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: "1 rule", "2,000 rules"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def markdown_cell(text: str) -> str:
    """Return a text as a cell of a Markdown table, in which nothing is markup."""
    plain = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{letter}" if letter in "\\|*_`[]~#" else letter for letter in plain)
