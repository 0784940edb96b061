"""A badge that states how many rules a queue keeps, of those that apply to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from xml.sax.saxutils import escape

from pytest_queuekit.model.verdict import Status
from pytest_queuekit.report.closing import Conclusion
from pytest_queuekit.report.matrix import Column

_COLOURS = {
    Conclusion.PASSED: "brightgreen",
    Conclusion.FAILED: "red",
    Conclusion.INSUFFICIENT: "yellow",
    Conclusion.NO_VERDICT: "lightgrey",
    Conclusion.NOT_TESTED: "lightgrey",
}
"""The colours by the names that shields.io has for them (https://shields.io/badges)."""
_HEX = {"brightgreen": "#2e7d32", "red": "#c62828", "yellow": "#8a6d00", "lightgrey": "#616161"}
"""The same, dark enough for white letters (WCAG 2.2, contrast of at least 4.5 to 1)."""
_LETTER, _MARGIN = 6.6, 6
"""Pixels of a letter and beside a text; the SVG stretches the text to the width."""


def message(column: Column) -> str:
    """Return what is claimed: "129 of 130 rules, standard", and what was left out."""
    rules = [verdict for verdict in column.verdicts.values() if verdict.suite == "rules"]
    exercised = [verdict for verdict in rules if verdict.exercised]
    passed = sum(verdict.status is Status.PASS for verdict in exercised)
    if column.conclusion in (Conclusion.NO_VERDICT, Conclusion.NOT_TESTED):
        return column.conclusion.value.lower()
    part = f" ({column.selected} selected)" if column.selected else ""
    return f"{passed} of {len(exercised)} rules, {column.level}{part}"


def as_json(columns: Sequence[Column]) -> str:
    """Return the badge of the only column, for the endpoint of shields.io."""
    (column,) = columns
    badge = {
        "schemaVersion": 1,
        "label": column.title,
        "message": message(column),
        "color": _COLOURS[column.conclusion],
    }
    return json.dumps(badge, ensure_ascii=False) + "\n"


def as_svg(columns: Sequence[Column]) -> str:
    """Return the badge of the only column as an image."""
    (column,) = columns
    label, text = column.title, message(column)
    left, right = (round(_LETTER * len(each)) + 2 * _MARGIN for each in (label, text))
    colour = _HEX[_COLOURS[column.conclusion]]
    name = escape(f"{label}: {text}", {'"': "&quot;"})
    texts = "".join(
        f'<text x="{x + _MARGIN}" y="14" textLength="{width - 2 * _MARGIN}">{escape(each)}</text>'
        for x, width, each in ((0, left, label), (left, right, text))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{name}"><title>{name}</title>'
        f'<rect width="{left + right}" height="20" rx="3" fill="#424242"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left}z" fill="{colour}"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">{texts}</g>'
        "</svg>\n"
    )
