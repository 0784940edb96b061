"""Each rule has a page on the documentation site, and the index leads to it."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from pytest_queuekit.cli.rule_pages import index, pages
from pytest_queuekit.cli.rules import RuleEntry, entries
from pytest_queuekit.report.drawing import LEGEND
from pytest_queuekit.rules.examples.catalogue import example_of
from pytest_queuekit.rules.examples.proof import culprit
from tests.docs.pages import ROOT

ENTRIES = {entry.id: entry for entry in entries()}
PAGES = dict(pages(list(ENTRIES.values())))
LINK = re.compile(r"\]\(([^)#]+)")


@pytest.fixture(params=ENTRIES)
def entry(request: pytest.FixtureRequest) -> RuleEntry:
    """Each rule and target in turn."""
    return ENTRIES[request.param]


def test_the_index_leads_to_each_page() -> None:
    """A rule has one page, and the index has a line for it below its family."""
    written = index(list(ENTRIES.values()))
    assert LINK.findall(written) == [f"rules/{name}" for name in PAGES]
    assert list(PAGES) == [f"{rule_id}.md" for rule_id in ENTRIES]
    assert re.findall(r"^## (.*)", written, re.MULTILINE) == list(
        dict.fromkeys(entry.family for entry in ENTRIES.values())
    )


def test_a_page_has_the_rule_in_full(entry: RuleEntry) -> None:
    """The promise, the reason, the needs, both implementations, the proof and the command."""
    page = PAGES[f"{entry.id}.md"]
    expected = [entry.slug, entry.requirement, entry.sentence, entry.why, entry.driver]
    expected += [*(f"`{need}`" for need in entry.needs), f"`{entry.level}`", entry.command]
    if example := example_of(entry.id):
        expected += [example.wrong, example.right, example.proof]
    assert [text for text in expected if text not in page] == []


def test_a_page_leads_to_the_others_of_its_family(entry: RuleEntry) -> None:
    """And nowhere that does not exist."""
    links = set(LINK.findall(PAGES[f"{entry.id}.md"]))
    others = {f"{other.id}.md" for other in ENTRIES.values() if other.family == entry.family}
    assert links - {"../example-queue.md"} == {"../rules.md"} | others - {f"{entry.id}.md"}


def test_the_timeline_draws_the_proof(entry: RuleEntry) -> None:
    """A bar for each line; the mark is at the call that shows the violation."""
    example = example_of(entry.id)
    drawings = re.findall(r"<svg.*</svg>", PAGES[f"{entry.id}.md"], re.DOTALL)
    assert len(drawings) == (example is not None)
    if example is not None:
        bars = [
            group.get("class", "").split()
            for group in ET.fromstring(drawings[0]).iter("{http://www.w3.org/2000/svg}g")  # noqa: S314 - ours
        ]
        assert len(bars) == len(example.proof.splitlines())
        assert [number for number, bar in enumerate(bars, 1) if "culprit" in bar] == [
            culprit(example.proof)
        ]


def test_the_documentation_explains_the_drawing() -> None:
    """With the words of the HTML report."""
    page = (ROOT / "docs" / "example-queue.md").read_text(encoding="utf-8")
    assert LEGEND in " ".join(page.split())
