"""A task queue in one SQLite file: claims with leases, fencing tokens, retries, maintenance.

QueueDatabase opens the file; TaskQueue runs the life of a task in it. open_queue() opens either a
file or, with psycopg, a schema of a PostgreSQL server. The rest of the folder uses only the
standard library and relative imports, so it can be copied into another tree.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .config import (
    MAX_CONCURRENT_WORKERS,
    PRODUCTION_PRAGMAS,
    apply_pragmas,
    check_worker_count,
    ensure_db_directory,
    get_default_db_path,
    sqlite_warning,
)
from .counts import QueueStats
from .database import QueueDatabase
from .engines import open_queue
from .exceptions import (
    QueueBusyError,
    QueueClosedError,
    QueueCommitUnknownError,
    QueueConnectionError,
    QueueCorruptError,
    QueueDatabaseError,
    QueueDiskFullError,
    QueueDriverError,
    QueueInputError,
    QueueIntegrityError,
    QueueOutcomeUnknownError,
    QueuePathError,
    QueuePayloadError,
    QueuePermissionError,
    QueueReadOnlyError,
    QueueReplacedError,
    QueueSchemaError,
    StaleClaimError,
    TaskNotFoundError,
)
from .models import Task, TaskLog, Worker
from .protocol import Queue
from .retention import SweepResult
from .retry import RetryPolicy, retry_busy
from .scheduling import (
    FIFOTaskClaimer,
    LIFOTaskClaimer,
    PriorityTaskClaimer,
    TaskClaimer,
    TaskClaimerFactory,
    WeightedRandomTaskClaimer,
)
from .schema import PRAGMAS, SCHEMA_STATEMENTS, SCHEMA_VERSION
from .strategies import SchedulingStrategy
from .tasks import TaskQueue

if TYPE_CHECKING:
    from .validation import QueueValidator, quick_validate, validate_worker_integration

__all__ = [
    "MAX_CONCURRENT_WORKERS",
    "PRAGMAS",
    "PRODUCTION_PRAGMAS",
    "SCHEMA_STATEMENTS",
    "SCHEMA_VERSION",
    "FIFOTaskClaimer",
    "LIFOTaskClaimer",
    "PriorityTaskClaimer",
    "Queue",
    "QueueBusyError",
    "QueueClosedError",
    "QueueCommitUnknownError",
    "QueueConnectionError",
    "QueueCorruptError",
    "QueueDatabase",
    "QueueDatabaseError",
    "QueueDiskFullError",
    "QueueDriverError",
    "QueueInputError",
    "QueueIntegrityError",
    "QueueOutcomeUnknownError",
    "QueuePathError",
    "QueuePayloadError",
    "QueuePermissionError",
    "QueueReadOnlyError",
    "QueueReplacedError",
    "QueueSchemaError",
    "QueueStats",
    "QueueValidator",
    "RetryPolicy",
    "SchedulingStrategy",
    "StaleClaimError",
    "SweepResult",
    "Task",
    "TaskClaimer",
    "TaskClaimerFactory",
    "TaskLog",
    "TaskNotFoundError",
    "TaskQueue",
    "WeightedRandomTaskClaimer",
    "Worker",
    "apply_pragmas",
    "check_worker_count",
    "ensure_db_directory",
    "get_default_db_path",
    "open_queue",
    "quick_validate",
    "retry_busy",
    "sqlite_warning",
    "validate_worker_integration",
]

_OF_VALIDATION = ("QueueValidator", "quick_validate", "validate_worker_integration")
"""Loaded on first use: a program that runs tasks does not validate."""


if not TYPE_CHECKING:  # a type checker reports an unknown name

    def __getattr__(name: str) -> object:
        if name in _OF_VALIDATION:
            return getattr(import_module(f"{__name__}.validation"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
