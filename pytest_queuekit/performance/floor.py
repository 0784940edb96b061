"""How fast this machine writes one row, so that a slow disk is not called a slow queue."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from pytest_queuekit.model.capabilities import Durability
from pytest_queuekit.performance.stopwatch import Sample

_ROUNDS = 25


def commit_floor(folder: Path, durability: Durability) -> Sample:
    """Measure one insert and its commit in plain sqlite3, with the durability of the queue."""
    with closing(sqlite3.connect(folder / "floor.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        safe = durability is Durability.POWER_LOSS
        connection.execute(f"PRAGMA synchronous = {'FULL' if safe else 'NORMAL'}")
        connection.execute("CREATE TABLE task (id INTEGER PRIMARY KEY, payload TEXT)")
        return Sample.of([_insert(connection) for _ in range(_ROUNDS)])


def _insert(connection: sqlite3.Connection) -> float:
    began = time.perf_counter()
    connection.execute("INSERT INTO task (payload) VALUES ('{}')")
    return time.perf_counter() - began
