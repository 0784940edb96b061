"""Opens a database file beside the code that uses it, without leaving a trace."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote


@contextmanager
def reading(path: str) -> Iterator[sqlite3.Connection]:
    """Give a connection that cannot write. Raises sqlite3.Error if there is no such file.

    Without a log beside the file nobody has it open: then it is read as one that never changes,
    for SQLite would otherwise make a log, and leave it there.
    """
    mode = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
    address = f"file:{quote(os.fsencode(path))}?{mode}"
    with closing(sqlite3.connect(address, uri=True, timeout=0, isolation_level=None)) as conn:
        yield conn
