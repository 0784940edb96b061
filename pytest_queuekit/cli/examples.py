"""The example of a rule: a wrong and a right implementation, and a typical proof."""

from __future__ import annotations

import textwrap

_MARGIN = " " * 4
_TESTED = "<!-- run: no, tests/rules runs it -->"
"""The mark of a block of Python that the documentation's tests do not run."""


def text_lines(rule_id: str) -> list[str]:
    """Return the lines for a terminal; none for an id without an example."""
    lines: list[str] = []
    for title, _, block in _parts(rule_id):
        lines += ["", f"  {title}", *textwrap.indent(block, _MARGIN).splitlines()]
    return lines


def markdown_lines(rule_id: str) -> list[str]:
    """Return the lines for a document; none for an id without an example."""
    lines: list[str] = []
    for title, language, block in _parts(rule_id):
        lines += [f"**{title}**", "", *[_TESTED] * (language == "python")]
        lines += [f"```{language}", *block.splitlines(), "```", ""]
    return lines


def _parts(rule_id: str) -> list[tuple[str, str, str]]:
    """Return the title, the language and the text of each part."""
    # Imported here so that a list of the rules does not load 140 examples.
    from pytest_queuekit.rules.examples.catalogue import example_of

    example = example_of(rule_id)
    if example is None:
        return []
    return [
        ("Wrong", example.language, example.wrong),
        ("Right", example.language, example.right),
        ("Typical proof", "text", example.proof),
    ]
