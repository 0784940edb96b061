"""Records the outcomes of the user's own tests, which are the team's in a run with a gate."""

from __future__ import annotations

from collections.abc import Container, Generator, Sequence

import pytest

from pytest_queuekit.gate.evidence import Outcomes
from pytest_queuekit.plugin.nodes import CheckItem
from pytest_queuekit.teams import Team

NAME = "queuekit-team-tests"

_ATTRIBUTE = "queue_test"
"""The attribute of a report that describes its test; pytest and xdist keep attributes."""

_FILE_FIXTURES = frozenset({"queue_db", "queue_db_path", "queue_db_factory", "queue_tasks"})
_UNMARKED = {"is_of_team": True, "measures": False, "in_file": False}
_WORST = ("passed", "skipped", "failed")


class Marking:
    """Attaches to each report a description of its test, in the process that runs the test."""

    def __init__(self, teams: tuple[Team, ...]) -> None:
        self._numbers = {int(team.number) for team in teams}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the description."""
        report = yield
        if not isinstance(item, CheckItem):
            uses_file = bool(_FILE_FIXTURES & set(getattr(item, "fixturenames", ())))
            is_marked = item.get_closest_marker("queue_integration") is not None
            description = {
                "is_of_team": self._is_of_team(item),
                "measures": item.get_closest_marker("queue_perf") is not None,
                "in_file": uses_file or is_marked,
            }
            setattr(report, _ATTRIBUTE, description)
        return report

    def _is_of_team(self, item: pytest.Item) -> bool:
        """Return True unless a test is marked as another team's."""
        marks = list(item.iter_markers("queue_worker"))
        words = [word for mark in marks for word in (*mark.args, *mark.kwargs.values())]
        return not (self._numbers and marks) or bool(set(map(_number, words)) & self._numbers)


class Tally:
    """Keeps the outcomes of the team's tests, in the process that writes the summary.

    deselected: the number of deselected tests; 0 under pytest-xdist, whose workers do not report
        it.
    of_others: the node ids of another team's tests.
    """

    def __init__(self, kit: Container[str]) -> None:
        """Leave out the kit's own checks and collectors, by their node ids."""
        self.deselected = 0
        self.of_others: set[str] = set()
        self._kit = kit
        self._outcomes: dict[str, str] = {}
        self._measuring: set[str] = set()
        self._in_files: set[str] = set()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record a file that could not be collected, because its tests did not run."""
        if not report.passed and report.nodeid not in self._kit:
            self._outcomes[report.nodeid] = report.outcome

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count deselected tests."""
        self.deselected += sum(not isinstance(item, CheckItem) for item in items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record the worst outcome of a test's phases."""
        node_id = report.nodeid
        if node_id in self._kit or hasattr(report, "wasxfail"):
            return  # an expected failure is evidence for nothing
        # A report without a description comes from pytest-xdist: the test's process has died.
        description: dict[str, bool] = getattr(report, _ATTRIBUTE, _UNMARKED)
        if not description["is_of_team"]:
            self.of_others.add(node_id)
            return
        # A subtest counts only if it failed. A phase that is run again has another outcome.
        if report.outcome not in _WORST or (hasattr(report, "context") and not report.failed):
            return
        if description["measures"]:
            self._measuring.add(node_id)
        if description["in_file"]:
            self._in_files.add(node_id)
        if report.when == "call" or not report.passed:
            known = self._outcomes.get(node_id, "passed")
            self._outcomes[node_id] = max(known, report.outcome, key=_WORST.index)

    def tests(self, *, measuring: bool) -> Outcomes:
        """Return the tests that measure time, or the others."""
        chosen = {
            node_id: outcome
            for node_id, outcome in self._outcomes.items()
            if (node_id in self._measuring) is measuring
        }
        return Outcomes(
            **{
                word: tuple(
                    sorted(node_id for node_id, outcome in chosen.items() if outcome == word)
                )
                for word in _WORST
            }
        )

    def passed_in_files(self) -> int:
        """Return the number of passed tests that used a queue in a file."""
        return sum(self._outcomes.get(node_id) == "passed" for node_id in self._in_files)


def _number(word: object) -> int:
    try:
        return int(str(word))
    except ValueError:
        return 0
