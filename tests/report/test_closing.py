"""The closing line claims what was tested, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_queuekit.model.verdict import Requirement, Status, Verdict, Waiver
from pytest_queuekit.report.closing import closings
from tests.report.build import (
    LATER,
    MYQUEUE,
    absent,
    broken,
    checked,
    cut_off,
    error,
    run,
    speed,
    unexercised,
    unmeasured,
    verdict,
)

PASSED, BROKEN = verdict("CLAIM-1"), broken("CLAIM-2")
ADVISED = broken("CLAIM-3", requirement=Requirement.SHOULD)
WAITING = verdict("CLAIM-4", Status.NOT_RUN, reason=LATER)
KNOWN = Waiver(reason="known", source="README")
WAIVED = verdict("CLAIM-6", Status.WAIVED, waiver=KNOWN)
FAST, SLOW = speed(rule="PERF-1"), speed(met=False)

CLOSINGS: dict[str, tuple[Verdict, ...]] = {
    "PASSED: 1 of 1 applicable rule; 1 of 1 target met": (PASSED, FAST),
    "PASSED: 1 of 1 applicable rule (1 not applicable, 1 needs --queue-level deep)": (
        PASSED,
        absent("CLAIM-5"),
        WAITING,
    ),
    "PASSED: 1 of 2 applicable rules (1 waived: CLAIM-6)": (PASSED, WAIVED),
    "PASSED: 1 of 2 applicable rules (1 not as recommended)": (PASSED, ADVISED),
    "PASSED: 1 of 1 applicable rule; no target was exercised (1 not run)": (PASSED, unmeasured()),
    "PASSED: 2 of 2 checks passed": (checked("schema-integrity"), checked("data-models")),
    "FAILED: 1 of 2 applicable rules failed: CLAIM-2; 1 of 1 target met": (PASSED, BROKEN, FAST),
    "FAILED: 1 of 1 applicable rule; 1 of 2 targets missed: PERF-2": (PASSED, FAST, SLOW),
    "FAILED: 1 of 1 check failed: schema-integrity": (checked("schema-integrity", "no table"),),
    "INSUFFICIENT: 1 rule passed, but 9 of 10 do not apply: the adapter declares too little": (
        PASSED,
        *(absent(f"A-{number}") for number in range(9)),
    ),
    "NOT TESTED: no rule was exercised (1 not applicable, 1 needs --queue-level deep)": (
        absent("CLAIM-5"),
        WAITING,
    ),
    "NO VERDICT: 2 rules without an answer, 1 passed so far": (
        PASSED,
        cut_off("KEY-1"),
        cut_off("KEY-2"),
    ),
    "NO VERDICT: 1 rule could not be judged, 1 passed so far": (PASSED, error("KEY-1")),
    "FAILED: 1 of 2 applicable rules failed: CLAIM-2": (PASSED, BROKEN, error("KEY-1")),
    "NO VERDICT: 2 rules could not be exercised, 1 passed so far (1 not run)": (
        PASSED,
        unexercised("KEY-1"),
        unexercised("KEY-2"),
        unexercised("KEY-3", requirement=Requirement.SHOULD),
    ),
    "NO VERDICT: 1 rule could not be judged, 1 rule could not be exercised, 1 rule without an "
    "answer, 0 passed so far": (error("KEY-1"), unexercised("KEY-2"), cut_off("KEY-3")),
    "FAILED: 1 of 1 applicable rule failed (1 not exercised): CLAIM-2": (
        BROKEN,
        unexercised("KEY-1"),
    ),
    "PASSED: 1 of 1 applicable rule (1 not run)": (PASSED, unexercised("KEY-1", waiver=KNOWN)),
}


@pytest.mark.parametrize("expected", CLOSINGS)
def test_the_closing_says_what_was_tested(expected: str) -> None:
    """The conclusion is followed by exactly what it rests on."""
    (closing,) = closings(run(*CLOSINGS[expected]))
    assert f"{closing.conclusion}: {closing.text}" == expected


@pytest.mark.parametrize("expected", CLOSINGS)
def test_a_run_is_good_unless_something_failed_or_has_no_answer(expected: str) -> None:
    """The exit status follows `good`, and agrees with the closing line."""
    result = run(*CLOSINGS[expected])
    assert result.good is not expected.startswith(("FAILED", "NO VERDICT"))


def test_contradictory_declarations_are_part_of_the_conclusion() -> None:
    """A pass under a contradiction proves less than it seems to."""
    subject = replace(MYQUEUE, contradiction="one contradicts the other")
    (closing,) = closings(run(PASSED, subject=subject))
    assert closing.text == "1 of 1 applicable rule; one contradicts the other"


def test_a_selection_is_named_as_one() -> None:
    """The total stands beside the number of selected rules."""
    (closing,) = closings(run(PASSED, total=41))
    assert closing.text == "1 of 1 applicable rule (1 of 41 selected)"


def test_unmet_requirements_spoil_a_run() -> None:
    """A rule that --queue-require names and the run did not exercise is a failure."""
    assert not run(PASSED, unmet=("myqueue: --queue-require lease was not exercised",)).good
