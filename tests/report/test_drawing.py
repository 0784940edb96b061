"""A timeline as SVG is well-formed, alone and within a page."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from pytest_queuekit.model.history import Operation, Outcome, Verb
from pytest_queuekit.report.drawing import image, svg
from pytest_queuekit.report.timeline import Timeline, timeline
from tests.report.build import operation

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"><script>alert(1)</script>'


def _drawn(*calls: Operation, culprit: int = 0) -> Timeline:
    drawing = timeline(calls, culprit=culprit)
    assert drawing is not None
    return drawing


def _parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - written by this test


def test_a_file_has_its_style_and_a_ground() -> None:
    """It can be read on any page, light or dark."""
    root = _parsed(image(_drawn(operation(Verb.CLAIM, 1, task="t")), label="A claim"))
    assert root.get("aria-label") == "A claim"
    style = root.findtext(f"{SVG}style") or ""
    assert "prefers-color-scheme: dark" in style
    assert ".timeline .paper" in style
    ground = root.find(f"{SVG}rect")
    assert ground is not None
    assert ground.get("class") == "paper"


def test_an_element_leaves_the_style_to_its_page() -> None:
    """A page with many drawings has it once."""
    root = _parsed(svg(_drawn(operation(Verb.CLAIM, 1)), label="A claim"))
    assert root.find(f"{SVG}style") is None


def test_the_mark_is_at_the_culprit() -> None:
    """Calls may follow it; without a number it is the last."""
    calls = [operation(Verb.CLAIM, at, actor=str(at)) for at in (1, 2, 3)]
    for number, marked in ((0, 3), (2, 2)):
        groups = _parsed(svg(_drawn(*calls, culprit=number), label="x")).iter(f"{SVG}g")
        classes = ["culprit" in str(group.get("class")) for group in groups]
        assert classes.index(True) == marked - 1
        assert sum(classes) == 1


def test_a_name_is_text() -> None:
    """Actors, tasks and labels may hold markup."""
    call = operation(Verb.FAIL, 1, actor=HOSTILE, task=HOSTILE, outcome=Outcome.REFUSED)
    root = _parsed(image(_drawn(call), label=HOSTILE))
    assert root.get("aria-label") == HOSTILE
    assert root.find(f".//{SVG}script") is None
