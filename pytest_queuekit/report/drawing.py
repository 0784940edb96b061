"""A timeline as SVG: within a page that has its style, or as a file of its own."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from pytest_queuekit.report.timeline import BAR, LANE, Bar, Timeline

LEGEND = (
    "Each actor has a lane and each call a bar. A bar is green if the queue accepted the call, "
    "brown and dashed if it refused it, grey and dotted if it was busy or the outcome is unknown. "
    "▼ marks the call that shows the violation; a shaded band is a lease. Times are in the "
    "queue's clock, which the kit sets where it can, and not to scale."
)


def palette() -> str:
    """Return the colours, light and dark, as CSS variables. The page of a run has them too."""
    return Path(__file__).with_name("palette.css").read_text(encoding="utf-8")


def style() -> str:
    """Return the style sheet of the drawings, which needs the palette."""
    return Path(__file__).with_name("drawing.css").read_text(encoding="utf-8")


def svg(drawing: Timeline, *, label: str) -> str:
    """Return the element for a page that has the palette and the style."""
    return _element(drawing, label, "")


def image(drawing: Timeline, *, label: str) -> str:
    """Return a file that needs no page. It has a ground, which lets it stand on any page."""
    return f"{_element(drawing, label, f'<style>{palette()}{style()}</style>')}\n"


def _element(drawing: Timeline, label: str, head: str) -> str:
    width, height = f"{drawing.width:g}", f"{drawing.height:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="timeline" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(label)}">{head}'
        + "\n".join(("", '<rect class="paper" width="100%" height="100%"/>', *_parts(drawing)))
        + "\n</svg>"
    )


def _parts(drawing: Timeline) -> Iterator[str]:
    for y, name in drawing.lanes:
        middle = y + LANE / 2
        yield f'<line class="lane" x1="0" x2="{drawing.width:g}" y1="{middle:g}" y2="{middle:g}"/>'
        yield f'<text class="actor" x="2" y="{middle - 4:g}">{escape(name)}</text>'
    for band in drawing.bands:
        yield (
            f'<rect class="lease" x="{band.x:g}" y="{band.y:g}" width="{band.width:g}" '
            f'height="{LANE - 4}"><title>{escape(band.text)}</title></rect>'
        )
    for tick in drawing.ticks:
        yield (
            f'<line class="tick" x1="{tick.x:g}" x2="{tick.x:g}" y1="16" y2="{drawing.height:g}"/>'
        )
        yield f'<text class="time" x="{tick.x + 3:g}" y="12">{tick.text}</text>'
    for bar in drawing.bars:
        yield _bar(bar)


def _bar(bar: Bar) -> str:
    middle = f"{bar.x + bar.width / 2:g}"
    mark = f'<text class="mark" x="{middle}" y="{bar.y - 1:g}">▼</text>' if bar.culprit else ""
    return (
        f'<g class="bar {bar.outcome}{" culprit" if bar.culprit else ""}">'
        f"<title>{bar.number}: {escape(bar.text)}</title>"
        f'<rect x="{bar.x:g}" y="{bar.y:g}" width="{bar.width:g}" height="{BAR}" rx="3"/>'
        f'<text x="{middle}" y="{bar.y + 15:g}">{bar.number} {bar.verb}</text>{mark}</g>'
    )
