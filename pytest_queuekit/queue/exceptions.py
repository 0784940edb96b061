"""The errors of the queue, one class for each occasion.

All derive from QueueDatabaseError; some also derive from the built-in that a caller would expect.
The docstring of a class is its default message.
"""

from __future__ import annotations

import sqlite3


class QueueDatabaseError(Exception):
    """The queue database could not carry out the operation."""

    done: int | None = None
    """After an error in purge(), archive(), reclaim() or sweep(): the tasks already changed."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or " ".join((type(self).__doc__ or "").split()))


class QueueBusyError(QueueDatabaseError):
    """Another connection held the lock too long; nothing was changed. Try again later."""


class QueueSchemaError(QueueDatabaseError):
    """The file's tables do not match this version of the queue."""


class QueueIntegrityError(QueueDatabaseError, sqlite3.IntegrityError):
    """A table constraint rejected the change; nothing was changed."""


class QueueDiskFullError(QueueDatabaseError):
    """The disk is full; nothing was changed. Make room and try again."""


class QueuePathError(QueueDatabaseError, OSError):
    """The database file cannot be opened or created at this path."""


class QueueReplacedError(QueueDatabaseError):
    """The file was deleted, replaced or moved while in use; the change is not acknowledged."""


class QueueReadOnlyError(QueueDatabaseError):
    """The database file is read-only; nothing was changed."""


class QueueCorruptError(QueueDatabaseError):
    """The file is damaged or not an SQLite database; stop writing, and restore() a backup."""


class QueueOutcomeUnknownError(QueueDatabaseError):
    """A disk error interrupted the change; check the rows to see if it took effect."""


class QueueCommitUnknownError(QueueOutcomeUnknownError):
    """The connection was lost during a change, which may have taken effect or not. Read the task
    again before you repeat the call; repeat enqueue() with the same idempotency_key."""


class QueueConnectionError(QueueDatabaseError, ConnectionError):
    """The database server cannot be reached; nothing was changed. Try again later."""


class QueuePermissionError(QueueDatabaseError, PermissionError):
    """The role of the connection lacks a right; nothing was changed. Grant the right."""


class QueueDriverError(QueueDatabaseError, ImportError):
    """The driver of the database is missing: pip install 'psycopg[binary]'."""


class QueueClosedError(QueueDatabaseError):
    """This database was closed; open it again."""


class StaleClaimError(QueueDatabaseError):
    """The claim is no longer held; nothing was changed. Discard the result of this work."""


class TaskNotFoundError(QueueDatabaseError, LookupError):
    """There is no task with this id."""


class QueueInputError(QueueDatabaseError, ValueError):
    """An argument is invalid; nothing was changed."""


class QueuePayloadError(QueueDatabaseError, ValueError):
    """The stored text is not the expected JSON."""
