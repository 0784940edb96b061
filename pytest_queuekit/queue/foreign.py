"""Recognises the databases of other programs, and leaves them as they are."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import suppress
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory

from . import schema
from .blocks import closing
from .exceptions import QueueSchemaError
from .files import siblings, uri_of
from .messages import shown_path

_LOOKS = 5
"""Looks at a file until its error counts."""


class Owner(Enum):
    """The program that a database belongs to."""

    QUEUE = "the queue"
    NOBODY = "nobody: it is empty"
    OTHER = "another program"


Look = tuple[Owner, QueueSchemaError | None]
"""The owner of a database, and the error that refuses it."""


def owner_of(conn: sqlite3.Connection) -> Owner:
    """Return the owner of a database.

    Other SQL may have made the queue's tables without the mark, and another program may have a
    task_queue of its own. So tables without the mark are the queue's if they lack no column.
    """
    mark = conn.execute("PRAGMA application_id").fetchone()[0]
    if mark == schema.APPLICATION_ID:
        return Owner.QUEUE
    # In one statement: another process may create the queue's tables in between.
    of_queue = conn.execute(
        "SELECT max(type = 'table' AND name = 'task_queue') FROM sqlite_master"
    ).fetchone()[0]
    if of_queue:
        return Owner.OTHER if schema.missing_columns(conn) else Owner.QUEUE
    is_empty = of_queue is None and not mark and not schema.stored_version(conn)
    return Owner.NOBODY if is_empty else Owner.OTHER


def refuse_foreign(path: str, *, busy_seconds: float) -> None:
    """Raise QueueSchemaError if a file belongs to another program, or to a newer queue.

    Nothing is changed: an immutable connection takes no locks and creates no files. It does not
    see a -wal, which may hold the queue's tables, so a second connection reads that.
    """
    real = os.path.realpath(path)
    owner, refusal = _look_at_file(path, real)
    if owner is not Owner.QUEUE and os.path.lexists(f"{real}-wal"):
        # Without the right to write, SQLite may be unable to read a -wal.
        with suppress(sqlite3.OperationalError):
            owner, refusal = _look_with_wal(path, real, busy_seconds)
    if refusal is not None:
        raise refusal


def _look_at_file(path: str, real: str) -> Look:
    """Look at the file alone, without its -wal.

    Another process may change the file under the immutable connection: the last user of a database
    writes the -wal into it, and removes the -wal. So an error counts only if it comes again.
    """
    for _ in range(_LOOKS):
        try:
            look = _look(path, uri_of(real, "immutable=1"))
        except sqlite3.DatabaseError as damage:
            if siblings(real):
                return Owner.NOBODY, None
            error: Exception = damage
        else:
            if look[1] is None or siblings(real):
                return look
            error = look[1]
    raise error


def _look(path: str, address: str, busy_seconds: float = 0) -> Look:
    with closing(sqlite3.connect(address, timeout=busy_seconds, uri=True)) as conn:
        conn.execute("BEGIN")  # one snapshot: another thread may create the tables in between
        owner = owner_of(conn)
        return owner, _refusal(path, owner, conn)


def _refusal(path: str, owner: Owner, conn: sqlite3.Connection) -> QueueSchemaError | None:
    if owner is Owner.OTHER:
        lacking = schema.missing_columns(conn)
        why = f" (its tables lack {', '.join(lacking)})" if lacking else ""
        return QueueSchemaError(
            f"path={shown_path(path)} is a database of another program{why}, and was not changed; "
            "choose another file. To add the queue's tables on purpose, call create_schema(conn) "
            "of the module schema inside a transaction of your own connection"
        )
    try:
        schema.schema_version(conn)
    except QueueSchemaError as error:
        return error
    return None


def _look_with_wal(path: str, real: str, busy_seconds: float) -> Look:
    if os.path.lexists(f"{real}-shm"):
        return _look(path, uri_of(real, "mode=ro"), busy_seconds)
    # For reading, SQLite would create the -shm. Without a -shm, no process uses the -wal.
    try:
        with TemporaryDirectory(prefix="queue-reading-", ignore_cleanup_errors=True) as folder:
            copy = str(Path(folder, "copy.db"))
            _copy(real, copy)
            return _look(path, uri_of(copy, "mode=rw"))
    except FileNotFoundError:  # the last user of the database has just removed its -wal
        return _look_at_file(path, real)


def _copy(real: str, copy: str) -> None:
    """Copy a database and its -wal.

    SQLite copies the database: if this code closed that file, another thread would lose its locks
    on it. SQLite takes no locks on a -wal.
    """
    with (
        closing(sqlite3.connect(uri_of(real, "immutable=1"), uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    shutil.copyfile(f"{real}-wal", f"{copy}-wal")
