"""Shared code of the validation tests: files of queues, changes to them, and their results."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pytest_queuekit.queue import (
    QueueDatabase,
)
from pytest_queuekit.queue.validation import validate_file


def red(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the failed checks with their problems."""
    return {result.name: result.problems for result in validate_file(path) if not result.passed}


def new_queue(folder: Path) -> Path:
    """Create an empty queue and return its file."""
    path = folder / "queue.db"
    with QueueDatabase(path) as db:
        db.initialize_schema()
    return path


def alter(path: Path, *statements: str) -> None:
    """Run statements on a file, past the queue."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for statement in statements:
            conn.execute(statement)


def rewrite(path: Path, old: str, new: str) -> None:
    """Change the text of the schema, which no SQL statement can do."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("PRAGMA writable_schema=1")
        changed = conn.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE instr(sql, ?)", (old, new, old)
        ).rowcount
        assert changed == 1, "the text to be changed is not there"
        conn.execute("PRAGMA writable_schema=RESET")


def index_names(path: Path) -> list[str]:
    """Return the names of the indexes that only speed up queries."""
    with closing(sqlite3.connect(path)) as conn:
        rows = conn.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'"
        )
        return [row[0] for row in rows]


def names(folder: Path) -> list[str]:
    """Return the names of the entries of a folder."""
    return sorted(entry.name for entry in folder.iterdir())
