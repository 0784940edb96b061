"""The settings of a queue in production, and where its file lives by default."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from .exceptions import QueueDatabaseError, QueueInputError, QueuePathError
from .waiting import wait_while_busy

DB_PATH_VARIABLE = "PRISMQ_QUEUE_DB"
"""The environment variable that names the database file."""

MAX_CONCURRENT_WORKERS = 4
"""Workers that a queue in production should have at most."""
WORKER_LIMIT = 8
"""Workers beyond which a plan is refused: they would spend their time waiting for the lock."""

BUSY_SECONDS = 5.0
"""Seconds to wait for a lock before QueueBusyError."""
LEASE_SECONDS = 60
"""Seconds that a claim holds its task, unless it asks otherwise."""
MAX_LEASE_SECONDS = 30 * 86_400
"""Seconds that no lease may exceed: longer ones never come back when a worker dies."""
MAX_DELAY_SECONDS = 3_660 * 86_400
"""Seconds (ten years) that no delay may exceed."""
MAX_ATTEMPTS = 5
"""Failures after which a task is a dead letter, unless it asks otherwise."""
DEFAULT_PRIORITY = 100
MIN_PRIORITY, MAX_PRIORITY = 1, 1000
"""The priorities of a task; the lower is claimed first."""
HEARTBEAT_SECONDS = 30
"""Seconds between two heartbeats of a worker."""
STALE_AFTER_SECONDS = 300
"""Seconds without a heartbeat after which a worker counts as gone."""

PRODUCTION_PRAGMAS: Mapping[str, str | int] = MappingProxyType(
    {
        "page_size": 4096,
        "journal_mode": "WAL",
        "synchronous": "NORMAL",
        "busy_timeout": 5000,
        "wal_autocheckpoint": 1000,
        "cache_size": -20000,
        "temp_store": "MEMORY",
        "foreign_keys": "ON",
    }
)
"""What every connection is set to, in this order: a page size counts before the first page only."""


def apply_pragmas(conn: sqlite3.Connection, *, synchronous: str | None = None) -> None:
    """Set a connection to PRODUCTION_PRAGMAS, `synchronous` to another value if one is given.

    Switching a new file to WAL can answer "database is locked" at once, whatever the time-out,
    so this waits by itself. Raises QueueBusyError after BUSY_SECONDS.
    """
    for name, value in PRODUCTION_PRAGMAS.items():
        wanted = synchronous if name == "synchronous" and synchronous else value
        _set_pragma(conn, name, wanted)


def _set_pragma(conn: sqlite3.Connection, name: str, value: str | int) -> None:
    answer = wait_while_busy(
        lambda: conn.execute(f"PRAGMA {name}={value}").fetchall(), seconds=BUSY_SECONDS
    )
    if name == "journal_mode" and answer[0][0] not in ("wal", "memory"):
        raise QueueDatabaseError(
            f"journal_mode={answer[0][0]}: the file cannot be switched to WAL, which several "
            "processes need; put it on a local disk that allows shared memory"
        )


def get_default_db_path() -> Path:
    """Return where the queue lives when nobody says otherwise; creates nothing.

    The environment variable PRISMQ_QUEUE_DB comes first, then the platform's place for a user's
    data: %LOCALAPPDATA%, ~/Library/Application Support, or $XDG_DATA_HOME.
    """
    named = os.environ.get(DB_PATH_VARIABLE)
    if named:
        return _expanded(named).absolute()
    return _user_data_folder() / "prismq" / "queue.db"


def _user_data_folder() -> Path:
    if sys.platform == "win32":
        return _folder_from("LOCALAPPDATA") or _expanded("~/AppData/Local")
    if sys.platform == "darwin":
        return _expanded("~/Library/Application Support")
    return _folder_from("XDG_DATA_HOME") or _expanded("~/.local/share")


def _folder_from(variable: str) -> Path | None:
    # The XDG specification has relative paths ignored.
    value = Path(os.environ.get(variable, ""))
    return value if value.is_absolute() else None


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # a user whom the system does not know, as in a container
        raise QueuePathError(
            f"path={path!r}: this machine knows no such home folder; "
            f"set {DB_PATH_VARIABLE} to the path of a file"
        ) from error


def ensure_db_directory(db_path: str | os.PathLike[str]) -> Path:
    """Make the folder of a database path, private to its owner, and return it.

    Raises QueuePathError if it cannot be made or written to.
    """
    folder = Path(db_path).expanduser().absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise QueuePathError(
            f"folder={str(folder)!r} cannot be made ({error.strerror}); "
            f"set {DB_PATH_VARIABLE} to a path where you may write"
        ) from error
    if not os.access(folder, os.W_OK):
        raise QueuePathError(
            f"folder={str(folder)!r} is read-only for this user; "
            f"set {DB_PATH_VARIABLE} to a path where you may write"
        )
    return folder


def check_worker_count(count: int) -> int:
    """Return a planned number of workers if it is sensible.

    Raises QueueInputError below 1 and above WORKER_LIMIT.
    """
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= WORKER_LIMIT:
        raise QueueInputError(
            f"workers={count!r}: must be a whole number from 1 to {WORKER_LIMIT}, in production at "
            f"most {MAX_CONCURRENT_WORKERS}; for more, move to a queue on PostgreSQL"
        )
    return count


def sqlite_warning(version: tuple[int, int, int] | None = None) -> str | None:
    """Return a sentence if an SQLite version (default: the one in use) has a known serious bug.

    Up to 3.51.2 a rare race between a checkpoint and a writer that restarts the WAL can corrupt
    the file; mended in 3.51.3, 3.50.7 and 3.44.6.
    """
    found = version or _linked_version()
    mended = found >= (3, 51, 3) or any(
        branch <= found < (branch[0], branch[1] + 1, 0) for branch in ((3, 50, 7), (3, 44, 6))
    )
    if mended or found < (3, 7, 0):
        return None
    return (
        f"SQLite {'.'.join(map(str, found))} has a rare bug that can corrupt a database in WAL "
        "mode; use 3.51.3 or newer, or 3.50.7 or 3.44.6"
    )


def _linked_version() -> tuple[int, int, int]:
    major, minor, patch = sqlite3.sqlite_version_info
    return major, minor, patch
