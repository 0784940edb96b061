"""Holds the write lock of the SQLite files at a location: `python stranger.py LOCATION SECONDS`.

It prints "locked" when it has the locks, or the reason why it has none. It is a separate process,
because a process that opens and closes a database file drops its own locks on that file. It needs
the standard library alone.
"""

import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

_HEAD = b"SQLite format 3\0"
_PATIENCE = 30.0
"""Seconds to wait for the lock."""


def main(location: str, seconds: float) -> int:
    """Take the locks, print "locked", hold the locks for `seconds` and release them."""
    connections = []
    try:
        for path in sqlite_files(Path(location)):
            connections.append(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None))
            connections[-1].execute("BEGIN IMMEDIATE")
    except (OSError, sqlite3.Error) as error:
        print(error, flush=True)  # noqa: T201 - the answer
        return 1
    print("locked" if connections else "", flush=True)  # noqa: T201 - the answer
    if connections:
        time.sleep(seconds)
    for connection in connections:
        with closing(connection):
            connection.rollback()
    return 0


def sqlite_files(location: Path) -> Iterator[Path]:
    """Return the SQLite files at a location: the file itself, or all files in the folder."""
    candidates = sorted(location.rglob("*")) if location.is_dir() else [location]
    for path in candidates:
        if path.is_file():
            with path.open("rb") as file:
                if file.read(len(_HEAD)) == _HEAD:
                    yield path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
