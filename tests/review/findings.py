"""The findings of a review, in short."""

from __future__ import annotations

from textwrap import dedent

from pytest_queuekit.model.verdict import Finding
from pytest_queuekit.review.examine import examine_text


def reported(text: str) -> list[Finding]:
    """Review a text, which may be indented."""
    return examine_text(dedent(text))


def findings(text: str) -> list[tuple[str, int]]:
    """Return the code and the line of each finding."""
    return [(each.kind, each.place.line) for each in reported(text) if each.place]


def codes(text: str) -> list[str]:
    """Return the code of each finding."""
    return [code for code, _ in findings(text)]
