"""The production settings of a queue, and the default path of its file."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from .exceptions import QueueDatabaseError, QueueInputError, QueuePathError
from .messages import shown, shown_path
from .waiting import wait_while_busy

DB_PATH_VARIABLE = "PRISMQ_QUEUE_DB"
"""The environment variable that names the database file."""

MAX_CONCURRENT_WORKERS = 4
"""Most workers that a queue in production should have."""
WORKER_LIMIT = 8
"""Most workers that check_worker_count() accepts: more would only wait for the lock."""

BUSY_SECONDS = 5.0
"""Seconds to wait for a lock before QueueBusyError."""
LEASE_SECONDS = 60
"""Seconds that a claim holds its task by default."""
MAX_LEASE_SECONDS = 30 * 86_400
"""Longest lease, in seconds (30 days): a dead worker's task must be delivered again."""
MAX_DELAY_SECONDS = 3_660 * 86_400
"""Longest delay, in seconds (ten years)."""
MAX_ATTEMPTS = 5
"""Failures after which a task becomes a dead letter by default."""
DEFAULT_PRIORITY = 100
MIN_PRIORITY, MAX_PRIORITY = 1, 1000
"""Bounds of a priority; a lower number is claimed first."""
MAX_PAYLOAD_BYTES = 16 * 1024 * 1024
"""Largest payload by default, as JSON. At this size a claim takes about 20 ms, in which the other
workers wait; larger data belongs into a file that the payload names."""
MAX_COMPATIBILITY_BYTES = 4096
"""Largest compatibility by default, as JSON. Each index of ready tasks stores it with the task."""
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
"""Settings of every connection, in this order: page_size must precede the first page."""


WAL_LIMIT_BYTES = 64 * 1024 * 1024
"""Size to which SQLite cuts the -wal when it starts to write it from the beginning again.

While a reader holds an old snapshot, no limit applies: the -wal has to keep all later changes.
"""


def apply_pragmas(conn: sqlite3.Connection, *, synchronous: str | None = None) -> None:
    """Apply PRODUCTION_PRAGMAS to a connection; `synchronous` overrides that setting.

    Switching a new file to WAL can fail with "database is locked" at once, whatever the timeout,
    so this function retries. Raises QueueBusyError after BUSY_SECONDS.
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
            f"journal_mode={answer[0][0]}: the file cannot switch to WAL, which several "
            "processes need; put it on a local disk that supports shared memory"
        )


def get_default_db_path() -> Path:
    """Return the default path of the database file; create nothing.

    The environment variable PRISMQ_QUEUE_DB comes first, then the platform's folder for user
    data: %LOCALAPPDATA%, ~/Library/Application Support, or $XDG_DATA_HOME. Raises QueueInputError
    if the variable is ":memory:", which no two processes share.
    """
    named = os.environ.get(DB_PATH_VARIABLE)
    if named == ":memory:":
        raise QueueInputError(
            f"{DB_PATH_VARIABLE}={shown(named)}: must name a file; for a queue in memory, "
            "pass QueueDatabase(':memory:') in the code"
        )
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
    # The XDG specification says to ignore relative paths.
    value = Path(os.environ.get(variable, ""))
    return value if value.is_absolute() else None


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:  # the system does not know this user, as in a container
        raise QueuePathError(
            f"path={shown_path(path)}: the home folder in this path is unknown; "
            f"set {DB_PATH_VARIABLE} to the path of a file"
        ) from error


def ensure_db_directory(db_path: str | os.PathLike[str]) -> Path:
    """Create the folder of a database path, private to its owner, and return it.

    Raises QueuePathError if the folder cannot be created or written to.
    """
    folder = _expanded(os.fspath(db_path)).absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise QueuePathError(
            f"folder={shown_path(folder)} cannot be created ({error.strerror}); "
            f"set {DB_PATH_VARIABLE} to a path where you may write"
        ) from error
    if not os.access(folder, os.W_OK):
        raise QueuePathError(
            f"folder={shown_path(folder)} is read-only for this user; "
            f"set {DB_PATH_VARIABLE} to a path where you may write"
        )
    return folder


def check_worker_count(count: int) -> int:
    """Return a planned number of workers if it is from 1 to WORKER_LIMIT.

    Raises QueueInputError for any other value.
    """
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= WORKER_LIMIT:
        raise QueueInputError(
            f"workers={shown(count)}: must be a whole number from 1 to {WORKER_LIMIT}, "
            f"in production at most {MAX_CONCURRENT_WORKERS}; for more workers, use a queue on "
            "PostgreSQL"
        )
    return count


def sqlite_warning(version: tuple[int, int, int] | None = None) -> str | None:
    """Return a warning if an SQLite version (default: this Python's) has a known serious bug.

    Up to 3.51.2, a rare race between a checkpoint and a writer that restarts the WAL can corrupt
    the file. Versions 3.51.3, 3.50.7 and 3.44.6 fix it.
    """
    checked = version or _linked_version()
    is_fixed = checked >= (3, 51, 3) or any(
        branch <= checked < (branch[0], branch[1] + 1, 0) for branch in ((3, 50, 7), (3, 44, 6))
    )
    if is_fixed or checked < (3, 7, 0):
        return None
    return (
        f"SQLite {'.'.join(map(str, checked))} has a rare bug that can corrupt a database in WAL "
        "mode; use 3.51.3 or newer, or 3.50.7 or 3.44.6"
    )


def _linked_version() -> tuple[int, int, int]:
    major, minor, patch = sqlite3.sqlite_version_info
    return major, minor, patch
