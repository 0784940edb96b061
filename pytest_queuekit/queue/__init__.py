"""A task queue in one SQLite file: claims with leases, fencing tokens, retries, maintenance.

QueueDatabase opens the file; TaskQueue runs the life of a task in it. The folder uses only the
standard library and relative imports, so it can be copied into another tree.
"""

from __future__ import annotations

from .config import (
    MAX_CONCURRENT_WORKERS,
    PRODUCTION_PRAGMAS,
    apply_pragmas,
    check_worker_count,
    ensure_db_directory,
    get_default_db_path,
    sqlite_warning,
)
from .database import QueueDatabase
from .exceptions import (
    QueueBusyError,
    QueueClosedError,
    QueueCorruptError,
    QueueDatabaseError,
    QueueDiskFullError,
    QueueInputError,
    QueueIntegrityError,
    QueueOutcomeUnknownError,
    QueuePathError,
    QueuePayloadError,
    QueueReadOnlyError,
    QueueSchemaError,
    StaleClaimError,
    TaskNotFoundError,
)
from .maintenance import SweepResult
from .models import Task, TaskLog, Worker
from .retry import RetryPolicy, retry_busy
from .scheduling import SchedulingStrategy, TaskClaimer, TaskClaimerFactory
from .schema import SCHEMA_VERSION
from .stats import QueueStats
from .tasks import TaskQueue

__all__ = [
    "MAX_CONCURRENT_WORKERS",
    "PRODUCTION_PRAGMAS",
    "SCHEMA_VERSION",
    "QueueBusyError",
    "QueueClosedError",
    "QueueCorruptError",
    "QueueDatabase",
    "QueueDatabaseError",
    "QueueDiskFullError",
    "QueueInputError",
    "QueueIntegrityError",
    "QueueOutcomeUnknownError",
    "QueuePathError",
    "QueuePayloadError",
    "QueueReadOnlyError",
    "QueueSchemaError",
    "QueueStats",
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
    "Worker",
    "apply_pragmas",
    "check_worker_count",
    "ensure_db_directory",
    "get_default_db_path",
    "retry_busy",
    "sqlite_warning",
]
