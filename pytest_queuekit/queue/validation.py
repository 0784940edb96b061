"""Tells whether a queue database and the code around it are sound.

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


def quick_validate() -> bool:
    """Run the eight checks on a scratch database, which is gone afterwards.

    Says whether the queue's code works on this machine; no existing database is opened. What is
    wrong is logged as warnings.
    """
    with scratch_database() as db:
        results = QueueValidator(db).run_all()
    return _none(*(f"{one.name}: {problem}" for one in results for problem in one.problems))


def validate_file(path: str | os.PathLike[str]) -> tuple[CheckResult, ...]:
    """Run the eight checks on a file, which is opened for reading only; return what each found.

    Raises QueuePathError if there is no such file.
    """
    return QueueValidator.for_file(path).run_all()


def validate_worker_integration(db: QueueDatabase, worker_id: str) -> bool:
    """Tell whether a worker can do all its work on a database: report, claim, complete, retry.

    The work is done on a scratch copy of the database's schema; of the database itself only the
    write lock is taken, for a moment. What is wrong is logged as warnings.
    """
    return _none(*worker_integration.problems(db, worker_id))


def _none(*problems: str) -> bool:
    for problem in problems:
        _log.warning("%s", problem)
    return not problems


if __name__ == "__main__":
    sys.exit(main())
