"""Each item of the checklist finds what is wrong, and leaves alone what is right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_queuekit.review.catalogue import CODES, GROUPS, PITFALLS
from pytest_queuekit.review.code import Code, Decided
from pytest_queuekit.review.examine import examine_file, examine_text
from tests.docs.pages import blocks, pages
from tests.review.found import codes

ROOT = Path(__file__).parents[2]
SEED = (ROOT / "tests" / "seed" / "worker-support.md").read_text(encoding="utf-8")

decided_by_text = pytest.mark.parametrize(
    "code", [one for one in CODES if one.check], ids=lambda code: code.id
)


@decided_by_text
def test_what_is_wrong_is_found_and_nothing_else(code: Code) -> None:
    """The wrong example breaks its own item, and that one only."""
    assert set(codes(code.wrong)) == {code.id}


@decided_by_text
def test_what_is_right_is_not_found(code: Code) -> None:
    """The right example breaks nothing."""
    assert codes(code.right) == []


def test_every_item_is_decided_somehow() -> None:
    """By the text, with a check and both examples, or else with a word on what decides it."""
    for code in CODES:
        by_text = code.decided is Decided.TEXT
        assert by_text == bool(code.check) == bool(code.wrong) == bool(code.right) != bool(code.how)


def test_every_line_of_the_checklist_has_a_code() -> None:
    """In the groups and the order of the checklist; a pitfall may share a code with an item."""
    checklist = SEED.partition("## Code Review Checklist")[2].partition("## Common Pitfalls")[0]
    wanted = [
        (group, re.findall(r"^- \[ \] (.*)$", items, re.MULTILINE))
        for group, items in re.findall(r"^### ✅ (.*?)$(.*?)(?=^###|\Z)", checklist, re.M | re.S)
    ]
    of_items = [
        (group.name, [one.item for one in group.codes if not one.item.startswith("DON'T")])
        for group in GROUPS
    ]
    assert of_items == wanted


def test_every_pitfall_has_a_code() -> None:
    """Each is one of the codes, and those that name a pitfall are its."""
    pitfalls = re.findall(r"^### ❌ (DON'T: .*)$", SEED, re.MULTILINE)
    assert list(PITFALLS) == pitfalls
    assert set(PITFALLS.values()) <= {code.id for code in CODES}
    for code in CODES:
        if code.item.startswith("DON'T"):
            assert PITFALLS[code.item] == code.id


def _snippets() -> list[str]:
    return re.findall(r"^```python[ \t]*\n(.*?)^```", SEED, re.M | re.S)


def test_the_pitfalls_own_examples() -> None:
    """Of each pitfall the half marked as wrong is found, and the half marked as correct is not."""
    pairs = [one.partition("# ✅") for one in _snippets() if "❌ Wrong" in one]
    assert [codes(wrong) for wrong, _, _ in pairs] == [["QR107"], ["QR102"], ["QR402"], ["QR501"]]
    assert [codes(f"#{right}") for _, _, right in pairs] == [[], [], [], []]


def test_the_patterns_are_not_found() -> None:
    """Nothing is found in what the seed tells to write, but for the one reading example in it
    that goes against its own checklist: it selects * and fetches all rows."""
    told = [codes(one) for one in _snippets() if "❌ Wrong" not in one]
    assert [one for one in told if one] == [["QR402", "QR403"]]


def test_nothing_is_found_in_the_package() -> None:
    """The reference queue, and all that is around it, keep to the checklist."""
    files = sorted((ROOT / "pytest_queuekit").rglob("*.py"))
    assert [one for file in files for one in examine_file(file, str(file))] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_nothing_is_found_in_the_documentation(page: Path) -> None:
    """No page shows what the review would find; the review's own shows it on purpose."""
    shown = [one.text for one in blocks(page) if one.language == "python" and not one.edit]
    if page.name != "review.md":
        assert [one for text in shown for one in examine_text(text)] == []
