"""Scratch databases for the checks, in a temporary folder that is removed afterwards."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..config import BUSY_SECONDS
from ..database import QueueDatabase

OnConnect = Callable[[sqlite3.Connection], None]


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a temporary folder, then remove it."""
    with tempfile.TemporaryDirectory(prefix="queue-validation-") as folder:
        yield Path(folder)


@contextmanager
def scratch_database(
    kind: type[QueueDatabase] = QueueDatabase, *, busy_seconds: float = BUSY_SECONDS
) -> Iterator[QueueDatabase]:
    """Yield a new database with the queue's schema, then remove it.

    kind: QueueDatabase or a subclass. busy_seconds: seconds to wait for a lock.
    """
    with scratch_folder() as folder, _opened(kind, folder, busy_seconds) as db:
        db.initialize_schema()
        yield db


@contextmanager
def _opened(
    kind: type[QueueDatabase], folder: Path, busy_seconds: float
) -> Iterator[QueueDatabase]:
    db = kind(folder / "scratch.db", busy_seconds=busy_seconds)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def second_connection(db: QueueDatabase) -> Iterator[sqlite3.Connection]:
    """Yield a plain connection to a scratch database, as another process would have."""
    conn = sqlite3.connect(db.path, timeout=0, isolation_level=None)
    try:
        yield conn
    finally:
        conn.close()
