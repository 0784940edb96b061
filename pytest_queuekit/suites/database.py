"""The eight checks of a database file of the reference queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from pytest_queuekit.model.run_result import RunSubject
from pytest_queuekit.queue.validation import CheckResult, QueueValidator
from pytest_queuekit.suites.check import Check, problem_check
from pytest_queuekit.suites.plan import Plan


def _problems(check: Callable[[], CheckResult], folder: Path) -> Sequence[str]:
    del folder  # the check makes its own scratch database
    return check().problems


class DatabaseSuite:
    """The suite of the eight checks. They read the file, and write to a scratch database alone."""

    name = "database"
    head = "queue-db"
    noun = "check"

    def __init__(self, path: str, checks: Sequence[tuple[str, Callable[[], CheckResult]]]) -> None:
        self._path = path
        self._checks = checks

    @classmethod
    def of(cls, plan: Plan) -> DatabaseSuite | None:
        """Return the suite; None if the run does not ask for it."""
        if plan.database is None:
            return None
        return cls(str(plan.database), QueueValidator.for_file(plan.database).checks())

    def subjects(self) -> Sequence[RunSubject]:
        """Return the database."""
        return [RunSubject(label=self._path, title=self._path)]

    def checks(self) -> Sequence[Check]:
        """Return the checks."""
        return [
            problem_check(
                partial(_problems, check),
                suite=self.name,
                rule=title.lower().replace(" ", "-"),
                name=title.lower().replace(" ", "-"),
                family=title,
                sentence=title,
                subject=self._path,
            )
            for title, check in self._checks
        ]

    def close(self) -> None:
        """Release nothing."""


SUITE = DatabaseSuite
