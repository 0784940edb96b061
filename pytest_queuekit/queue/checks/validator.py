"""The eight checks, in order, on one subject."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from ..database import QueueDatabase
from ..exceptions import QueueDatabaseError
from . import (
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


class QueueValidator:
    """Runs eight checks on a queue database, and changes nothing in it.

    db: the database in use. The checks try out operations on scratch databases of the same class,
    so they judge subclasses too. A subclass must accept the constructor arguments of
    QueueDatabase.
    """

    def __init__(self, db: QueueDatabase) -> None:
        self._subject: Subject = UsedDatabase(db)

    @classmethod
    def for_file(cls, path: str | os.PathLike[str]) -> QueueValidator:
        """Return a validator for a file, which is only read.

        Raises QueuePathError if there is no such file.
        """
        validator = cls.__new__(cls)
        validator._subject = StoredFile(path)
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
        return tuple(check() for _, check in self.checks())

    def validate_all(self) -> bool:
        """Run the checks; return True if all passed."""
        return all(result.passed for result in self.run_all())

    def _of_subject(self, name: str, check: Callable[[Subject], Iterable[str]]) -> CheckResult:
        return _judged(name, lambda: check(self._subject))


def _judged(name: str, check: Callable[[], Iterable[str]]) -> CheckResult:
    problems: list[str] = []
    try:
        problems.extend(check())
    except QueueDatabaseError as error:
        problems.append(str(error))
    except Exception as error:  # noqa: BLE001 - broken code may raise anything
        problems.append(f"the check raised {type(error).__name__}: {error}")
    return CheckResult(name=name, problems=tuple(problems))
