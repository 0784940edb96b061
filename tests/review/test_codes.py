"""Each code finds its wrong example and accepts its right example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_queuekit.review.catalogue import ABOUT_FILES, CODES, GROUPS, PITFALLS
from pytest_queuekit.review.code import Code, Decided
from pytest_queuekit.review.examine import examine_file, examine_text
from tests.docs.pages import blocks, pages
from tests.review.findings import codes

ROOT = Path(__file__).parents[2]
SEED = (ROOT / "tests" / "seed" / "worker-support.md").read_text(encoding="utf-8")

decided_by_text = pytest.mark.parametrize(
    "code", [code for code in CODES if code.check], ids=lambda code: code.id
)


@decided_by_text
def test_the_wrong_example_breaks_its_code_alone(code: Code) -> None:
    """Each wrong example has findings of its own code and of no other."""
    assert set(codes(code.wrong)) == {code.id}


@decided_by_text
def test_the_right_example_has_no_findings(code: Code) -> None:
    """Each right example follows all codes."""
    assert codes(code.right) == []


def test_every_code_has_a_check_or_names_its_evidence() -> None:
    """A code that the text decides has a check and both examples; any other says how."""
    for code in CODES:
        by_text = code.decided is Decided.TEXT
        assert by_text == bool(code.check) == bool(code.wrong) == bool(code.right) != bool(code.how)


def test_every_title_stands_alone_in_a_summary_line() -> None:
    """A title has at most 60 characters, no final period, and is unique."""
    codes = [*ABOUT_FILES.values(), *CODES]
    for code in codes:
        assert 0 < len(code.title) <= 60
        assert not code.title.endswith(".")
        assert code.sentence.endswith(".")
        assert code.why.endswith((".", ")"))
    assert len({code.title for code in codes}) == len(codes)


def test_a_finding_has_the_title_of_its_code() -> None:
    """The title names the fault, and the detail names the place of it."""
    for code in CODES:
        for finding in examine_text(code.wrong):
            assert finding.title == code.title
            assert finding.detail not in ("", code.title)


def test_every_line_of_the_checklist_has_a_code() -> None:
    """The groups and the order are the checklist's; a pitfall may share a code with an item."""
    checklist = SEED.partition("## Code Review Checklist")[2].partition("## Common Pitfalls")[0]
    wanted = [
        (group, re.findall(r"^- \[ \] (.*)$", items, re.MULTILINE))
        for group, items in re.findall(r"^### ✅ (.*?)$(.*?)(?=^###|\Z)", checklist, re.M | re.S)
    ]
    of_items = [
        (group.name, [item for item in items if item and not item.startswith("DON'T")])
        for group, items in ((group, [code.item for code in group.codes]) for group in GROUPS)
    ]
    assert of_items == wanted


def test_every_pitfall_has_a_code() -> None:
    """Each pitfall names a code, and a code that names a pitfall belongs to it."""
    pitfalls = re.findall(r"^### ❌ (DON'T: .*)$", SEED, re.MULTILINE)
    assert list(PITFALLS) == pitfalls
    assert set(PITFALLS.values()) <= {code.id for code in CODES}
    for code in CODES:
        if code.item.startswith("DON'T"):
            assert PITFALLS[code.item] == code.id


def _snippets() -> list[str]:
    return re.findall(r"^```python[ \t]*\n(.*?)^```", SEED, re.M | re.S)


def test_the_examples_of_the_pitfalls() -> None:
    """The half marked as wrong has a finding, and the half marked as correct has none."""
    pairs = [text.partition("# ✅") for text in _snippets() if "❌ Wrong" in text]
    assert [codes(wrong) for wrong, _, _ in pairs] == [["QR107"], ["QR102"], ["QR402"], ["QR501"]]
    assert [codes(f"#{right}") for _, _, right in pairs] == [[], [], [], []]


def test_the_recommended_patterns_have_no_findings() -> None:
    """One reading example breaks its own checklist: it selects * and fetches all rows."""
    broken = [codes(text) for text in _snippets() if "❌ Wrong" not in text]
    assert [names for names in broken if names] == [["QR402", "QR403"]]


def test_the_package_has_no_findings() -> None:
    """The reference queue and the kit follow the checklist."""
    files = sorted((ROOT / "pytest_queuekit").rglob("*.py"))
    assert [each for file in files for each in examine_file(file, str(file))] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_the_documentation_has_no_findings(page: Path) -> None:
    """Only the page about the review shows wrong code, on purpose."""
    texts = [block.text for block in blocks(page) if block.language == "python" and not block.edit]
    if page.name != "review.md":
        assert [each for text in texts for each in examine_text(text)] == []
