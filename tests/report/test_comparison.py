"""Two runs are compared check by check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_queuekit.errors import ReportError
from pytest_queuekit.model.run_result import RunResult, RunSubject
from pytest_queuekit.model.scoreboard import Criterion, Scoreboard
from pytest_queuekit.model.verdict import Requirement, Status, Verdict, Waiver
from pytest_queuekit.report.comparison import Change, changed_environment, compare
from pytest_queuekit.report.formats.json import as_data, as_json, read_run
from tests.report.build import absent, broken, checked, error, run, speed, unexercised, verdict

WAIVED = verdict("A-1", Status.WAIVED, waiver=Waiver(reason="known", source="README"))
ADVICE = broken("A-1", requirement=Requirement.SHOULD)
PASSED, FAILED, ABSENT = verdict("A-1"), broken("A-1"), absent("A-1")


def _changes(old: RunResult, new: RunResult, slowdown: float = 1.5) -> list[Change]:
    return [difference.change for difference in compare(old, new, slowdown)]


@pytest.mark.parametrize(
    ("old", "new", "change", "news"),
    [
        (PASSED, PASSED, None, False),
        (PASSED, FAILED, Change.NEWLY_FAILING, True),
        (ABSENT, FAILED, Change.NEWLY_FAILING, True),
        (WAIVED, FAILED, Change.NEWLY_FAILING, True),
        (FAILED, FAILED, Change.STILL_FAILING, False),
        (FAILED, PASSED, Change.FIXED, False),
        (FAILED, WAIVED, Change.WAIVED, False),
        (FAILED, ABSENT, Change.NO_LONGER_TESTED, True),
        (PASSED, ABSENT, Change.NO_LONGER_TESTED, True),
        (PASSED, error("A-1"), Change.NO_LONGER_TESTED, True),
        (PASSED, unexercised("A-1"), Change.NO_LONGER_TESTED, True),
        (ABSENT, PASSED, Change.NEWLY_TESTED, False),
        (ABSENT, ABSENT, None, False),
        (PASSED, ADVICE, Change.NOT_AS_RECOMMENDED, False),
        (ADVICE, ADVICE, None, False),
    ],
)
def test_a_check_changes_its_answer(
    old: Verdict, new: Verdict, change: Change | None, news: bool
) -> None:
    """Only a check that passes now is fixed; one that is not tested any more is news."""
    found = compare(run(old), run(new), 1.5)
    assert [each.change for each in found] == ([change] if change else [])
    assert any(each.is_news for each in found) is news


def test_a_check_may_come_and_go() -> None:
    """A rule may be new in the catalogue, or deselected."""
    both = verdict("B-1")
    assert _changes(run(PASSED, both), run(both)) == [Change.NO_LONGER_TESTED]
    assert _changes(run(both), run(PASSED, both)) == [Change.NEWLY_TESTED]
    assert _changes(run(both), run(FAILED, both)) == [Change.NEWLY_FAILING]


def test_a_recommendation_that_is_no_longer_tested_is_no_news() -> None:
    """Only binding checks decide."""
    old = verdict("A-1", requirement=Requirement.SHOULD)
    new = verdict("A-1", Status.NOT_RUN, requirement=Requirement.SHOULD)
    found = compare(run(old), run(new), 1.5)
    assert [(each.change, each.is_news) for each in found] == [(Change.NO_LONGER_TESTED, False)]


@pytest.mark.parametrize(
    ("value", "higher", "change"),
    [
        (1.4, False, None),
        (1.6, False, Change.SLOWER),
        (0.6, False, Change.FASTER),
        (0.6, True, Change.SLOWER),
        (1.6, True, Change.FASTER),
        (0.0, False, None),
    ],
)
def test_a_measurement_changes(value: float, higher: bool, change: Change | None) -> None:
    """By the ratio of the values, in the direction that counts."""
    old, new = (speed(value=each, higher_is_better=higher) for each in (1.0, value))
    assert _changes(run(old), run(new)) == ([change] if change else [])


def test_another_disk_makes_no_difference() -> None:
    """Where both runs know what a commit costs on their disk, that is what they are compared in."""
    old, new = speed(value=1.0, floor=0.5), speed(value=4.0, floor=2.0)
    assert _changes(run(old), run(new)) == []
    assert _changes(run(old), run(speed(value=4.0, floor=0.5))) == [Change.SLOWER]


def test_the_differences_are_sorted_by_queue_and_by_change() -> None:
    """What fails now comes first."""
    old = run(broken("A-1"), verdict("A-2"), absent("A-3"))
    new = run(verdict("A-1"), broken("A-2"), verdict("A-3"))
    assert _changes(old, new) == [Change.NEWLY_FAILING, Change.FIXED, Change.NEWLY_TESTED]


def test_runs_of_different_queues_are_not_compared() -> None:
    """Nothing could be said about any of them."""
    other = run(verdict("A-1", queue="other"), subject=RunSubject(label="other", title="other 2"))
    with pytest.raises(ReportError, match="no queue in common: myqueue in the first, other in"):
        compare(run(PASSED), other, 1.5)


def test_a_changed_environment_is_told() -> None:
    """By name, with both values."""
    old = run(PASSED)
    new = RunResult(environment={**old.environment, "level": "standard", "kernel": "6"})
    assert changed_environment(old, new) == {"level": ("quick", "standard"), "kernel": ("", "6")}


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    """All but the histories."""
    result = run(
        PASSED, broken("A-2"), absent("A-3"), WAIVED, speed(), checked("schema", "no table"),
        unmet=("x",), errors=("y",), warnings=("old",), hints=("next",), seconds=1.5, teams="03",
        scoreboard=Scoreboard(
            criteria=(
                Criterion(number=1, asks="all", against=("no",), held=("yes",)),
                Criterion(number=2, asks="some", missing=("?",)),
                Criterion(number=3, asks="none", held=("yes",)),
            )
        ),
    )  # fmt: skip
    path = tmp_path / "run.json"
    path.write_text(as_json(result), encoding="utf-8")
    assert as_data(read_run(path)) == as_data(result)
    assert read_run(path).suites == result.suites


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"\xff", "this is not JSON"),
        (b"{", "this is not JSON"),
        (b"[]", "this is no report of --queue-report json:PATH"),
        (b'{"schema": 7}', "the report has schema 7; this queuekit reads 1"),
        (b'{"schema": 1}', "the report is incomplete or was changed: KeyError: 'environment'"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    """The error names the file and what is wrong with it."""
    path = tmp_path / "run.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ReportError, match=message) as raised:
        read_run(path)
    assert str(path) in str(raised.value)


def test_a_verdict_without_a_field_is_refused(tmp_path: Path) -> None:
    """It was edited by hand, or comes from another version."""
    data = as_data(run(PASSED))
    del data["verdicts"][0]["rule"]
    path = tmp_path / "run.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ReportError, match="incomplete or was changed"):
        read_run(path)
