"""Backups: copies of a queue in use, private from their first byte and published whole."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from pathlib import Path

from .blocks import block, closing
from .database import QueueDatabase
from .exceptions import (
    QueueCorruptError,
    QueueDatabaseError,
    QueueDiskFullError,
    QueuePathError,
)
from .files import (
    PartialFile,
    partial_file,
    remove_leftovers,
    siblings,
    taken,
    uri_of,
)
from .inputs import check_path
from .messages import shown_path
from .shortages import cause, is_disk_full
from .translation import refused, translate


def backup(db: QueueDatabase, path: str | os.PathLike[str]) -> str:
    """Write a consistent copy to a new file with SQLite's backup API; return its path.

    The copy is private to its owner from the first byte, and gets its name only when it is
    complete and on the disk. Partial copies that killed backups left in the folder are removed.
    Raises QueuePathError if the file exists, if the folder does not, or if a -wal, -shm or
    -journal of that name is left: SQLite would apply it to the copy.
    """
    target = check_path(path)
    _refuse_taken(target)
    with partial_beside(target) as partial, db.connection() as conn:
        refuse_in_transaction(conn, "backup()")
        fill(partial, conn, source=db.path, target=target)
        _refuse_taken(target)
        partial.publish(target)
    return target


def refuse_in_transaction(conn: sqlite3.Connection, call: str) -> None:
    """Raise QueueDatabaseError if a transaction is open."""
    if conn.in_transaction:
        raise QueueDatabaseError(f"{call} cannot run inside a transaction; call it outside")


def _refuse_taken(target: str) -> None:
    if os.path.lexists(target):
        raise taken(target)
    for left in siblings(target):
        raise QueuePathError(
            f"path={shown_path(left)} is left of an older file, and SQLite would take it for a "
            "part of the copy; remove it, or choose a new name"
        )


@block
def partial_beside(target: str) -> Generator[PartialFile, None, None]:
    """Yield a new partial file in the folder of `target`; remove those of killed processes."""
    folder = str(Path(target).parent)
    if not os.access(folder, os.W_OK):
        raise QueuePathError(
            f"folder={shown_path(folder)} is missing or read-only; choose a writable folder"
        )
    try:
        remove_leftovers(target)
        with partial_file(target) as partial:
            yield partial
    except OSError as error:
        if isinstance(error, QueueDatabaseError):
            raise
        raise refused(error, target, "no copy was made") from error


def fill(partial: PartialFile, conn: sqlite3.Connection, *, source: str, target: str) -> None:
    """Copy a database into a partial file, which needs no journal of its own."""
    with closing(connection(partial.path, "mode=rw")) as copy:
        if not partial.is_in_place():
            raise QueuePathError(f"path={shown_path(partial.path)} was replaced by another program")
        copy.execute("PRAGMA journal_mode=OFF").fetchall()
        copy.execute("PRAGMA synchronous=OFF")
        try:
            conn.backup(copy)
        except sqlite3.Error as error:
            translation = translate(error, source)
            if isinstance(translation, QueueCorruptError):
                raise translation from error
            raise not_written(partial, error, target, "no copy was made") from error


def not_written(
    partial: PartialFile, error: sqlite3.Error, target: str, outcome: str
) -> QueueDatabaseError:
    """Return the queue's error for a write of SQLite that failed beside a partial file."""
    known = partial.errno_of_write()
    kind = QueueDiskFullError if is_disk_full(target, known) else QueuePathError
    return kind(f"path={shown_path(target)}: {error}{cause(target, known)}; {outcome}")


def connection(path: str, query: str) -> sqlite3.Connection:
    """Return a plain connection to a file that exists."""
    return sqlite3.connect(uri_of(path, query), uri=True, isolation_level=None, timeout=0)
