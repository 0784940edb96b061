"""Checks that a queue database and the queue's code are sound.

`python -m …queue.validation PATH` prints the eight checks; see checks/command.py.
"""

from __future__ import annotations

import logging
import os
import sys

from .checks import worker_integration
from .checks.command import main
from .checks.result import CheckResult
from .checks.scratch import scratch_database
from .checks.validator import QueueValidator
from .database import QueueDatabase

__all__ = [
    "CheckResult",
    "QueueValidator",
    "main",
    "quick_validate",
    "validate_file",
    "validate_worker_integration",
]

_log = logging.getLogger(__name__)


def quick_validate(db_path: str | os.PathLike[str] | None = None) -> bool:
    """Return True if the queue's code works on this machine.

    Runs the eight checks on a scratch database, then removes it; opens no existing database.
    With a path, it runs them on that file instead, as QueueValidator(db_path) does. Logs each
    problem as a warning. Raises QueuePathError for a path that cannot be a database file.
    """
    results = _results(db_path)
    return _is_sound(
        *(f"{result.name}: {problem}" for result in results for problem in result.problems)
    )


def _results(db_path: str | os.PathLike[str] | None) -> tuple[CheckResult, ...]:
    if db_path is not None:
        return QueueValidator(db_path).run_all()
    with scratch_database() as db:
        return QueueValidator(db).run_all()


def validate_file(path: str | os.PathLike[str]) -> tuple[CheckResult, ...]:
    """Run the eight checks on a file, which is only read, and return their results.

    Raises QueuePathError if there is no such file.
    """
    return QueueValidator.for_file(path).run_all()


def validate_worker_integration(
    db: QueueDatabase, worker_id: str, task_type: str = "probe"
) -> bool:
    """Return True if a worker can do all its work: heartbeat, claim, complete, retry.

    task_type: the type of the tasks that it works on.

    The worker uses a scratch copy of the database's schema; on the database itself it only
    takes the write lock for a moment. Logs each problem as a warning.
    """
    return _is_sound(*worker_integration.problems(db, worker_id, task_type))


def _is_sound(*problems: str) -> bool:
    for problem in problems:
        _log.warning("%s", problem)
    return not problems


if __name__ == "__main__":
    sys.exit(main())
