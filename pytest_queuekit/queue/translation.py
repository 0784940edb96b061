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
from .waiting import is_busy

_PRIMARY = 0xFF


@contextmanager
def translated(path: str) -> Iterator[None]:
    """Raise the queue's error for an SQLite error that leaves the block."""
    try:
        yield
    except sqlite3.Error as error:
        if isinstance(error, QueueDatabaseError):
            raise
        raise translate(error, path) from error


def translate(error: sqlite3.Error, path: str) -> QueueDatabaseError:
    """Return the queue's error for an SQLite error."""
    code = getattr(error, "sqlite_errorcode", None)
    if is_busy(error):
        return QueueBusyError(f"path={path!r}: the database is locked ({error}); try again later")
    if not isinstance(code, int):
        return _without_code(error)
    return _by_code(error, code & _PRIMARY, path)


def _without_code(error: sqlite3.Error) -> QueueDatabaseError:
    if "closed" in str(error):
        return QueueClosedError()
    return QueueDatabaseError(f"{type(error).__name__}: {error}")


def _by_code(error: sqlite3.Error, code: int, path: str) -> QueueDatabaseError:
    match code:
        case sqlite3.SQLITE_CONSTRAINT:
            return QueueIntegrityError(f"{error}; nothing was changed")
        case sqlite3.SQLITE_LOCKED:
            return QueueBusyError(
                f"{error}: another statement of this connection is unfinished; "
                "fetch all its rows first"
            )
        case sqlite3.SQLITE_FULL:
            return QueueDiskFullError(
                f"path={path!r}: {error}; nothing was changed. Make room and try again"
            )
        case sqlite3.SQLITE_READONLY:
            return QueueReadOnlyError(
                f"path={path!r}: {error}; check the permissions of the file and its folder"
            )
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return QueuePathError(why_not_openable(path))
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return QueueCorruptError(
                f"path={path!r}: {error}; stop writing to it and restore a backup"
            )
        case sqlite3.SQLITE_IOERR:
            return QueueOutcomeUnknownError(
                f"path={path!r}: {error}; check the rows to see if the change took effect"
            )
        case sqlite3.SQLITE_TOOBIG:
            return QueueInputError(f"{error}: an SQLite value holds at most 1 GB; pass less")
        case _:
            return _general(error)


def _general(error: sqlite3.Error) -> QueueDatabaseError:
    text = str(error)
    if text.startswith(("no such index", "no such column", "no such table")):
        return QueueSchemaError(f"{text}; initialize_schema() restores tables and indexes")
    return QueueDatabaseError(f"{type(error).__name__}: {text}")


def why_not_openable(path: str) -> str:
    """Return the reason why a database file cannot be opened, and the next step."""
    # Path's methods would raise where this user lacks permission.
    folder = os.path.dirname(path) or "."  # noqa: PTH120
    if os.path.isdir(path):  # noqa: PTH112
        return f"path={path!r} is a folder; name a file inside it"
    if not os.path.exists(folder):  # noqa: PTH110
        return f"folder={folder!r} does not exist; create it with ensure_db_directory(path)"
    if not os.path.isdir(folder):  # noqa: PTH112
        return f"folder={folder!r} is not a folder; choose another path"
    if not os.access(folder, os.X_OK):
        return f"folder={folder!r} cannot be entered by this user; check its permissions"
    if os.path.exists(path) and not os.access(path, os.R_OK):  # noqa: PTH110
        return f"path={path!r} is not readable for this user; check its permissions"
    if not os.access(folder, os.W_OK):
        return f"folder={folder!r} is read-only for this user; choose another path"
    if os.path.exists(path) and not os.access(path, os.W_OK):  # noqa: PTH110
        return f"path={path!r} is not writable for this user; check its permissions"
    return f"path={path!r} cannot be opened; {_too_many_files() or _CHECK_PERMISSIONS}"


_CHECK_PERMISSIONS = "check the permissions of the file and its folder"


def _too_many_files() -> str:
    """Return the next step if this process can open no more files, else an empty text."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return f"{error.strerror}: close some files or threads, or raise the limit (ulimit -n)"
    return ""
