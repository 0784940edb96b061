"""Opens a database file beside the code that uses it, without leaving a trace."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

PATIENCE = 1.0
"""Seconds the watch waits for a lock, which a reader needs only outside of WAL mode."""

_PRIMARY = 0xFF
"""The part of an SQLite error code that names the error (https://sqlite.org/rescode.html)."""
_NO_QUEUE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


@contextmanager
def reading(path: str, *, timeout: float = 0) -> Iterator[sqlite3.Connection]:
    """Yield a connection that cannot write. Raises sqlite3.Error if there is no such file.

    A file without a log beside it is open nowhere and is read as one that never changes; otherwise
    SQLite would create a log and leave it there.

    timeout: seconds to wait for a lock.
    """
    mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    address = f"file:{quote(os.fsencode(path))}?{mode}"
    with closing(sqlite3.connect(address, uri=True, timeout=timeout, isolation_level=None)) as conn:
        yield conn


def log_size(path: str) -> int:
    """Return the size of the log of a database file, in bytes; 0 if there is none."""
    try:
        return Path(f"{os.path.realpath(path)}-wal").stat().st_size
    except OSError:
        return 0


def primary_code(error: sqlite3.Error) -> int | None:
    """Return the SQLite error code without its extension; None if Python raised the error."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & _PRIMARY


def is_no_queue(error: sqlite3.Error) -> bool:
    """Return True if an error means that the file is gone, is not a database, or has no queue."""
    return primary_code(error) in _NO_QUEUE
