"""Recognises the databases of other programs, and leaves them as they are."""

from __future__ import annotations

import os
import sqlite3
from enum import Enum

from . import schema
from .blocks import closing
from .exceptions import QueueSchemaError
from .files import siblings, uri_of
from .messages import shown_path


class Owner(Enum):
    """The program that a database belongs to."""

    QUEUE = "the queue"
    NOBODY = "nobody: it is empty"
    OTHER = "another program"


def owner_of(conn: sqlite3.Connection) -> Owner:
    """Return the owner of a database.

    Other SQL may have made the tables, without the mark. Raises QueueSchemaError if its
    task_queue lacks columns.
    """
    mark = conn.execute("PRAGMA application_id").fetchone()[0]
    if mark == schema.APPLICATION_ID:
        return Owner.QUEUE
    # In one statement: another process may create the queue's tables in between.
    of_queue = conn.execute("SELECT max(name = 'task_queue') FROM sqlite_master").fetchone()[0]
    if of_queue:
        if not conn.execute("PRAGMA user_version").fetchone()[0]:
            schema.refuse_missing_columns(conn)
        return Owner.QUEUE
    return Owner.NOBODY if of_queue is None and not mark else Owner.OTHER


def refuse_foreign(path: str, *, busy_seconds: float) -> None:
    """Raise QueueSchemaError if a file belongs to another program.

    Nothing is changed: an immutable connection takes no locks and creates no files. It does not
    see a -wal, which may hold the queue's tables, so a second connection reads that.
    """
    real = os.path.realpath(path)
    try:
        owner = _owner_by(uri_of(real, "immutable=1"), busy_seconds)
    except sqlite3.DatabaseError:
        if not siblings(real):
            raise
        owner = Owner.NOBODY  # another process changed the file under the immutable connection
    if owner is not Owner.QUEUE and siblings(real):
        owner = _owner_with_wal(real, owner, busy_seconds)
    if owner is Owner.OTHER:
        raise QueueSchemaError(
            f"path={shown_path(path)} is a database of another program, and was not changed; "
            "choose another file. To add the queue's tables on purpose, call create_schema(conn) "
            "of the module schema inside a transaction of your own connection"
        )


def _owner_by(address: str, busy_seconds: float) -> Owner:
    with closing(sqlite3.connect(address, timeout=busy_seconds, uri=True)) as conn:
        return owner_of(conn)


def _owner_with_wal(real: str, otherwise: Owner, busy_seconds: float) -> Owner:
    try:
        return _owner_by(uri_of(real, "mode=ro"), busy_seconds)
    except sqlite3.OperationalError:
        # The -wal or -journal can only be read by a connection that may write.
        return otherwise
