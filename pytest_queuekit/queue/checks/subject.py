"""What is validated: a file that is only named, or a QueueDatabase in use.

Whatever a check has to try out, it tries on a scratch database; the subject is only read.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol

from ..database import QueueDatabase
from ..exceptions import QueuePathError
from ..translation import translated, why_not_openable
from .scratch import scratch_database

PATIENCE = 5.0
"""Seconds to wait for a lock on the file."""

STORED_IN_FILE = ("journal_mode", "page_size")
"""The PRAGMAs that a file keeps; the others belong to each connection."""

_FORMAT_BYTE = 18
_WAL_FORMAT = 2


class Subject(Protocol):
    """What the checks may ask of the thing they judge."""

    place: str
    """Where it is, for sentences."""
    kind: type[QueueDatabase]
    """The class whose behaviour is judged, on a scratch database."""

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Give a connection to read with."""
        ...

    def pragmas(self, names: Iterable[str]) -> dict[str, object]:
        """Return the values of PRAGMAs by name."""
        ...


class UsedDatabase:
    """A QueueDatabase in use: its own connection is what is judged."""

    def __init__(self, db: QueueDatabase) -> None:
        self.place = db.path
        self.kind = type(db)
        self._db = db

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Give the database's own connection."""
        return self._db.connection()

    def pragmas(self, names: Iterable[str]) -> dict[str, object]:
        """Return the values of PRAGMAs on the database's own connection."""
        with self._db.connection() as conn:
            return _values(conn, names)


class StoredFile:
    """A database file, opened for reading only: no schema is made, no PRAGMA stored.

    Raises QueuePathError where there is no file of this name.
    """

    kind = QueueDatabase

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path).absolute()
        self.place = str(self._path)
        if not os.path.isfile(self._path):  # noqa: PTH113 - Path's may raise
            raise QueuePathError(_why_no_file(self._path))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that refuses to write."""
        with translated(self.place), closing(self._connect()) as conn:
            conn.row_factory = sqlite3.Row
            conn.execute("PRAGMA query_only=1")
            # Some errors show only now; the first statement does not yet look at the file.
            conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
            yield conn

    def is_empty(self) -> bool:
        """Whether the file has no tables at all."""
        with self.reading() as conn:
            return conn.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None

    def _connect(self) -> sqlite3.Connection:
        # Opened for writing where that is allowed: only so does the last connection take the
        # -wal and -shm files away again. Immutable is right only while nobody has it open.
        mode = "mode=rw"
        if not self._writable():
            mode = "mode=ro" if Path(f"{self.place}-wal").exists() else "immutable=1"
        uri = f"{self._path.as_uri()}?{mode}"
        return sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)

    def _writable(self) -> bool:
        return os.access(self._path, os.W_OK) and os.access(self._path.parent, os.W_OK)

    def pragmas(self, names: Iterable[str]) -> dict[str, object]:
        """Return the file's PRAGMAs, and for the rest those of any new connection."""
        names = tuple(names)
        with scratch_database(self.kind) as db, db.connection() as conn:
            values = _values(conn, names)
        with self.reading() as conn:
            values |= _values(conn, (name for name in STORED_IN_FILE if name in values))
        if "journal_mode" in values and not self._writable():
            values["journal_mode"] = "wal" if self._has_wal_format() else values["journal_mode"]
        return values

    def _has_wal_format(self) -> bool:
        # An immutable connection always says "delete". Reading the header by other means than
        # SQLite's is harmless here: this process may not write to the file.
        with self._path.open("rb") as file:
            return file.read(_FORMAT_BYTE + 1)[-1:] == bytes([_WAL_FORMAT])


def _why_no_file(path: Path) -> str:
    if os.path.isdir(path) or not os.access(path.parent, os.X_OK):  # noqa: PTH112 - see above
        return why_not_openable(str(path))
    if path.exists():
        return f"path={str(path)!r} is no regular file; name a database file"
    return f"path={str(path)!r} does not exist; QueueDatabase(path) creates it"


def _values(conn: sqlite3.Connection, names: Iterable[str]) -> dict[str, object]:
    return {name: conn.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
