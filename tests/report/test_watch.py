"""What the watch found, in words."""

from __future__ import annotations

from dataclasses import replace

from pytest_queuekit.model.verdict import Place
from pytest_queuekit.report.watch import explain, report
from pytest_queuekit.watch.finding import Finding

ONE = Finding(
    kind="busy",
    sentence="QueueBusyError: try again later",
    place=Place(path="jobs.py", line=7, column=5, end_line=7, end_column=12, text="    add(1)"),
    test="test_jobs.py::test_one",
    count=2,
)


def test_a_finding_is_told_with_its_line() -> None:
    """As path:line, so that an editor finds it."""
    assert explain([ONE]) == [
        "queue watch: 1 finding in this test",
        "jobs.py:7: busy QueueBusyError: try again later (2 times)",
        "    add(1)",
    ]


def test_one_line_is_told_once_for_all_its_tests() -> None:
    """With the first of them, and a count."""
    found = [ONE, replace(ONE, test="b"), replace(ONE, kind="leased", place=None, test="")]
    assert [line.text for line in report(found)] == [
        "leased QueueBusyError: try again later (2 times)",
        "    outside of tests",
        "jobs.py:7: busy QueueBusyError: try again later (4 times)",
        "    add(1)",
        "    in test_jobs.py::test_one and 1 more",
        "queue watch: 2 findings in 2 tests",
    ]


def test_many_are_cut() -> None:
    """A test that does everything wrong does not fill the screen."""
    assert explain([ONE] * 30)[-1] == "… and 10 more"


def test_nothing_is_told_as_such() -> None:
    """The last line says so."""
    assert [line.text for line in report([])] == ["queue watch: nothing found"]
