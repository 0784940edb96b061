"""Translates SQLite's errors into the queue's errors, by error code."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

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
    QueueReadOnlyError,
    QueueSchemaError,
)
from .messages import one_line, shown_path
from .shortages import cause, is_disk_full, remedy
from .waiting import is_busy

_PRIMARY = 0xFF
_BEFORE_ANY_WRITE = tuple(
    getattr(sqlite3, f"SQLITE_IOERR_{name}") for name in ("SHMOPEN", "SHMSIZE", "SHMMAP", "SHMLOCK")
)
"""The errors that SQLite reports before a statement can change anything."""


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise the queue's error for an SQLite error that leaves the block."""
    try:
        yield
    except sqlite3.Error as error:
        if isinstance(error, QueueDatabaseError):
            raise
        raise translate(error, path) from error
    except UnicodeDecodeError as error:
        if not _is_of_sqlite(error):
            raise
        raise translate(error, path) from error
    except (OverflowError, UnicodeEncodeError) as error:
        if not _is_of_sqlite(error):
            raise
        raise not_storable(error) from error


def not_storable(error: OverflowError | UnicodeEncodeError) -> QueueInputError:
    """Return the queue's error for a value that SQLite cannot hold."""
    if isinstance(error, OverflowError):
        return QueueInputError(
            f"a number does not fit into 64 bits ({error}); pass a smaller number"
        )
    return QueueInputError(
        "a text has a lone surrogate, which UTF-8 lacks; if it was read from a row, "
        "other SQL wrote it, so fix the row"
    )


def translate(error: sqlite3.Error | UnicodeDecodeError, path: str) -> QueueDatabaseError:
    """Return the queue's error for an SQLite error.

    sqlite3 raises UnicodeDecodeError, without SQLite's code, for a message that is not UTF-8.
    """
    code = getattr(error, "sqlite_errorcode", None)
    text = _text_of(error)
    if is_busy(error):
        return QueueBusyError(
            f"path={shown_path(path)}: the database is locked ({text}); try again later"
        )
    if not isinstance(code, int):
        return _without_code(error, text)
    return _by_code(code, text, path) or _general(error, text)


def refused(error: OSError, path: str, outcome: str) -> QueueDatabaseError:
    """Return the queue's error for a file that the system could not write."""
    kind = QueueDiskFullError if is_disk_full(path, error.errno) else QueuePathError
    return kind(f"path={shown_path(path)}: {error.strerror}{cause(path, error.errno)}; {outcome}")


def _text_of(error: sqlite3.Error | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return one_line(error.object.decode("utf-8", "backslashreplace"))
    return one_line(str(error))


def _is_of_sqlite(error: Exception) -> bool:
    """Return True if a statement raised the error, and not the code around the statement.

    The queue runs all statements, and decodes nothing itself.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = trace.tb_frame.f_globals.get("__name__", "") if trace is not None else ""
    return str(module).startswith(f"{__package__}.")


def _without_code(error: Exception, text: str) -> QueueDatabaseError:
    if "closed" in text:
        return QueueClosedError()
    column, is_not_utf8, _ = text.partition(_NOT_UTF8)
    if is_not_utf8:  # the rest of the message is the value
        return QueueDatabaseError(f"{column} of a row; other SQL wrote it, so fix the row")
    if isinstance(error, UnicodeDecodeError):
        return QueueDatabaseError(f"SQLite reports, in text that is not UTF-8: {text}")
    return QueueDatabaseError(f"{type(error).__name__}: {text}")


_NOT_UTF8 = " with text "
"""In sqlite3's message: Could not decode to UTF-8 column 'payload' with text '...'."""


def _by_code(code: int, text: str, path: str) -> QueueDatabaseError | None:
    if code in _BEFORE_ANY_WRITE:
        kind = QueueDiskFullError if is_disk_full(path) else QueuePathError
        return kind(f"path={shown_path(path)}: {text}{cause(path)}; nothing was changed")
    match code & _PRIMARY:
        case sqlite3.SQLITE_CONSTRAINT:
            return QueueIntegrityError(f"{text}; nothing was changed")
        case sqlite3.SQLITE_LOCKED:
            return QueueBusyError(
                f"{text}: another statement of this connection is unfinished; "
                "fetch all its rows first"
            )
        case sqlite3.SQLITE_FULL:
            return QueueDiskFullError(
                f"path={shown_path(path)}: {text}{cause(path)}; nothing was changed. "
                "Make room and try again"
            )
        case sqlite3.SQLITE_READONLY:
            return QueueReadOnlyError(
                f"path={shown_path(path)}: {text}; check the permissions of the file and its folder"
            )
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return QueuePathError(why_not_openable(path))
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return QueueCorruptError(
                f"path={shown_path(path)}: {text}; stop writing to it, and "
                "restore a backup with TaskQueue.restore(path)"
            )
        case sqlite3.SQLITE_IOERR:
            return QueueOutcomeUnknownError(
                f"path={shown_path(path)}: {text}{cause(path)}; "
                "check the rows to see if the change took effect"
            )
        case sqlite3.SQLITE_TOOBIG:
            return QueueInputError(f"{text}: an SQLite value holds at most 1 GB; pass less")
        case _:
            return None


def _general(error: Exception, text: str) -> QueueDatabaseError:
    if text.startswith(("no such index", "no such column", "no such table")):
        return QueueSchemaError(f"{text}; initialize_schema() restores tables and indexes")
    return QueueDatabaseError(f"{type(error).__name__}: {text}")


def why_not_openable(path: str) -> str:
    """Return the reason why a database file cannot be opened, and the next step."""
    # Path's methods would raise where this user lacks permission.
    folder = os.path.dirname(path) or "."  # noqa: PTH120
    if os.path.isdir(path):  # noqa: PTH112
        return f"path={shown_path(path)} is a folder; name a file inside it"
    if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113
        return f"path={shown_path(path)} is not a regular file; choose a database file"
    if not os.path.exists(folder):  # noqa: PTH110
        if "/~" in folder:
            return f"folder={shown_path(folder)} does not exist; expand '~' with os.path.expanduser"
        return (
            f"folder={shown_path(folder)} does not exist; create it with ensure_db_directory(path)"
        )
    if not os.path.isdir(folder):  # noqa: PTH112
        return f"folder={shown_path(folder)} is not a folder; choose another path"
    if not os.access(folder, os.X_OK):
        return f"folder={shown_path(folder)} cannot be entered by this user; check its permissions"
    if os.path.exists(path) and not os.access(path, os.R_OK):  # noqa: PTH110
        return f"path={shown_path(path)} is not readable for this user; check its permissions"
    if not os.access(folder, os.W_OK):
        return f"folder={shown_path(folder)} is read-only for this user; choose another path"
    if os.path.exists(path) and not os.access(path, os.W_OK):  # noqa: PTH110
        return f"path={shown_path(path)} is not writable for this user; check its permissions"
    return f"path={shown_path(path)} cannot be opened; {remedy(path)}"
