"""Everything that can go wrong with the queue, one class an occasion.

All derive from QueueDatabaseError, and from the built-in a caller would expect where there is
one. The docstring of a class is its default message.
"""

from __future__ import annotations

import sqlite3


class QueueDatabaseError(Exception):
    """The queue database could not do what was asked of it."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or " ".join((type(self).__doc__ or "").split()))


class QueueBusyError(QueueDatabaseError):
    """Another connection held the lock too long; nothing was changed. Try again later."""


class QueueSchemaError(QueueDatabaseError):
    """The file's tables are not those of this version of the queue."""


class QueueIntegrityError(QueueDatabaseError, sqlite3.IntegrityError):
    """A constraint of the tables refused the change; nothing was changed."""


class QueueDiskFullError(QueueDatabaseError):
    """The disk is full; nothing was changed. Make room and try again."""


class QueuePathError(QueueDatabaseError, OSError):
    """The database file cannot be opened or created where it was asked for."""


class QueueReadOnlyError(QueueDatabaseError):
    """The database file may not be written to; nothing was changed."""


class QueueCorruptError(QueueDatabaseError):
    """The file is damaged or is no SQLite database; stop writing and restore a backup."""


class QueueOutcomeUnknownError(QueueDatabaseError):
    """The disk failed in the middle; look at the rows to see whether the change took place."""


class QueueClosedError(QueueDatabaseError):
    """This QueueDatabase was closed; make a new one."""


class StaleClaimError(QueueDatabaseError):
    """The claim is no longer held, the task went on without it; nothing was changed."""


class TaskNotFoundError(QueueDatabaseError, LookupError):
    """There is no task with this id."""


class QueueInputError(QueueDatabaseError, ValueError):
    """An argument cannot be used as it was given; nothing was changed."""


class QueuePayloadError(QueueDatabaseError, ValueError):
    """The stored text is not the JSON that was expected of it."""
