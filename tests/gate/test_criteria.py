"""Each criterion: what meets it, what speaks against it, and what it is unknown without."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_queuekit.gate.criteria import judge
from pytest_queuekit.gate.evidence import Answers, Covered, Documented, Evidence, Outcomes
from pytest_queuekit.model.scoreboard import Standing
from pytest_queuekit.model.verdict import Reason, Status, Violation
from pytest_queuekit.watch.internal_errors import InternalErrors
from tests.gate.evidence import ALL_WELL, answers, criterion, load, others, seen
from tests.report.build import broken, speed, verdict

AGAINST: list[tuple[int, dict[str, Any], str]] = [
    (1, {"checks": answers(broken("CHECKS"))}, "A task goes to one worker.: task-1 went to w1 and"),
    (1, {"rules": answers(broken("CLAIM-1"), broken("RACE-2"))}, "broken: CLAIM-1, RACE-2"),
    (2, {"integration": answers(broken("03"))}, "task-1 went to w1 and to w2"),
    (3, {"tests": Outcomes(passed=("test_a",), failed=("test_b",))}, "failed: test_b"),
    (3, {"tests": Outcomes(failed=("test_b",))}, "failed: test_b"),
    (3, {"covered": Covered(percent=80.0, files=1)}, "80.0 % of 1 file is covered, and more than"),
    (4, {"review": answers(broken("QR102"))}, "QR102 A task goes to one worker"),
    (4, {"seen": [seen("write-outside")]}, "src/api.py:7: write-outside it was so, in test_api.py"),
    (4, {"seen": [seen("slow-plan")]}, "src/api.py:7: slow-plan it was so"),
    (5, {"load": answers(broken("LOAD-1"))}, "LOAD-1: task-1 went to w1 and to w2"),
    (5, {"seen": [seen("busy", "test_api.py")]}, "mark it queue_allow('busy')"),
    (6, {"targets": answers(speed(met=False))}, "PERF-2 fast-claim: claim takes 9 ms"),
    (6, {"measuring": Outcomes(failed=("test_speed",))}, "failed: test_speed"),
    (7, {"documented": Documented(names=3, bare=("api.py:3 add",))}, "no docstring: api.py:3 add"),
    (
        7,
        {"documented": Documented(names=3, base="main", code=("api.py",))},
        "1 file of the code changed since main, and no page of documentation",
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
        "the eight checks do not apply: no package",
    ),
    (1, {"rules": answers(expected=12)}, "12 of 12 rules were not put to the queue"),
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
    (3, {"tests": Outcomes(skipped=("test_a",))}, "no test of the team passed: name their paths"),
    (3, {"covered": Covered(unknown="add --cov")}, "add --cov"),
    (4, {"files": None, "review": Answers()}, "add --queue-review PATH"),
    (4, {"files": frozenset()}, "there is no code in what --queue-review names"),
    (4, {"review": Answers(expected=26)}, "26 of 26 items of the review were not run"),
    (4, {"approved_by": ""}, "nobody is named who has approved it: add --queue-approved-by NAME"),
    (5, {"load": Answers(expected=2)}, "the queue was not put under all of the load"),
    (5, {"load": answers(load(), expected=2)}, "was not put under all of the load"),
    (
        5,
        {
            "load": answers(
                load(Status.NOT_RUN, reason=Reason(kind="unsupported", text="too slow here"))
            )
        },
        "LOAD-1: too slow here",
    ),
    (5, {"seen": None}, "the team's tests were not watched"),
    (
        5,
        {"watch_errors": InternalErrors(count=2, first="KeyError in watch/leases.py:31: 'id'")},
        "the watch of the team's tests failed: 2 internal errors, first: KeyError",
    ),
    (6, {"targets": Answers()}, "no target was measured: leave out --queue-perf off"),
    (6, {"targets": answers(expected=3)}, "3 of 3 targets were not measured"),
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
    (7, {"documented": Documented(names=3, base="main", unknown="git is gone")}, "git is gone"),
]


def test_a_run_in_which_all_is_well_is_complete() -> None:
    """All seven are met, and each says what for."""
    board = judge(ALL_WELL)
    assert board.complete
    assert board.closing() == "complete: all 7 criteria are met"
    assert [one.number for one in board.criteria] == [1, 2, 3, 4, 5, 6, 7]
    assert [one.held for one in board.criteria] == [
        ("the eight checks passed, and none of 2 rules is broken (1 not run at this level)",),
        ("worker 03 can do its whole work on the queue",),
        ("2 tests passed, 1 skipped", "91.3 % of 2 files is covered"),
        (
            "nothing found in 1 file",
            "shown by this run: QR503",
            "approved by Ada, as the run was told",
        ),
        (
            "6 workers at 400 tasks/min: none in 1,234 calls, 398 tasks/min done",
            "none in the team's tests",
        ),
        ("PERF-2 claim: 0.5 ms, < 5", "1 measuring test of the team passed"),
        (
            "4 public names with docstrings",
            "whether pages changed with the code was not asked (--queue-base REVISION)",
        ),
    ]


@pytest.mark.parametrize(("number", "spoilt", "said"), AGAINST)
def test_what_speaks_against_a_criterion(number: int, spoilt: dict[str, Any], said: str) -> None:
    """It is not met, says why, and no other criterion is touched."""
    found = criterion(number, **spoilt)
    assert found.standing is Standing.NOT_MET
    assert len(found.against) == 1
    assert said in found.against[0]
    assert others(number, **spoilt) == {Standing.MET}


@pytest.mark.parametrize(("number", "spoilt", "said"), MISSING)
def test_what_a_criterion_is_unknown_without(
    number: int, spoilt: dict[str, Any], said: str
) -> None:
    """It is not called met, and says what is missing."""
    found = criterion(number, **spoilt)
    assert found.standing is Standing.UNKNOWN
    assert len(found.missing) == 1
    assert said in found.missing[0]
    assert others(number, **spoilt) == {Standing.MET}


def test_nothing_at_all_is_nothing_met() -> None:
    """A run that was ended before its first test has no evidence for anything."""
    board = judge(Evidence())
    assert {one.standing for one in board.criteria} == {Standing.UNKNOWN}
    assert board.closing() == "not complete: of 7 criteria 7 unknown"


def test_the_closing_sentence_counts() -> None:
    """What is against, and what is missing."""
    spoilt = {"approved_by": "", "tests": Outcomes(failed=("test_a",))}
    board = judge(Evidence(**{**vars(ALL_WELL), **spoilt}))
    assert board.closing() == "not complete: of 7 criteria 1 not met, 1 unknown"


def test_what_hangs_on_the_machine_or_on_a_test_decides_nothing() -> None:
    """A transaction that took long, a lease that a test left, SQL of the test itself."""
    found = [
        seen("long-transaction"),
        seen("leased"),
        seen("open-connection"),
        seen("write-outside", "test_api.py"),
    ]
    assert judge(Evidence(**{**vars(ALL_WELL), "seen": found})).complete


def test_a_page_that_changed_with_the_code_is_counted() -> None:
    """And code that did not change needs none."""
    both = Documented(names=1, base="main", code=("api.py",), docs=("docs/api.md", "README.md"))
    assert criterion(7, documented=both).held[-1] == "since main 2 pages changed"
    neither = Documented(names=1, base="main")
    assert criterion(7, documented=neither).held[-1] == "since main the code is as it was"


def test_an_integration_test_for_nobody_in_particular_is_told_as_such() -> None:
    """Where the run was about no team."""
    held = criterion(2, integration=answers(verdict("any"))).held
    assert held == ("a worker can do its whole work on the queue",)


def test_many_findings_are_cut() -> None:
    """The first five are told, and how many more there are."""
    bare = tuple(f"api.py:{line} f{line}" for line in range(8))
    told = criterion(7, documented=Documented(names=8, bare=bare)).against
    assert len(told) == 6
    assert told[-1] == "… and 3 more"


def test_a_load_is_told_by_its_first_finding() -> None:
    """Six workers that are turned away are one reason."""
    turned = [Violation(kind="busy", detail=f"worker-{n} was told busy") for n in (1, 2, 3)]
    told = criterion(5, load=answers(broken("LOAD-2", *turned))).against
    assert told == ("LOAD-2: worker-1 was told busy, and 2 more",)


def test_tests_that_were_left_out_are_counted() -> None:
    """Whoever reads the board sees that not all were run."""
    assert criterion(3, deselected=2).held[0] == "2 tests passed, 1 skipped, 2 deselected"


def test_several_queues_are_told_apart() -> None:
    """By their names, where there is more than one."""
    found = criterion(5, load=answers(load(), load(queue="other")))
    assert found.held[:2] == (
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
def test_an_item_is_decided_by_what_the_run_has_shown(code: str, spoilt: dict[str, Any]) -> None:
    """Or it is left to a person."""
    asked = {
        "review": answers(
            verdict(code, Status.NOT_RUN, reason=Reason(kind="unsupported", text="by evidence"))
        )
    }
    assert f"shown by this run: {code}" in criterion(4, **asked).held
    assert (
        f"left to a person: {code} (queuekit review --list)" in criterion(4, **asked, **spoilt).held
    )
