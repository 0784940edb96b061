"""The subject of a validation: a database file, or a QueueDatabase in use.

Checks only read the subject; they try out everything else on a scratch database.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from ..database import QueueDatabase
from ..exceptions import QueuePathError
from ..reading import is_writable, reading
from ..translation import translated, why_not_openable
from .scratch import scratch_database

PATIENCE = 5.0
"""Seconds to wait for a lock on the file."""

STORED_IN_FILE = ("journal_mode", "page_size")
"""The PRAGMAs that a file stores; the others belong to each connection."""

_FORMAT_BYTE = 18
_WAL_FORMAT = 2


class Subject(Protocol):
    """The interface between the checks and the database that they judge."""

    place: str
    """The path of the database, for messages."""
    kind: type[QueueDatabase]
    """The class that the checks judge on a scratch database."""

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Yield a connection for reading."""
        ...

    def pragmas(self, names: Iterable[str]) -> dict[str, object]:
        """Return the values of PRAGMAs by name."""
        ...

    def is_read_only(self) -> bool:
        """Return True if this user cannot write to the file, or cannot create files beside it."""
        ...


class UsedDatabase:
    """A QueueDatabase in use: the checks judge its own connection."""

    def __init__(self, db: QueueDatabase) -> None:
        self.place = db.path
        self.kind = type(db)
        self._db = db

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield the database's own connection, without the row_factory of a caller."""
        with self._db.connection() as conn:
            before = conn.row_factory
            if before is not None:  # None: the code under test sets none
                conn.row_factory = sqlite3.Row
            try:
                yield conn
            finally:
                conn.row_factory = before

    def pragmas(self, names: Iterable[str]) -> dict[str, object]:
        """Return the values of PRAGMAs on the database's own connection."""
        with self.reading() as conn:
            return _values(conn, names)

    def is_read_only(self) -> bool:
        """Return False: opening the database for use shows that."""
        return False


class StoredFile:
    """A database file that is only read, with the -wal that a killed process may have left.

    Raises QueuePathError if there is no such file.
    """

    kind = QueueDatabase

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path).absolute()
        self.place = str(self._path)
        if not os.path.isfile(self._path):  # noqa: PTH113 - Path.is_file() may raise
            raise QueuePathError(_why_no_file(self._path))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that refuses to write."""
        with translated(self.place), reading(self.place, patience=PATIENCE) as conn:
            conn.row_factory = sqlite3.Row
            conn.execute("PRAGMA query_only=1")
            # The first statement does not read the file, so some errors appear only here.
            conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
            yield conn

    def is_empty(self) -> bool:
        """Return True if the file has no tables at all."""
        with self.reading() as conn:
            return conn.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None

    def pragmas(self, names: Iterable[str]) -> dict[str, object]:
        """Return the PRAGMAs of the file; the others come from a new connection."""
        names = tuple(names)
        with scratch_database(self.kind) as db, db.connection() as conn:
            values = _values(conn, names)
        with self.reading() as conn:
            values |= _values(conn, (name for name in STORED_IN_FILE if name in values))
        if "journal_mode" in values and not is_writable(self.place):
            values["journal_mode"] = "wal" if self._has_wal_format() else values["journal_mode"]
        return values

    def is_read_only(self) -> bool:
        """Return True if this user cannot write to the file, or cannot create files beside it."""
        return not is_writable(self.place)

    def _has_wal_format(self) -> bool:
        # An immutable connection always returns "delete". Reading the header without SQLite is
        # harmless here, because this process cannot write to the file.
        with self._path.open("rb") as file:
            return file.read(_FORMAT_BYTE + 1)[-1:] == bytes([_WAL_FORMAT])


def _why_no_file(path: Path) -> str:
    if os.path.isdir(path) or not os.access(path.parent, os.X_OK):  # noqa: PTH112 - see above
        return why_not_openable(str(path))
    if path.exists():
        return f"path={str(path)!r} is not a regular file; choose a database file"
    return f"path={str(path)!r} does not exist; QueueDatabase(path) creates it"


def _values(conn: sqlite3.Connection, names: Iterable[str]) -> dict[str, object]:
    return {name: conn.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
