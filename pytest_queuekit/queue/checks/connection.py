"""Check 2: the database opens and answers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ..opening import OLDEST_SQLITE
from .subject import Subject


def problems(subject: Subject) -> Iterator[str]:
    """Yield the reasons why the database is unusable. Errors raised while opening it propagate."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield f"SQLite is {sqlite3.sqlite_version}: RETURNING needs 3.35 or newer; update Python"
    with subject.reading() as conn:
        if conn.execute("SELECT 1").fetchone()[0] != 1:
            yield f"{subject.place}: SELECT 1 does not return 1; restart the process"
        if conn.in_transaction:
            yield (
                f"{subject.place}: the connection is inside a transaction; "
                "commit before validating, and open connections with isolation_level=None"
            )
        if subject.is_read_only():
            yield (
                f"{subject.place}: this user cannot write to the file or its folder, so no worker "
                "can claim; check their permissions"
            )
        row = conn.execute("SELECT 1 AS one").fetchone()
        if not isinstance(row, sqlite3.Row) or row["one"] != 1:
            yield (
                f"{subject.place}: rows have no column names; "
                "set row_factory to sqlite3.Row in database.py"
            )
