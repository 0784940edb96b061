"""What became of the tests that are not the kit's: those of the team that a gate is about."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import pytest

from pytest_queuekit.gate.evidence import Outcomes
from pytest_queuekit.plugin import options
from pytest_queuekit.teams import Team

NAME = "queuekit-team-tests"

_ATTRIBUTE = "queue_test"
"""Under this name a report says whose test it is of; pytest and xdist keep its attributes."""

_FILE_FIXTURES = frozenset({"queue_db", "queue_db_path", "queue_db_factory", "queue_tasks"})
_OF_NOBODY = {"is_of_team": True, "measures": False, "in_file": False}
_WORST = ("passed", "skipped", "failed")


class Marking:
    """Lets each report say whose test it is, in the process that runs it."""

    def __init__(self, teams: tuple[Team, ...]) -> None:
        self._workers = {int(team.worker) for team in teams}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the report say it."""
        report = yield
        if not options.is_node_id(item.nodeid):
            uses_file = bool(_FILE_FIXTURES & set(getattr(item, "fixturenames", ())))
            marked = item.get_closest_marker("queue_integration") is not None
            told = {
                "is_of_team": self._is_of_team(item),
                "measures": item.get_closest_marker("queue_perf") is not None,
                "in_file": uses_file or marked,
            }
            setattr(report, _ATTRIBUTE, told)
        return report

    def _is_of_team(self, item: pytest.Item) -> bool:
        """Whether a test is the team's: it is, unless it is marked as another's."""
        marks = list(item.iter_markers("queue_worker"))
        numbers = {_number(one) for mark in marks for one in (*mark.args, *mark.kwargs.values())}
        return not (self._workers and marks) or bool(numbers & self._workers)


class Tally:
    """Keeps what became of the team's tests, in the process that writes the summary.

    deselected: how many tests were left out; under pytest-xdist nobody says so.
    of_others: the node ids of the tests that are another team's.
    """

    def __init__(self) -> None:
        self.deselected = 0
        self.of_others: set[str] = set()
        self._outcomes: dict[str, str] = {}
        self._measuring: set[str] = set()
        self._in_files: set[str] = set()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count what was not collected, as failed or skipped: it is a test that nobody ran."""
        if not report.passed and not options.is_node_id(report.nodeid):
            self._outcomes[report.nodeid] = report.outcome

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what is left out."""
        self.deselected += sum(not options.is_node_id(item.nodeid) for item in items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of a test's phases; a phase after which it is run again is none."""
        one = report.nodeid
        if options.is_node_id(one) or hasattr(report, "wasxfail"):
            return  # what is expected to fail says nothing, either way
        # Without a word on it the process of the test has died, whosever it is.
        told: dict[str, bool] = getattr(report, _ATTRIBUTE, _OF_NOBODY)
        if not told["is_of_team"]:
            self.of_others.add(one)
            return
        # Of a part of a test only a failure counts; of one that is run again, its last run.
        if report.outcome not in _WORST or (hasattr(report, "context") and not report.failed):
            return
        if told["measures"]:
            self._measuring.add(one)
        if told["in_file"]:
            self._in_files.add(one)
        if report.when == "call" or not report.passed:
            known = self._outcomes.get(one, "passed")
            self._outcomes[one] = max(known, report.outcome, key=_WORST.index)

    def tests(self, *, measuring: bool) -> Outcomes:
        """Return the tests that measure, or the others."""
        chosen = {
            one: outcome
            for one, outcome in self._outcomes.items()
            if (one in self._measuring) is measuring
        }
        return Outcomes(
            **{
                word: tuple(sorted(one for one, outcome in chosen.items() if outcome == word))
                for word in _WORST
            }
        )

    def passed_in_files(self) -> int:
        """Return how many passed of those that used a queue in a file."""
        return sum(self._outcomes.get(one) == "passed" for one in self._in_files)


def _number(word: object) -> int:
    try:
        return int(str(word))
    except ValueError:
        return 0
