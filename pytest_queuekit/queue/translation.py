"""From SQLite's errors to the queue's, by error code."""

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
    """Raise the queue's errors for those of SQLite that leave the block."""
    try:
        yield
    except sqlite3.Error as error:
        if isinstance(error, QueueDatabaseError):
            raise
        raise translate(error, path) from error


def translate(error: sqlite3.Error, path: str) -> QueueDatabaseError:
    """Return the queue's error for one of SQLite's."""
    code = getattr(error, "sqlite_errorcode", None)
    if is_busy(error):
        return QueueBusyError(f"the database is locked ({error}); try again later")
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
            return QueueBusyError(f"{error}: another statement of this connection is unfinished")
        case sqlite3.SQLITE_FULL:
            return QueueDiskFullError(
                f"path={path!r}: {error}; nothing was changed. Make room and try again"
            )
        case sqlite3.SQLITE_READONLY:
            return QueueReadOnlyError(
                f"path={path!r}: {error}; check the rights of file and folder"
            )
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return QueuePathError(why_not_openable(path))
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return QueueCorruptError(
                f"path={path!r}: {error}; stop writing to it and restore a backup"
            )
        case sqlite3.SQLITE_IOERR:
            return QueueOutcomeUnknownError(
                f"path={path!r}: {error}; if this was to change something, look whether it did"
            )
        case sqlite3.SQLITE_TOOBIG:
            return QueueInputError(f"{error}: SQLite takes at most 1 GB in one value")
        case _:
            return _general(error)


def _general(error: sqlite3.Error) -> QueueDatabaseError:
    text = str(error)
    if text.startswith(("no such index", "no such column", "no such table")):
        return QueueSchemaError(f"{text}; initialize_schema() restores tables and indexes")
    return QueueDatabaseError(f"{type(error).__name__}: {text}")


def why_not_openable(path: str) -> str:
    """Return why a database file cannot be opened, and what to do."""
    # Not Path's methods, which raise where this user may not look.
    folder = os.path.dirname(path) or "."  # noqa: PTH120
    if os.path.isdir(path):  # noqa: PTH112
        return f"path={path!r} is a folder; name a file inside it"
    if not os.path.exists(folder):  # noqa: PTH110
        return f"folder={folder!r} does not exist; make it, ensure_db_directory(path) does"
    if not os.path.isdir(folder):  # noqa: PTH112
        return f"folder={folder!r} is not a folder; choose another path"
    if not os.access(folder, os.X_OK):
        return f"folder={folder!r} may not be entered by this user; check its rights"
    if os.path.exists(path) and not os.access(path, os.R_OK):  # noqa: PTH110
        return f"path={path!r} is not readable for this user; check its rights"
    if not os.access(folder, os.W_OK):
        return f"folder={folder!r} is read-only for this user; choose another path"
    if os.path.exists(path) and not os.access(path, os.W_OK):  # noqa: PTH110
        return f"path={path!r} is not writable for this user; check its rights"
    return f"path={path!r} cannot be opened; {_too_many_files() or _CHECK_RIGHTS}"


_CHECK_RIGHTS = "check the rights of the file and of its folder"


def _too_many_files() -> str:
    """Return what to do if this process may open no more files, whichever they are."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return f"{error.strerror}: close some files or threads, or raise the limit (ulimit -n)"
    return ""
