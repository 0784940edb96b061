"""What a review finds in a text, in short."""

from __future__ import annotations

from textwrap import dedent

from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.review.examine import examine_text


def violations(text: str) -> list[Violation]:
    """Review a text, which may be indented."""
    return examine_text(dedent(text))


def found(text: str) -> list[tuple[str, int]]:
    """Return the codes and the lines of what is found in a text."""
    return [(one.kind, one.place.line) for one in violations(text) if one.place]


def codes(text: str) -> list[str]:
    """Return the codes of what is found in a text."""
    return [code for code, _ in found(text)]
