"""Opens connections: private to the owner, tuned, and with the queue's SQL functions."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp

from .clock import Clock, follow_clock
from .config import apply_pragmas
from .connection import QueueConnection
from .exceptions import QueueDatabaseError, QueuePathError
from .routing import serves
from .translation import translated, why_not_openable

MEMORY = ":memory:"
OLDEST_SQLITE = (3, 35, 0)
"""The first version with RETURNING."""


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
    with translated(options.path):
        conn = _connect(options)
        try:
            _prepare(conn, options)
        except BaseException:
            conn.close()
            raise
    return conn


def _connect(options: OpenOptions) -> QueueConnection:
    # Path's methods would raise where this user lacks permission.
    if os.path.isdir(options.path):  # noqa: PTH112
        raise QueuePathError(why_not_openable(options.path))
    if options.path != MEMORY and not os.path.exists(options.path):  # noqa: PTH110
        _create_private(Path(options.path))
    # check_same_thread is off: close() and the end of a thread close from other threads.
    return sqlite3.connect(
        options.path,
        timeout=options.busy_seconds,
        isolation_level=None,
        check_same_thread=False,
        factory=QueueConnection,
    )


def _create_private(file: Path) -> None:
    """Create an empty file that only its owner can read, unless another process was faster.

    The file is opened and closed under another name: closing a file that another thread has
    open as a database would drop that thread's locks.
    """
    try:
        descriptor, name = mkstemp(dir=file.parent, prefix=f".{file.name}-")
    except OSError:
        return  # SQLite will report what is wrong with the path
    os.close(descriptor)
    with suppress(OSError):  # the file exists by now, or the file system has no links
        os.link(name, file)
    Path(name).unlink()


def _prepare(conn: QueueConnection, options: OpenOptions) -> None:
    apply_pragmas(conn, synchronous=options.synchronous)
    conn.execute(f"PRAGMA busy_timeout={round(options.busy_seconds * 1000)}")
    conn.create_function("queue_serves", 2, serves)
    if options.clock is not None:
        conn.companion = follow_clock(conn, options.clock)
    if options.on_connect is not None:
        options.on_connect(conn)
