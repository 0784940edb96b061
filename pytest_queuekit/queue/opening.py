"""How a connection is opened: private to its owner, tuned, and with the queue's functions."""

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
    """What a connection is opened with.

    path: absolute path of the file, or ':memory:'.
    clock: returns unix seconds; None: the time of this machine.
    synchronous: the PRAGMA's value.
    busy_seconds: how long to wait for a lock.
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
            f"SQLite {sqlite3.sqlite_version} is too old: the queue needs 3.35 or newer"
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
    # Not Path's methods, which raise where this user may not look.
    if os.path.isdir(options.path):  # noqa: PTH112
        raise QueuePathError(why_not_openable(options.path))
    if options.path != MEMORY and not os.path.exists(options.path):  # noqa: PTH110
        _create_private(Path(options.path))
    # check_same_thread off: close() and the end of a thread close from elsewhere.
    return sqlite3.connect(
        options.path,
        timeout=options.busy_seconds,
        isolation_level=None,
        check_same_thread=False,
        factory=QueueConnection,
    )


def _create_private(file: Path) -> None:
    """Create an empty file that only its owner can read, unless another process was faster.

    It is opened and closed under another name: to close a file that another thread has open as
    a database would drop its locks.
    """
    try:
        descriptor, name = mkstemp(dir=file.parent, prefix=f".{file.name}-")
    except OSError:
        return  # SQLite is about to tell what is wrong with the place
    os.close(descriptor)
    with suppress(OSError):  # it is there by now, or this file system has no links
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
