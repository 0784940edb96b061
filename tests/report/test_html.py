"""The page of a run stands alone, and shows what the run holds."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser

import pytest

from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.history import Outcome, Verb
from pytest_queuekit.model.run_result import Explanation, RunResult, RunSubject
from pytest_queuekit.model.verdict import (
    Finding,
    Findings,
    Place,
    Requirement,
    RuleRun,
    Status,
    Violation,
    Waiver,
)
from pytest_queuekit.report.formats.html import as_html, page
from tests.report.build import LATER, absent, broken, error, operation, run, speed, verdict

HOSTILE = "</style><script>alert(1)</script>"
CLAIM = operation(Verb.CLAIM, 0.5, task="t1", arguments={"lease": 60.0})
HUNG = operation(
    Verb.FAIL,
    61,
    number=1,
    end=None,
    outcome=Outcome.UNKNOWN,
    claim=0,
    raised_at="shop.py:3 in fail",
)
PROOF = Violation(kind="double", title="Twice", detail="`w1` <b> took t1", witness=(CLAIM, HUNG))
RUN = RuleRun(
    driver="sequence",
    violations=(PROOF,),
    declared="lease_seconds=60",
    code="shop.py:31 in complete",
    replay="pytest 'queue-validate::A-2[myqueue]'",
    test="def test_walk(): ...",
)
PLACED = Finding(
    kind="QR101",
    title="Write outside",
    detail="A write has no transaction.",
    place=Place(path="a.py", line=3, column=1, end_line=3, end_column=4, text="x = 1"),
)
EVERYTHING = run(
    verdict("A-1"),
    broken("A-2", detail=RUN, also=("A-8",)),
    broken("A-8", same_as="A-2"),
    broken("A-3", detail=Findings(findings=(PLACED,))),
    absent("A-4"),
    verdict("A-5", Status.NOT_RUN, reason=LATER),
    verdict("A-6", Status.WAIVED, waiver=Waiver(reason="known", source="README")),
    error("A-7"),
    broken("A-9", requirement=Requirement.SHOULD),
    speed(),
    speed(met=False, rule="PERF-3", p95=12.0),
    warnings=("an old SQLite",),
    unmet=("lease was not exercised",),
    explanations={"A-2": Explanation(why="It is lost.", wrong="x = '<'", right="x = 2")},
)


class _Page(HTMLParser):
    """Collects the tags of a page; fails for a tag that is not closed in its place."""

    VOID = ("meta", "input", "line", "rect")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def values(self, name: str) -> list[str]:
        return [str(attrs[name]) for _, attrs in self.tags if name in attrs]


@pytest.mark.parametrize("result", [EVERYTHING, run()], ids=["everything", "nothing"])
def test_the_page_is_well_formed_and_stands_alone(result: RunResult) -> None:
    """Each tag is closed, each link leads to a part of the page, and nothing is loaded."""
    text = as_html(result)
    parsed = _Page(text)
    ids = parsed.values("id")
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in parsed.values("href")} <= set(ids)
    assert parsed.values("src") == []
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", text)


def test_a_failure_shows_its_proof_and_its_way_out() -> None:
    """With the timeline, the calls, the place in the user's code, and right beside wrong."""
    text = as_html(EVERYTHING)
    for expected in (
        "<strong>Twice.</strong> <code>w1</code> &lt;b&gt; took <code>t1</code>",
        "1 claim</text>",
        "<td>0.500–0.501 s</td>",
        "<small>of claim 1</small>",
        "lease of t1 until 60.501 s",
        "raised at shop.py:3 in fail",
        "lease_seconds=60",
        "shop.py:31 in complete",
        "pytest &#39;queue-validate::A-2[myqueue]&#39;",
        "It is lost.",
        "x = &#39;&lt;&#39;",
        "def test_walk(): ...",
        "<b>A-8</b> one-worker-a-task. Same cause as A-2: Task delivered twice",
        "queuekit explain A-2",
        "<code>a.py:3</code> A write has no transaction.",
    ):
        assert expected in text, expected


def test_what_was_not_tested_is_told() -> None:
    """A page without failures must not claim more than was tested."""
    text = as_html(EVERYTHING)
    for expected in (
        "requires --queue-level deep",
        "KeyError: &#39;x&#39;",
        "1 not applicable: the adapter does not declare what they need",
        "known <small>README</small>",
        "an old SQLite",
        "lease was not exercised",
        "less than 5 ms",
        "180 %",
    ):
        assert expected in text, expected


def test_a_name_is_text() -> None:
    """Queues, tasks and errors may hold markup."""
    hung = operation(Verb.FAIL, 1, task=HOSTILE, actor=HOSTILE, error=HOSTILE)
    proof = Violation(kind="k", title=HOSTILE, detail=f"`{HOSTILE}`", witness=(hung,))
    subject = RunSubject(label="x", title=HOSTILE)
    text = as_html(run(broken("A-1", proof, queue="x"), subject=subject, warnings=(HOSTILE,)))
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert len([tag for tag, _ in _Page(text).tags if tag == "script"]) == 1


def test_the_matrix_has_a_column_for_each_run() -> None:
    """A cell of a failure links to it."""
    newer = RunResult(environment={**EVERYTHING.environment, "python": "3.13"}, suites=run(
        verdict("A-2"), broken("A-1")
    ).suites)  # fmt: skip
    text = page({"old.json": EVERYTHING, "new.json": newer})
    assert "myqueue 1.0 (python 3.11.7)" in text
    assert "myqueue 1.0 (python 3.13)" in text
    assert '<td class="fail"><a href="#f0-A-2">fail</a></td>' in text
    assert '<td class="fail"><a href="#f1-A-1">fail</a></td>' in text


def test_the_page_stays_small() -> None:
    """A thousand checks of three queues fit into a megabyte."""
    many = [absent(f"A-{number}") for number in range(300)]
    many += [broken(f"B-{number}", PROOF) for number in range(30)]
    runs = {f"{number}.json": run(*many) for number in range(3)}
    assert len(page(runs).encode()) < 1_000_000


def test_without_jinja2_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(UsageError, match=r"pip install 'pytest-queuekit\[html\]'"):
        as_html(EVERYTHING)


def _luminance(colour: str) -> float:
    """Return the relative luminance of "#rgb" or "#rrggbb" (WCAG 2.2)."""
    digits = colour.removeprefix("#")
    pairs = [2 * digit for digit in digits] if len(digits) == 3 else re.findall("..", digits)
    parts = [int(pair, 16) / 255 for pair in pairs]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark", "print"])
def test_each_text_has_contrast(mode: str) -> None:
    """At least 4.5 to 1 on each ground on which it may stand (WCAG 2.2, level AA)."""
    palettes = re.findall(r":root \{([^}]*)\}", as_html(run()))
    colours = dict(re.findall(r"--(\w+): (#\w+)", palettes[["light", "dark", "print"].index(mode)]))
    grounds = {"ink": ("paper", "shade", "lease"), "soft": ("paper", "shade", "lease")}
    for text in ("ink", "soft", "good", "bad", "care", "link"):
        for ground in grounds.get(text, ("paper", "shade")):
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
