"""Opens connections: private to the owner, tuned, and with the queue's SQL functions."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import dataclass

from .clock import NOT_COMPARED, Clock, follow_clock
from .config import WAL_LIMIT_BYTES, apply_pragmas
from .connection import QueueConnection
from .exceptions import QueueDatabaseError, QueuePathError
from .files import LOGS, create_database_file, identity, siblings, size_of, uri_of
from .foreign import refuse_foreign
from .messages import shown_path
from .opened import OpenedFile
from .routing import serves_packed_in
from .translation import translated, why_not_openable

MEMORY = ":memory:"
OLDEST_SQLITE = (3, 35, 0)
"""The first version with RETURNING."""
_ATTEMPTS = 10
"""Most attempts to open a file that other processes replace in the meantime."""


@dataclass(frozen=True, kw_only=True)
class OpenOptions:
    """The options of a new connection.

    path: absolute path of the file, or ':memory:'.
    clock: returns Unix seconds; None: the system clock.
    synchronous: value of the PRAGMA.
    busy_seconds: seconds to wait for a lock.
    on_connect: called with the connection before its first use.
    """

    path: str
    clock: Clock | None
    synchronous: str
    busy_seconds: float
    on_connect: Callable[[sqlite3.Connection], None] | None


def open_connection(options: OpenOptions) -> QueueConnection:
    """Open a connection with PRODUCTION_PRAGMAS, in autocommit.

    Raises QueuePathError, QueueCorruptError or QueueBusyError.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise QueueDatabaseError(
            f"SQLite {sqlite3.sqlite_version} is too old: the queue needs 3.35 or newer; "
            "update Python"
        )
    conn = None
    try:
        with translated(options.path):
            conn = _connect(options)
            _prepare(conn, options)
    except BaseException:
        if conn is not None:
            conn.close()
        raise
    return conn


def _connect(options: OpenOptions) -> QueueConnection:
    if options.path == MEMORY:
        return _connection_to(MEMORY, options)
    for _ in range(_ATTEMPTS):
        _ensure_file(options.path)
        refuse_foreign(options.path, busy_seconds=options.busy_seconds)
        before = identity(options.path)
        # mode=rw creates nothing: what SQLite creates may be readable by others.
        conn = _connection_to(uri_of(options.path, "mode=rw"), options)
        if before is not None and identity(options.path) == before:
            conn.opened = OpenedFile(options.path, before)
            return conn
        conn.close()
    raise QueuePathError(
        f"path={shown_path(options.path)} is replaced again and again; stop that first"
    )


def _connection_to(address: str, options: OpenOptions) -> QueueConnection:
    # check_same_thread is off: close() and the end of a thread close from other threads.
    return sqlite3.connect(
        address,
        timeout=options.busy_seconds,
        isolation_level=None,
        check_same_thread=False,
        factory=QueueConnection,
        uri=address != MEMORY,
    )


def _ensure_file(path: str) -> None:
    """Create a file that is missing, private to its owner, unless that would do damage."""
    # One look: between two, another thread or process may create the file.
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except OSError:
        mode = None
    if mode is not None:
        if not stat.S_ISREG(mode):
            raise QueuePathError(why_not_openable(path))
        return
    if os.path.islink(path):  # noqa: PTH114
        raise QueuePathError(
            f"path={shown_path(path)} is a symbolic link to a missing file; "
            "remove the link, or name the file itself"
        )
    _refuse_left_log(path)
    create_database_file(path)
    if not os.path.lexists(path):
        raise QueuePathError(why_not_openable(path))


def _refuse_left_log(path: str) -> None:
    """Refuse to create a database beside the log of another: SQLite would delete or apply it."""
    left = [file for file in siblings(path) if file.endswith(LOGS) and size_of(file)]
    # A file that exists by now belongs to the log: another process has just created both.
    if left and not os.path.lexists(path):
        raise QueuePathError(
            f"path={shown_path(path)} is missing, but {shown_path(left[0])} holds changes of a "
            "file of this name; move both back together, restore() a backup, or remove what is left"
        )


def _prepare(conn: QueueConnection, options: OpenOptions) -> None:
    apply_pragmas(conn, synchronous=options.synchronous)
    conn.execute(f"PRAGMA journal_size_limit={WAL_LIMIT_BYTES}").fetchall()
    conn.execute(f"PRAGMA busy_timeout={round(options.busy_seconds * 1000)}")
    encoding = conn.execute("PRAGMA encoding").fetchone()[0]
    conn.callbacks.add(conn, "queue_serves", serves_packed_in(encoding))
    if options.clock is None:
        conn.clock_offset = NOT_COMPARED
    else:
        conn.companion = follow_clock(conn, conn.callbacks, options.clock)
    if options.on_connect is not None:
        options.on_connect(conn)
