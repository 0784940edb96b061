"""The leanest queue in SQLite: what the costs of the reference queue are compared with.

One table, one partial index, single statements in autocommit, the same PRAGMAs. It has priorities
and a lease that nothing reclaims; no delays, retries, dead letters, keys, routes or statistics.
"""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

from depth import PAYLOAD, PRIORITIES

from pytest_queuekit.queue import apply_pragmas

_TABLE = """
    CREATE TABLE task (
        id INTEGER PRIMARY KEY, priority INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0,
        lease REAL, worker TEXT, payload TEXT NOT NULL)
"""
_INDEX = "CREATE INDEX queued ON task (priority) WHERE state = 0"
_INSERT = "INSERT INTO task (priority, payload) VALUES (?, ?)"
_HEAD = "SELECT id FROM task WHERE state = 0 ORDER BY priority, id LIMIT"
_CLAIM = "UPDATE task SET state = 1, lease = ?, worker = ?"
_COMPLETE = "UPDATE task SET state = 2 WHERE id = ? AND state = 1 AND worker = ?"
_LEASE = 60.0


class LeanestQueue:
    """A queue with `ready` tasks."""

    def __init__(self, path: Path, ready: int) -> None:
        self._conn = sqlite3.connect(path, isolation_level=None)
        apply_pragmas(self._conn)
        self._conn.execute(_TABLE)
        self._conn.execute(_INDEX)
        text = json.dumps(PAYLOAD)
        self._conn.execute("BEGIN")
        self._conn.executemany(
            _INSERT, ((1 + number * 7919 % PRIORITIES, text) for number in range(ready))
        )
        self._conn.execute("COMMIT")
        self._cursor = self._conn.cursor()

    def close(self) -> None:
        """Close the connection."""
        self._conn.close()

    def enqueue(self) -> None:
        """Add a task."""
        self._cursor.execute(_INSERT, (100, json.dumps(PAYLOAD)))

    def claim(self) -> tuple[Any, ...]:
        """Claim the next task."""
        sql = f"{_CLAIM} WHERE id = ({_HEAD} 1) RETURNING id, payload"
        row: tuple[Any, ...] = self._cursor.execute(sql, (time.time() + _LEASE, "w")).fetchall()[0]
        return row

    def complete(self, task: tuple[Any, ...]) -> None:
        """Complete a task."""
        if self._cursor.execute(_COMPLETE, (task[0], "w")).rowcount != 1:
            raise SystemExit("error: a claim was lost")

    def enqueue_many(self, count: int) -> None:
        """Add tasks in one transaction."""
        self._cursor.execute("BEGIN IMMEDIATE")
        self._cursor.executemany(_INSERT, [(100, json.dumps(PAYLOAD)) for _ in range(count)])
        self._cursor.execute("COMMIT")

    def claim_and_complete_many(self, count: int) -> None:
        """Claim tasks with one statement, and complete them in one transaction."""
        sql = f"{_CLAIM} WHERE id IN ({_HEAD} ?) RETURNING id, payload"
        rows = self._cursor.execute(sql, (time.time() + _LEASE, "w", count)).fetchall()
        self._cursor.execute("BEGIN IMMEDIATE")
        self._cursor.executemany(_COMPLETE, [(row[0], "w") for row in rows])
        self._cursor.execute("COMMIT")
