"""The eight checks in their order, on one subject."""

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
    """Judges a queue database by eight checks, and changes nothing in it.

    db: the database in use. What must be tried out is tried on scratch databases of the same
    class, so that subclasses are judged too; their constructor must take what QueueDatabase's
    takes.
    """

    def __init__(self, db: QueueDatabase) -> None:
        self._subject: Subject = UsedDatabase(db)

    @classmethod
    def for_file(cls, path: str | os.PathLike[str]) -> QueueValidator:
        """Make one for a file, which is opened for reading only.

        Raises QueuePathError if there is no such file.
        """
        validator = cls.__new__(cls)
        validator._subject = StoredFile(path)
        return validator

    def validate_configuration(self) -> CheckResult:
        """Judge the settings in config.py."""
        return _judged("Configuration", configuration.problems)

    def validate_database_connection(self) -> CheckResult:
        """Judge whether the database opens and answers."""
        return self._of_subject("Database Connection", connection.problems)

    def validate_schema_integrity(self) -> CheckResult:
        """Judge tables, columns, constraints, triggers, and the soundness of the file."""
        return self._of_subject("Schema Integrity", schema_integrity.problems)

    def validate_pragma_settings(self) -> CheckResult:
        """Judge the PRAGMAs of file and connection."""
        return self._of_subject("PRAGMA Settings", pragma_settings.problems)

    def validate_data_models(self) -> CheckResult:
        """Judge what Task, Worker and TaskLog make of rows."""
        return self._of_subject("Data Models", data_models.problems)

    def validate_transaction_isolation(self) -> CheckResult:
        """Judge what transactions let through."""
        return self._of_subject("Transaction Isolation", transaction_isolation.problems)

    def validate_index_performance(self) -> CheckResult:
        """Judge whether claims and statistics find their rows by index."""
        return self._of_subject("Index Performance", index_performance.problems)

    def validate_error_handling(self) -> CheckResult:
        """Judge which errors mishaps end in."""
        return self._of_subject("Error Handling", error_handling.problems)

    def checks(self) -> tuple[tuple[str, Callable[[], CheckResult]], ...]:
        """Return the checks by name, in their order, for who shows progress."""
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
        """Run the checks and return what each found."""
        return tuple(check() for _, check in self.checks())

    def validate_all(self) -> bool:
        """Run the checks; True if nothing was found."""
        return all(result.passed for result in self.run_all())

    def _of_subject(self, name: str, check: Callable[[Subject], Iterable[str]]) -> CheckResult:
        return _judged(name, lambda: check(self._subject))


def _judged(name: str, check: Callable[[], Iterable[str]]) -> CheckResult:
    problems: list[str] = []
    try:
        problems.extend(check())
    except QueueDatabaseError as error:
        problems.append(str(error))
    except Exception as error:  # noqa: BLE001 - what is broken may raise anything, and is red
        problems.append(f"the check ended with {type(error).__name__}: {error}")
    return CheckResult(name=name, problems=tuple(problems))
