"""The watch's findings as text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_queuekit.model.verdict import Place
from pytest_queuekit.report.watch import explain, report
from pytest_queuekit.watch.finding import KINDS, TITLES, WatchFinding
from pytest_queuekit.watch.internal_errors import InternalErrors

LOCKED = WatchFinding(
    kind="busy",
    title=TITLES["busy"],
    detail="QueueBusyError: try again later",
    place=Place(path="jobs.py", line=7, column=5, end_line=7, end_column=12, text="    add(1)"),
    test="test_jobs.py::test_add",
    count=2,
)
FAILED = InternalErrors(count=3, first="KeyError in watch/leases.py:31: 'id'")


def _text(findings: list[WatchFinding], errors: InternalErrors = InternalErrors()) -> list[str]:  # noqa: B008 - it is frozen
    return [line.text for line in report(findings, errors)]


def test_a_finding_is_shown_with_its_line() -> None:
    """An editor can open path:line; the kind is the word of the marker queue_allow."""
    assert explain([LOCKED]) == [
        "queue watch: 1 finding in this test",
        "jobs.py:7: busy Database locked by another connection (2 times)",
        "    > add(1)",
        "    QueueBusyError: try again later",
    ]


def test_a_line_is_shown_once_for_all_its_tests() -> None:
    """The report names the first test and counts the others."""
    alike = [LOCKED, replace(LOCKED, test="b"), replace(LOCKED, kind="leased", place=None, test="")]
    assert _text(alike) == [
        "leased Database locked by another connection (2 times)",
        "    QueueBusyError: try again later",
        "    outside of tests",
        "jobs.py:7: busy Database locked by another connection (4 times)",
        "    > add(1)",
        "    QueueBusyError: try again later",
        "    in test_jobs.py::test_add and 1 more",
        "queue watch: 2 findings in 2 tests",
    ]


def test_a_long_list_is_cut() -> None:
    """A test that does everything wrong does not fill the screen."""
    assert explain([LOCKED] * 30)[-1] == "… and 10 more"


def test_a_large_number_has_separators() -> None:
    """All reports write thousands in the same way."""
    findings = [replace(LOCKED, test=f"test_{number}", count=1) for number in range(1200)]
    assert explain(findings)[0] == "queue watch: 1,200 findings in this test"
    assert explain(findings)[-1] == "… and 1,180 more"
    shown = _text(findings, replace(FAILED, count=4000))
    assert shown[0] == "jobs.py:7: busy Database locked by another connection (1,200 times)"
    assert shown[-3:-1] == ["    in test_0 and 1,199 more", "queue watch: 1 finding in 1,200 tests"]
    assert shown[-1].startswith("queue watch: 4,000 internal errors")


def test_a_clean_run_says_so() -> None:
    """The section is never empty."""
    assert _text([]) == ["queue watch: nothing found"]


def test_a_watch_that_failed_does_not_report_a_clean_run() -> None:
    """The first error and the count stand in place of "nothing found", or below the findings."""
    line = (
        "queue watch: 3 internal errors, first: KeyError in watch/leases.py:31: 'id'; "
        "please report it"
    )
    assert _text([], FAILED) == [line]
    assert _text([LOCKED], FAILED)[-2:] == ["queue watch: 1 finding in 1 test", line]
    assert "1 internal error, first" in _text([], replace(FAILED, count=1))[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_title_stands_alone(kind: str) -> None:
    """It fits into a summary line of 60 characters and does not end like a sentence."""
    assert 0 < len(TITLES[kind]) <= 60
    assert TITLES[kind][0].isupper()
    assert TITLES[kind][-1].isalpha()
