"""Each criterion with the evidence that meets it, that fails it, and that leaves it unknown."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from pytest_queuekit.gate.criteria import judge
from pytest_queuekit.gate.evidence import Answers, Changes, Covered, Documented, Evidence, Outcomes
from pytest_queuekit.model.scoreboard import Standing
from pytest_queuekit.model.verdict import (
    Finding,
    Findings,
    Place,
    Reason,
    Status,
    Violation,
    Waiver,
)
from pytest_queuekit.watch.internal_errors import InternalErrors
from tests.gate.evidence import ALL_WELL, answers, criterion, load, others, watch_finding
from tests.report.build import broken, checked, cut_off, error, speed, verdict

AGAINST: list[tuple[int, dict[str, Any], str]] = [
    (1, {"checks": answers(checked("CHECKS", "no table"))}, "Schema Integrity: no table"),
    (1, {"rules": answers(broken("CLAIM-1"), broken("RACE-2"))}, "2 rules failed: CLAIM-1, RACE-2"),
    (2, {"integration": answers(checked("03", "no worker"))}, "no worker"),
    (3, {"tests": Outcomes(passed=("test_a",), failed=("test_b",))}, "failed: test_b"),
    (3, {"tests": Outcomes(failed=("test_b",))}, "failed: test_b"),
    (
        3,
        {"covered": Covered(percent=80.0, files=1)},
        "80.0 % of 1 file is covered, but more than 80 % is required",
    ),
    (4, {"review": answers(broken("QR102"))}, "QR102 A task goes to one worker"),
    (
        4,
        {"watch_findings": [watch_finding("write-outside")]},
        "src/api.py:7: write-outside it was so, in test_api.py",
    ),
    (4, {"watch_findings": [watch_finding("slow-plan")]}, "src/api.py:7: slow-plan it was so"),
    (5, {"load": answers(broken("LOAD-1"))}, "LOAD-1: task-1 went to w1 and to w2"),
    (5, {"watch_findings": [watch_finding("busy", "test_api.py")]}, "mark it queue_allow('busy')"),
    (6, {"targets": answers(speed(met=False))}, "PERF-2 fast-claim: claim takes 9 ms"),
    (6, {"measuring": Outcomes(failed=("test_speed",))}, "failed: test_speed"),
    (7, {"documented": Documented(names=3, bare=("api.py:3 add",))}, "no docstring: api.py:3 add"),
    (
        7,
        {"changes": Changes(base="main", code=("api.py",))},
        "1 code file changed since main, but no documentation page did",
    ),
]

MISSING: list[tuple[int, dict[str, Any], str]] = [
    (1, {"checks": Answers(expected=1)}, "the eight checks were not run to the end"),
    (1, {"checks": answers(verdict("CHECKS"), expected=9)}, "were not run to the end"),
    (
        1,
        {
            "checks": answers(
                verdict(
                    "CHECKS",
                    Status.NOT_APPLICABLE,
                    reason=Reason(kind="unsupported", text="no package"),
                )
            )
        },
        "CHECKS does not apply: no package",
    ),
    (1, {"rules": answers(expected=12)}, "not run: 12 of 12 rules"),
    (
        1,
        {
            "rules": answers(
                verdict("RACE-2"),
                verdict(
                    "RACE-1",
                    Status.NOT_RUN,
                    reason=Reason(kind="unsupported", text="it could not be emptied"),
                ),
            )
        },
        "RACE-1: it could not be emptied",
    ),
    (
        4,
        {
            "review": answers(
                verdict("QR102", Status.NOT_RUN, reason=Reason(kind="unsupported", text="no"))
            )
        },
        "QR102: no",
    ),
    (2, {"integration": Answers(expected=1)}, "the integration test was not run to the end"),
    (2, {"integration": answers(verdict("03"), expected=2)}, "was not run to the end"),
    (
        2,
        {
            "integration": answers(
                verdict("03", Status.NOT_RUN, reason=Reason(kind="unsupported", text="no module"))
            )
        },
        "no module",
    ),
    (3, {"tests": Outcomes(skipped=("test_a",))}, "no test of the team passed: add the paths"),
    (3, {"covered": Covered(unknown="add --cov")}, "add --cov"),
    (4, {"files": None, "review": Answers()}, "add --queue-review PATH"),
    (4, {"files": frozenset()}, "--queue-review names no code besides tests"),
    (4, {"review": Answers(expected=26)}, "not reviewed: 26 of 26 items"),
    (4, {"approved_by": ""}, "no approval: add --queue-approved-by NAME"),
    (5, {"load": Answers(expected=2)}, "not run: 2 of 2 loads"),
    (5, {"load": answers(load(), expected=2)}, "not run: 1 of 2 loads"),
    (
        5,
        {
            "load": answers(
                load(Status.NOT_RUN, reason=Reason(kind="unsupported", text="too slow here"))
            )
        },
        "LOAD-1: too slow here",
    ),
    (6, {"targets": Answers()}, "no target was measured: remove --queue-perf off"),
    (6, {"targets": answers(expected=3)}, "not measured: 3 of 3 targets"),
    (
        6,
        {
            "targets": answers(
                verdict("PERF-2", Status.NOT_RUN, reason=Reason(kind="unsupported", text="xdist"))
            )
        },
        "PERF-2: xdist",
    ),
    (6, {"measuring": Outcomes(skipped=("test_speed",))}, "test_speed was skipped"),
    (7, {"documented": None}, "add --queue-review PATH"),
    (7, {"changes": Changes(base="main", unknown="git is gone")}, "git is gone"),
]


def test_a_run_with_all_evidence_is_complete() -> None:
    """All seven criteria are met, each with its evidence."""
    board = judge(ALL_WELL)
    assert board.complete
    assert board.closing() == "complete: all 7 criteria are met"
    assert [criterion.number for criterion in board.criteria] == [1, 2, 3, 4, 5, 6, 7]
    assert [criterion.held for criterion in board.criteria] == [
        ("the eight checks and 1 of 2 rules passed (1 not run at this level)",),
        ("a worker of team 03 can do its whole work on the queue",),
        ("2 tests passed, 1 skipped", "91.3 % of 2 files is covered"),
        (
            "no finding in 1 file",
            "shown by this run: QR503",
            "approved by Ada, according to queue_approved_by",
        ),
        (
            "6 workers at 400 tasks/min: none in 1,234 calls, 398 tasks/min done",
            "none in the team's tests",
        ),
        ("PERF-2 claim: 0.5 ms, < 5", "1 measuring test of the team passed"),
        (
            "4 public names with docstrings",
            "pages were not compared with the code (--queue-base REVISION)",
        ),
    ]


@pytest.mark.parametrize(("number", "spoilt", "said"), AGAINST)
def test_what_speaks_against_a_criterion(number: int, spoilt: dict[str, Any], said: str) -> None:
    """The criterion is not met, shows why, and no other criterion changes."""
    judged = criterion(number, **spoilt)
    assert judged.standing is Standing.NOT_MET
    assert len(judged.against) == 1
    assert said in judged.against[0]
    assert others(number, **spoilt) == {Standing.MET}


@pytest.mark.parametrize(("number", "spoilt", "said"), MISSING)
def test_what_a_criterion_is_unknown_without(
    number: int, spoilt: dict[str, Any], said: str
) -> None:
    """The criterion is unknown, shows what is missing, and no other criterion changes."""
    judged = criterion(number, **spoilt)
    assert judged.standing is Standing.UNKNOWN
    assert len(judged.missing) == 1
    assert said in judged.missing[0]
    assert others(number, **spoilt) == {Standing.MET}


UNWATCHED = {
    "off": ({"watch_findings": None}, "the team's tests were not watched"),
    "failed": (
        {"watch_errors": InternalErrors(count=2, first="KeyError in watch/leases.py:31: 'id'")},
        "the watch of the team's tests failed: 2 internal errors, first: KeyError",
    ),
}


@pytest.mark.parametrize(("spoilt", "said"), UNWATCHED.values(), ids=list(UNWATCHED))
def test_a_criterion_is_not_met_by_a_watch_that_saw_nothing(
    spoilt: dict[str, Any], said: str
) -> None:
    """The two criteria that speak of the team's tests at work are unknown, the others are met."""
    board = judge(replace(ALL_WELL, **spoilt))
    unknown = {each.number: each for each in board.criteria if each.standing is Standing.UNKNOWN}
    assert list(unknown) == [4, 5]
    for each in unknown.values():
        assert len(each.missing) == 1
        assert said in each.missing[0]
    assert "no finding in 1 file" not in unknown[4].held
    assert "none in the team's tests" not in unknown[5].held


def test_tests_that_did_not_run_met_no_lock() -> None:
    """Without a test of the team, the criterion rests on the load alone, and says no more."""
    judged = criterion(5, tests=Outcomes(skipped=("test_a",)), measuring=Outcomes())
    assert judged.held == ("6 workers at 400 tasks/min: none in 1,234 calls, 398 tasks/min done",)


def test_a_run_without_evidence_meets_no_criterion() -> None:
    """A run that ended before its first test leaves all criteria unknown."""
    board = judge(Evidence())
    assert {criterion.standing for criterion in board.criteria} == {Standing.UNKNOWN}
    assert board.closing() == "not complete: 7 unknown"


def test_the_closing_sentence_counts() -> None:
    """The closing sentence has the numbers of criteria that are not met and unknown."""
    spoilt = {"approved_by": "", "tests": Outcomes(failed=("test_a",))}
    board = judge(Evidence(**{**vars(ALL_WELL), **spoilt}))
    assert board.closing() == "not complete: 1 not met, 1 unknown, 5 met"


def test_findings_that_depend_on_the_machine_or_lie_in_a_test_decide_nothing() -> None:
    """Long transactions, leases that a test left and the SQL of a test leave a run complete."""
    findings = [
        watch_finding("long-transaction"),
        watch_finding("leased"),
        watch_finding("open-connection"),
        watch_finding("write-outside", "test_api.py"),
    ]
    assert judge(replace(ALL_WELL, watch_findings=findings)).complete


def test_a_page_that_changed_with_the_code_is_counted() -> None:
    """Code that did not change needs no page."""
    both = Changes(base="main", code=("api.py",), pages=("docs/api.md", "README.md"))
    assert criterion(7, changes=both).held[-1] == "2 pages changed since main"
    neither = Changes(base="main")
    assert criterion(7, changes=neither).held[-1] == "the code has not changed since main"


def test_a_run_without_a_team_has_an_integration_test_for_any_worker() -> None:
    """The evidence names no team."""
    held = criterion(2, integration=answers(verdict("any"))).held
    assert held == ("a worker can do its whole work on the queue",)


def test_many_findings_are_cut() -> None:
    """A criterion shows five sentences of a kind and counts the others."""
    bare = tuple(f"api.py:{line} f{line}" for line in range(8))
    against = criterion(7, documented=Documented(names=8, bare=bare)).against
    assert len(against) == 6
    assert against[-1] == "… and 3 more"


def test_a_failed_load_shows_its_first_violation() -> None:
    """Violations of several workers are one reason."""
    busy = [Violation(kind="busy", detail=f"worker-{n} found it busy") for n in (1, 2, 3)]
    against = criterion(5, load=answers(broken("LOAD-2", *busy))).against
    assert against == ("LOAD-2: worker-1 found it busy, and 2 more",)


def test_deselected_tests_are_counted() -> None:
    """The evidence shows that not all tests ran."""
    assert criterion(3, deselected=2).held[0] == "2 tests passed, 1 skipped, 2 deselected"


def test_the_evidence_names_the_queue_if_there_are_several() -> None:
    """Each sentence begins with the queue that it is about."""
    judged = criterion(5, load=answers(load(), load(queue="other")))
    assert judged.held[:2] == (
        "myqueue: 6 workers at 400 tasks/min: none in 1,234 calls, 398 tasks/min done",
        "other: 6 workers at 400 tasks/min: none in 1,234 calls, 398 tasks/min done",
    )


@pytest.mark.parametrize(
    ("code", "spoilt"),
    [
        ("QR503", {"rules": answers(verdict("CLAIM-1"))}),
        ("QR601", {"tests": Outcomes()}),
        ("QR602", {"in_files": 0}),
        ("QR603", {"checks": Answers()}),
        ("QR604", {"measuring": Outcomes()}),
    ],
)
def test_an_item_is_decided_by_the_evidence(code: str, spoilt: dict[str, Any]) -> None:
    """An item without evidence is left to a person."""
    asked = {
        "review": answers(
            verdict(code, Status.NOT_RUN, reason=Reason(kind="elsewhere", text="by evidence"))
        )
    }
    assert f"shown by this run: {code}" in criterion(4, **asked).held
    assert (
        f"left to a person: {code} (queuekit review --list)" in criterion(4, **asked, **spoilt).held
    )


@pytest.mark.parametrize(
    ("number", "kind", "rule"),
    [
        (1, "checks", "CHECKS"),
        (1, "rules", "CLAIM-1"),
        (2, "integration", "03"),
        (4, "review", "QR101"),
        (5, "load", "LOAD-1"),
        (6, "targets", "PERF-2"),
    ],
)
def test_a_check_that_ended_in_an_error_leaves_its_criterion_unknown(
    number: int, kind: str, rule: str
) -> None:
    """The criterion shows the error once, and no other criterion changes."""
    spoilt = {kind: answers(error(rule, "KeyError in rules/rule.py:31: 'id'"), expected=1)}
    judged = criterion(number, **spoilt)
    assert judged.standing is Standing.UNKNOWN
    assert len(judged.missing) == 1
    assert f"{rule} ended in an error: KeyError in rules/rule.py:31: 'id'" in judged.missing[0]
    assert others(number, **spoilt) == {Standing.MET}


def test_checks_that_share_an_error_share_a_sentence() -> None:
    """The sentence names the first check and counts the others."""
    rules = answers(error("CLAIM-1"), error("CLAIM-2"), error("CLAIM-3", "OSError: full"))
    assert criterion(1, rules=rules).missing == (
        "CLAIM-1 and 1 more ended in an error: KeyError: 'x'",
        "CLAIM-3 ended in an error: OSError: full",
    )


def test_a_file_that_the_review_could_not_check_leaves_the_review_unknown() -> None:
    """QR004 is a fault of the review, not of the code."""
    place = Place(path="api.py", line=1, column=1, end_line=1, end_column=2)
    finding = Finding(kind="QR004", detail="QR101: KeyError: 'x', raised in a.py:3", place=place)
    judged = criterion(4, review=answers(broken("QR004", detail=Findings(findings=(finding,)))))
    assert judged.standing is Standing.UNKNOWN
    assert judged.missing == (
        "could not be reviewed: api.py: QR101: KeyError: 'x', raised in a.py:3",
    )


def test_checks_that_the_run_cut_off_are_counted_and_not_listed() -> None:
    """They count as not run, beside those that were never selected."""
    rules = answers(verdict("CLAIM-1"), cut_off("CLAIM-2"), expected=3)
    assert criterion(1, rules=rules).missing == ("not run: 2 of 3 rules",)


def test_a_waived_failure_is_shown_and_fails_nothing() -> None:
    """The criterion is met, with the waiver and its source."""
    waiver = Waiver(reason="by design", source="README")
    rules = answers(verdict("RACE-1"), verdict("KEY-1", Status.WAIVED, waiver=waiver))
    judged = criterion(1, rules=rules)
    assert judged.standing is Standing.MET
    assert judged.held == (
        "the eight checks and 1 of 2 rules passed",
        "KEY-1 failed and is waived: by design (README)",
    )


NUMBERS = {
    "checks": {1},
    "integration": {2},
    "tests": {3},
    "covered": {3},
    "files": {4},
    "load": {5},
    "watch_findings": {4, 5},
    "watch_errors": {4, 5},
    "targets": {6},
    "measuring": {6},
    "documented": {7},
    "changes": {7},
}
"""The criteria that need each part of the evidence."""


@pytest.mark.parametrize(("part", "numbers"), NUMBERS.items(), ids=list(NUMBERS))
def test_evidence_that_could_not_be_gathered_leaves_its_criteria_unknown(
    part: str, numbers: set[int]
) -> None:
    """The first criterion shows the error; a second one refers to it, and the others are met."""
    failure = "KeyError in plugin/gate_evidence.py:80: 'x'"
    default = getattr(Evidence(), part)
    board = judge(replace(ALL_WELL, **{part: default}, failures={part: failure}))
    missing = {
        judged.number: judged.missing
        for judged in board.criteria
        if judged.standing is Standing.UNKNOWN
    }
    assert set(missing) == numbers
    first = min(numbers)
    assert missing.pop(first) == (f"could not be judged: {failure}; please report it",)
    for sentences in missing.values():
        assert sentences == (f"could not be judged, for the reason under {first}",)


class Broken:
    """Raises an exception at each use, as evidence of a wrong type would."""

    def __getattr__(self, name: str) -> Any:
        raise KeyError(name)


@pytest.mark.parametrize(
    ("number", "part"),
    [(1, "checks"), (2, "integration"), (3, "tests"), (5, "load"), (6, "targets"), (7, "changes")],
)
def test_a_criterion_that_raises_is_unknown_and_the_others_are_judged(
    number: int, part: str
) -> None:
    """The criterion shows the exception with its place in the kit."""
    judged = criterion(number, **{part: Broken()})
    assert judged.standing is Standing.UNKNOWN
    assert re.fullmatch(
        r"could not be judged: KeyError in gate/\w+\.py:\d+: '\w+'; please report it",
        judged.missing[0],
    )
    assert Standing.MET in others(number, **{part: Broken()})
