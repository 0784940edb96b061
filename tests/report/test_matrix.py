"""Several runs in one table, and one run in a badge."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from pytest_queuekit.model.run_result import RunResult, RunSubject
from pytest_queuekit.model.verdict import Requirement, Status, Verdict, Waiver
from pytest_queuekit.report import badge
from pytest_queuekit.report.matrix import columns, rows
from tests.report.build import absent, broken, error, run, speed, unexercised, verdict

OTHER = RunSubject(label="other", title="other 2")
WAIVED = verdict("A-4", Status.WAIVED, waiver=Waiver(reason="known", source="README"))
MIXED = run(verdict("A-1"), broken("A-2"), absent("A-3"), WAIVED, absent("B-1"), speed())


def _table(*results: RunResult, by_rule: bool = False) -> list[list[str]]:
    named = {f"{number}.json": result for number, result in enumerate(results, start=1)}
    return list(rows(columns(named), by_rule=by_rule))


def test_a_column_is_a_queue_and_a_row_a_family() -> None:
    """A cell counts what passed of what applied, and names what failed."""
    other = run(verdict("A-1", queue="other"), subject=OTHER)
    assert _table(MIXED, other) == [
        ["", "myqueue 1.0", "other 2"],
        ["conclusion", "FAILED", "PASSED"],
        ["level", "quick", "quick"],
        ["A", "1 of 3: A-2", "1 of 1"],
        ["B", "-", ""],
        ["PERF", "1 of 1", ""],
    ]


def test_a_row_may_be_a_rule() -> None:
    """A check that a run does not contain is left empty."""
    advice = broken("A-2", requirement=Requirement.SHOULD)
    table = _table(MIXED, run(advice, error("A-3")), by_rule=True)
    assert table[3:7] == [
        ["A-1", "pass", ""],
        ["A-2", "fail", "SHOULD fails"],
        ["A-3", "-", "error"],
        ["A-4", "waived", ""],
    ]


def test_what_has_no_answer_is_told() -> None:
    """It is no pass, and not inapplicable."""
    assert _table(run(error("A-1"), unexercised("A-2")))[3] == ["A", "2 without an answer"]
    assert _table(run(verdict("A-1"), error("A-2")))[3] == ["A", "1 of 1 (1 without an answer)"]


def test_runs_of_one_queue_are_told_apart() -> None:
    """By what their environments have unlike each other; by their names if there is nothing."""
    newer = RunResult(environment={**MIXED.environment, "python": "3.13.0"}, suites=MIXED.suites)
    assert _table(MIXED, newer)[0] == [
        "",
        "myqueue 1.0 (python 3.11.7)",
        "myqueue 1.0 (python 3.13.0)",
    ]
    assert _table(MIXED, MIXED)[0] == ["", "myqueue 1.0 (1.json)", "myqueue 1.0 (2.json)"]


@pytest.mark.parametrize(
    ("verdicts", "total", "message", "colour"),
    [
        ([verdict("A-1"), absent("A-2")], 0, "1 of 1 rules, quick", "brightgreen"),
        ([verdict("A-1"), broken("A-2")], 0, "1 of 2 rules, quick", "red"),
        ([verdict("A-1")], 9, "1 of 1 rules, quick (1 of 9 selected)", "brightgreen"),
        ([verdict("A-1"), *[absent(f"A-{n}") for n in range(2, 12)]], 0, "1 of 1 rules, quick",
         "yellow"),
        ([verdict("A-1"), error("A-2")], 0, "no verdict", "lightgrey"),
        ([absent("A-1")], 0, "not tested", "lightgrey"),
    ],
)  # fmt: skip
def test_a_badge_states_rules_and_level(
    verdicts: list[Verdict], total: int, message: str, colour: str
) -> None:
    """Never just that the queue passes, and never more than was tested."""
    table = columns({"run.json": run(*verdicts, total=total)})
    assert json.loads(badge.as_json(table)) == {
        "schemaVersion": 1,
        "label": "myqueue 1.0",
        "message": message,
        "color": colour,
    }
    image = ET.fromstring(badge.as_svg(table))  # noqa: S314 - written by this test
    assert image.get("aria-label") == f"myqueue 1.0: {message}"


def test_a_badge_escapes_what_the_queue_is_called() -> None:
    """A name may hold anything."""
    odd = RunSubject(label="x", title='<b> & "x"')
    svg = badge.as_svg(columns({"run.json": run(verdict("A-1", queue="x"), subject=odd)}))
    image = ET.fromstring(svg)  # noqa: S314 - written by this test
    assert str(image.get("aria-label")).startswith('<b> & "x": ')
