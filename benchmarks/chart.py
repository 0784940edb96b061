"""Draws a bar chart as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_WIDTH, _LEFT, _ROW, _TOP = 720, 220, 30, 44
_STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#222}.title{font-weight:600}"
    ".bar{fill:#9bb3c8}.marked{fill:#1f6feb}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.bar{fill:#56708a}}"
)


def bars(title: str, values: Sequence[tuple[str, float]], *, marked: str) -> str:
    """Return a chart with a horizontal bar for each value; `marked` names one to point out."""
    height = _TOP + _ROW * len(values) + 8
    most = max(value for _, value in values)
    rows = "".join(
        _row(number, name, value, value / most, "marked" if name == marked else "bar")
        for number, (name, value) in enumerate(values)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}"><style>{_STYLE}</style>'
        f'<text class="title" x="8" y="24">{escape(title)}</text>{rows}</svg>\n'
    )


def _row(number: int, name: str, value: float, share: float, kind: str) -> str:
    top = _TOP + _ROW * number
    width = max(1.0, share * (_WIDTH - _LEFT - 80))
    return (
        f'<text x="{_LEFT - 8}" y="{top + 16}" text-anchor="end">{escape(name)}</text>'
        f'<rect class="{kind}" x="{_LEFT}" y="{top}" width="{width:.1f}" height="22" rx="2"/>'
        f'<text x="{_LEFT + width + 6:.1f}" y="{top + 16}">{value:,.0f}</text>'
    )
