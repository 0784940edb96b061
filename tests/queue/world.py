"""Shared code of the queue tests: a clock that tests can set, and other SQL."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pytest_queuekit.queue import QueueDatabase
from pytest_queuekit.queue.postgres import PostgresDatabase

Database = QueueDatabase | PostgresDatabase

START = 1_800_000_000.0
"""2027-01-15 08:00:00 UTC."""


class Clock:
    """Unix time in seconds that stands still until a test moves it."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def rows_of(db: Database, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run a statement as other SQL would, and return its rows."""
    if isinstance(db, QueueDatabase):
        with db.transaction() as conn:
            return [tuple(row) for row in conn.execute(sql, parameters).fetchall()]
    with db.transaction() as server:
        db.run("SELECT 1")  # sets the server's time to that of the test
        server.execute(f"SET LOCAL search_path TO {db.schema}".encode())
        server.execute("SET LOCAL timezone TO 'UTC'")
        cursor = server.execute(sql.replace("?", "%s").encode(), parameters or None)
        return cursor.fetchall() if cursor.description else []


def add_raw(db: Database, **columns: Any) -> int:
    """Insert a task as other SQL would, and return its id."""
    values = {"type": "raw", "payload": "{}"} | columns
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    sql = f"INSERT INTO task_queue ({names}) VALUES ({marks}) RETURNING id"
    return int(rows_of(db, sql, *values.values())[0][0])


def change_raw(db: Database, task_id: int, assignments: str) -> None:
    """Update a task as other SQL would."""
    rows_of(db, f"UPDATE task_queue SET {assignments} WHERE id = ?", task_id)


def column(db: Database, task_id: int, name: str) -> Any:
    """Return the value of a column of a task."""
    return rows_of(db, f"SELECT {name} FROM task_queue WHERE id = ?", task_id)[0][0]


@contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    """Hold the write lock with a connection that is not the queue's."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("BEGIN IMMEDIATE")
        yield conn
        if conn.in_transaction:
            conn.execute("ROLLBACK")


def started(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a process that runs a script."""
    command = [sys.executable, "-c", script, *(str(argument) for argument in arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def output(process: subprocess.Popen[str]) -> str:
    """Return the output of a process; it must exit with code 0."""
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def left_behind(path: Path, *statements: str) -> None:
    """Leave the file and the -wal of a process that was killed after these statements."""
    script = """
import os, sqlite3, sys
conn = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    conn.execute(statement).fetchall()
os._exit(0)
"""
    output(started(script, path, *statements))
