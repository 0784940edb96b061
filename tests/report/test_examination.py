"""What follows from the verdicts on a queue: one sentence that may be believed."""

from __future__ import annotations

import pytest

from pytest_queuekit.model.verdict import Requirement, Status, Verdict
from pytest_queuekit.report.examination import Examination
from tests.report.build import broken, speed, verdict

PASSED = verdict("CLAIM-1")
BROKEN = broken("CLAIM-2")
ADVISED = broken("CLAIM-3", requirement=Requirement.SHOULD)
SKIPPED = verdict("CLAIM-4", Status.NOT_RUN, reason="later")
ABSENT = verdict("CLAIM-5", Status.NOT_APPLICABLE, reason="not declared: lease")
FAST, SLOW = speed(rule="PERF-1"), speed(met=False)
UNMEASURED = verdict("PERF-1", Status.NOT_RUN, reason="not measured")

CLOSINGS: dict[str, tuple[tuple[Verdict, ...], bool]] = {
    "correct and fast enough": ((PASSED, FAST), True),
    "correct, but too slow: 1 of 2 targets missed": ((PASSED, FAST, SLOW), False),
    "correct; performance not measured": ((PASSED, UNMEASURED), True),
    "correct; performance not measured (1 of 5 targets were)": (
        (PASSED, FAST, verdict("PERF-2", Status.NOT_RUN)),
        True,
    ),
    "not correct: 1 of 2 rules broken": ((PASSED, BROKEN, FAST), False),
    "correct and fast enough (1 not as recommended)": ((PASSED, ADVISED, FAST), True),
    "correct and fast enough (1 rule not run)": ((PASSED, SKIPPED, FAST), True),
    "no verdict: nothing was put to the test (1 rule not run)": ((SKIPPED, ABSENT), False),
    "nothing was put to the test": ((), False),
    "fast enough": ((FAST,), True),
    "correct and fast enough (it declares so little that 9 rules do not apply)": (
        (PASSED, FAST, *(9 * [ABSENT])),
        True,
    ),
}


@pytest.mark.parametrize("closing", CLOSINGS)
def test_the_closing_sentence_says_no_more_than_is_known(closing: str) -> None:
    """Correct is said only of a queue whose every rule was asked, and answered or explained."""
    verdicts, good = CLOSINGS[closing]
    rules = sum(one.family != "PERF" for one in verdicts)
    examination = Examination(title="myqueue 1.0", verdicts=verdicts, rules=rules)
    assert examination.closing() == f"myqueue 1.0: {closing}"
    assert examination.good is good


def test_performance_that_was_not_wanted_is_said_to_be() -> None:
    """--queue-perf off is named as the reason."""
    examination = Examination(title="q", verdicts=(PASSED,), rules=1, measured=False)
    assert examination.closing() == "q: correct; performance not measured (--queue-perf off)"


def test_nothing_is_nothing_with_performance_off_too() -> None:
    """A run that was ended before it began says nothing about speed."""
    examination = Examination(title="q", rules=122, measured=False)
    assert examination.closing() == "q: nothing was put to the test"


def test_a_selection_is_not_called_correct() -> None:
    """With fewer rules than there are, only those are spoken of."""
    examination = Examination(title="q", verdicts=(PASSED, FAST), rules=41)
    assert examination.closing() == "q: no rule broken among the 1 of 41 selected"


def test_what_was_not_answered_is_no_verdict() -> None:
    """Rules that were cut off, or broke the kit, forbid the word correct."""
    cut = Examination(title="q", verdicts=(PASSED,), unfinished=("KEY-1", "KEY-2"), rules=3)
    assert cut.closing() == "q: no verdict: 2 rules not run; none broken so far"
    error = Examination(title="q", verdicts=(PASSED, BROKEN), errors={"KEY-1": "x"}, rules=3)
    assert error.closing() == "q: no verdict: 1 rule could not be judged; 1 rule broken"
    assert not cut.good
    assert not error.good
