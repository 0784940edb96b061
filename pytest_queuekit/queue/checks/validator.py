"""The eight checks, in order, on one subject."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from ..database import QueueDatabase
from ..exceptions import QueueDatabaseError, QueuePathError
from ..messages import kind_of, one_line, shown
from ..opening import MEMORY
from . import (
    benchmark,
    configuration,
    connection,
    data_models,
    error_handling,
    index_performance,
    pragma_settings,
    schema_integrity,
    transaction_isolation,
)
from .result import CheckResult
from .subject import StoredFile, Subject, UsedDatabase

_RULE = "=" * 70


class QueueValidator:
    """Runs eight checks on a queue database, and changes nothing in it.

    db: the database in use, or the path of a file, which is only read. A path without a file gets
        an empty queue, as in QueueDatabase(path). The checks try out operations on scratch
        databases of the same class, so they judge subclasses too. A subclass must accept the
        constructor arguments of QueueDatabase.
    """

    def __init__(self, db: QueueDatabase | str | os.PathLike[str]) -> None:
        self._subject: Subject = _subject_of(db)
        self._results: tuple[CheckResult, ...] = ()

    @classmethod
    def for_file(cls, path: str | os.PathLike[str]) -> QueueValidator:
        """Return a validator for a file, which is only read.

        Raises QueuePathError if there is no such file.
        """
        validator = cls.__new__(cls)
        validator._subject = StoredFile(path)
        validator._results = ()
        return validator

    def validate_configuration(self) -> CheckResult:
        """Check the settings in config.py."""
        return _judged("Configuration", configuration.problems)

    def validate_database_connection(self) -> CheckResult:
        """Check that the database opens and answers."""
        return self._of_subject("Database Connection", connection.problems)

    def validate_schema_integrity(self) -> CheckResult:
        """Check tables, columns, constraints, triggers, and the soundness of the file."""
        return self._of_subject("Schema Integrity", schema_integrity.problems)

    def validate_pragma_settings(self) -> CheckResult:
        """Check the PRAGMAs of file and connection."""
        return self._of_subject("PRAGMA Settings", pragma_settings.problems)

    def validate_data_models(self) -> CheckResult:
        """Check that Task, Worker and TaskLog keep the values of rows."""
        return self._of_subject("Data Models", data_models.problems)

    def validate_transaction_isolation(self) -> CheckResult:
        """Check the isolation of transactions."""
        return self._of_subject("Transaction Isolation", transaction_isolation.problems)

    def validate_index_performance(self) -> CheckResult:
        """Check that claims and statistics find their rows by index."""
        return self._of_subject("Index Performance", index_performance.problems)

    def validate_error_handling(self) -> CheckResult:
        """Check that failures raise the queue's own errors."""
        return self._of_subject("Error Handling", error_handling.problems)

    def checks(self) -> tuple[tuple[str, Callable[[], CheckResult]], ...]:
        """Return the checks by name, in order, for callers that show progress."""
        return (
            ("Configuration", self.validate_configuration),
            ("Database Connection", self.validate_database_connection),
            ("Schema Integrity", self.validate_schema_integrity),
            ("PRAGMA Settings", self.validate_pragma_settings),
            ("Data Models", self.validate_data_models),
            ("Transaction Isolation", self.validate_transaction_isolation),
            ("Index Performance", self.validate_index_performance),
            ("Error Handling", self.validate_error_handling),
        )

    def run_all(self) -> tuple[CheckResult, ...]:
        """Run the checks and return their results."""
        self._results = tuple(check() for _, check in self.checks())
        return self._results

    def validate_all(self) -> bool:
        """Run the checks; return True if all passed."""
        return all(result.passed for result in self.run_all())

    def generate_report(self) -> str:
        """Return the results of the last run_all() as text; run the checks if there is none."""
        results = self._results or self.run_all()
        passed = sum(result.passed for result in results)
        lines = [_RULE, "QUEUE INFRASTRUCTURE VALIDATION REPORT", _RULE, ""]
        lines += [f"Database: {self._subject.place}"]
        lines += [f"Overall: {passed}/{len(results)} checks passed", ""]
        for result in results:
            lines += [f"{'✅ PASS' if result.passed else '❌ FAIL'} - {result.name}"]
            lines += [f"      {problem}" for problem in result.problems]
        return "\n".join([*lines, "", _RULE])

    def benchmark_performance(self, num_tasks: int = 100) -> dict[str, float]:
        """Time operations with `num_tasks` tasks on a scratch database of the same class.

        Returns insert, select, claim and update, each as `…_time_ms` for all tasks together and
        as `…_rate_per_sec`.
        """
        return benchmark.measure_tasks(num_tasks, self._subject.kind)

    def _of_subject(self, name: str, check: Callable[[Subject], Iterable[str]]) -> CheckResult:
        return _judged(name, lambda: check(self._subject))


def _subject_of(db: QueueDatabase | str | os.PathLike[str]) -> Subject:
    if isinstance(db, QueueDatabase):
        return UsedDatabase(db)
    if not isinstance(db, str | os.PathLike):
        raise TypeError(
            f"db: must be a QueueDatabase or the path of its file, not a value of type "
            f"{kind_of(db)}"
        )
    if os.fspath(db) in ("", MEMORY):
        raise QueuePathError(
            f"db={shown(db)}: is not the path of a file; pass a path, or the QueueDatabase itself"
        )
    if not os.path.lexists(db):
        with QueueDatabase(db) as new:
            new.initialize_schema()
    return StoredFile(db)


def _judged(name: str, check: Callable[[], Iterable[str]]) -> CheckResult:
    problems: list[str] = []
    try:
        problems.extend(check())
    except QueueDatabaseError as error:
        problems.append(str(error))
    except Exception as error:  # noqa: BLE001 - broken code may raise anything
        problems.append(f"the check raised {type(error).__name__}: {one_line(str(error))}")
    return CheckResult(name=name, problems=tuple(problems))
