"""The way back of a backup: a database file includes its -wal, so cp and mv are not enough."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import stat
from pathlib import Path

from . import schema
from .backup import connection, fill, not_written, partial_beside
from .blocks import closing
from .database import QueueDatabase
from .exceptions import (
    QueueBusyError,
    QueueCorruptError,
    QueueInputError,
    QueuePathError,
    QueueReadOnlyError,
    QueueSchemaError,
)
from .files import LOGS, PartialFile, siblings
from .foreign import Owner, owner_of
from .inputs import check_path
from .messages import shown_path
from .opening import MEMORY
from .reading import is_in_use, reading
from .translation import translated, why_not_openable
from .waiting import wait_while_busy


def restore(db: QueueDatabase, path: str | os.PathLike[str]) -> str | None:
    """Replace the content of the queue's file by a backup.

    A copy of the backup is checked first: that it is a queue, of a known version, and undamaged.
    Then SQLite writes it into the queue's file in a single transaction under an exclusive lock, so
    that a crash leaves either the old content or the new. If SQLite cannot read the queue's file,
    the copy takes its place; the file and its -wal are kept under a new name, which is returned.

    Raises QueueBusyError if any connection uses the file: stop the workers first.
    """
    if db.path == MEMORY:
        raise QueueInputError("restore() needs a file; open the backup itself, or a copy of it")
    source, target = os.path.realpath(check_path(path)), os.path.realpath(db.path)
    if source == target:
        raise QueueInputError(f"path={shown_path(source)} is the queue's own file; name a backup")
    if not os.path.lexists(source):
        raise QueuePathError(f"path={shown_path(source)} does not exist; name a backup")
    if not Path(source).is_file():
        raise QueuePathError(why_not_openable(source))
    if os.path.lexists(target) and not os.access(target, os.W_OK):
        raise QueueReadOnlyError(
            f"path={shown_path(target)} is not writable for this user; nothing was changed. "
            "Check its permissions"
        )
    db.end_own_connection()
    with partial_beside(target) as partial:
        with translated(source), reading(source, patience=db.busy_seconds) as conn:
            _refuse_unusable(source, conn)
            fill(partial, conn, source=source, target=target)
        # Immutable: nothing else uses the copy, and a -wal beside it would outlive a kill.
        with closing(connection(partial.path, "immutable=1")) as copy:
            _refuse_damaged(source, copy)
            if _is_readable(target, db.busy_seconds):
                _write_into(target, partial, copy, db.busy_seconds)
                return None
        return _put_in_place(partial, target)


def _refuse_unusable(source: str, conn: sqlite3.Connection) -> None:
    if owner_of(conn) is not Owner.QUEUE:
        raise QueueSchemaError(f"path={shown_path(source)} holds no queue; name a backup of one")
    try:
        schema.schema_version(conn)
    except QueueSchemaError as error:
        raise QueueSchemaError(f"path={shown_path(source)}: {error}") from error


def _refuse_damaged(source: str, copy: sqlite3.Connection) -> None:
    problem = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if problem != "ok":
        raise QueueCorruptError(
            f"path={shown_path(source)} is damaged ({problem}); choose another backup"
        )


def _is_readable(target: str, busy_seconds: float) -> bool:
    """Return True if SQLite can read the queue's file; leave it and its -wal as they are."""
    if not os.path.lexists(target) or not Path(target).stat().st_size:
        return False
    try:
        with translated(target), reading(target, patience=busy_seconds) as conn:
            owner = owner_of(conn)
            conn.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except QueueCorruptError:
        return False
    if owner is Owner.OTHER:
        raise QueueSchemaError(
            f"path={shown_path(target)} is a database of another program, and was not changed"
        )
    return True


def _write_into(
    target: str, partial: PartialFile, copy: sqlite3.Connection, busy_seconds: float
) -> None:
    """Write the content of `copy` into a file in one transaction.

    Raises QueueBusyError if the file is in use.
    """
    with translated(target), closing(connection(target, "mode=rw")) as conn:
        # In this mode the lock keeps out idle connections too, and holds until close().
        conn.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
        try:
            wait_while_busy(lambda: conn.execute("BEGIN EXCLUSIVE"), seconds=busy_seconds)
        except QueueBusyError as error:
            raise _in_use(target) from error
        conn.execute("COMMIT")
        conn.execute("PRAGMA synchronous=FULL")
        if _page_size(conn) != _page_size(copy):  # which SQLite cannot change in WAL mode
            conn.execute("PRAGMA journal_mode=DELETE").fetchall()
        try:
            copy.backup(conn)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_IOERR_WRITE:
                raise
            raise not_written(partial, error, target, "the queue keeps its content") from error
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        for suffix in ("-journal", "-shm"):  # which SQLite keeps in this mode
            Path(target + suffix).unlink(missing_ok=True)


def _page_size(conn: sqlite3.Connection) -> int:
    return int(conn.execute("PRAGMA page_size").fetchone()[0])


def _in_use(path: str) -> QueueBusyError:
    """Return the error of a restore into a file that has connections."""
    return QueueBusyError(
        f"path={shown_path(path)}: other connections use the file; nothing was changed. "
        "Stop the workers, close every QueueDatabase on the file, and try again"
    )


def _put_in_place(partial: PartialFile, target: str) -> str | None:
    """Replace a file that SQLite cannot read, or that is missing; return where it is kept.

    The -wal leaves before the new file arrives: SQLite would apply it. A crash in between leaves
    the damaged file without its -wal, which is beside the kept name.
    """
    if is_in_use(target):
        raise _in_use(target)
    kept = f"{target}.damaged-{secrets.token_hex(4)}"
    left = siblings(target)
    is_damaged = os.path.lexists(target)
    if is_damaged:
        os.fchmod(partial.descriptor, stat.S_IMODE(Path(target).stat().st_mode))
        _keep(target, kept)
    for file in left:
        if file.endswith(LOGS):
            Path(file).rename(kept + file.removeprefix(target))
        else:
            Path(file).unlink()
    if is_damaged:
        partial.replace(target)
    else:
        partial.publish(target)
    return kept if is_damaged or any(file.endswith(LOGS) for file in left) else None


def _keep(target: str, kept: str) -> None:
    try:
        os.link(target, kept)
    except OSError:  # the file system has no links
        shutil.copy2(target, kept)
