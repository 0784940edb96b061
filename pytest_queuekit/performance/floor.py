"""How fast this disk commits one row, so that a slow disk is not mistaken for a slow queue."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pytest_queuekit.model.capabilities import Durability
from pytest_queuekit.performance.stopwatch import Sample

_ROUNDS = 15


@dataclass(frozen=True, kw_only=True)
class Floor:
    """The time of one insert and its commit in plain sqlite3, in seconds.

    commit: with the durability that the queue declares. fsync: with an fsync at each commit.
    """

    commit: float
    fsync: float


def commit_floor(folder: Path, durability: Durability) -> Floor:
    """Measure the disk below a folder, with and without an fsync at each commit."""
    fsync = _median(folder, "FULL")
    if durability is Durability.POWER_LOSS:
        return Floor(commit=fsync, fsync=fsync)
    return Floor(commit=_median(folder, "NORMAL"), fsync=fsync)


def _median(folder: Path, synchronous: str) -> float:
    """Return the median of some commits; `synchronous` is the value of the pragma."""
    with closing(sqlite3.connect(folder / "floor.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("CREATE TABLE IF NOT EXISTS task (id INTEGER PRIMARY KEY, payload TEXT)")
        return Sample.of([_insert(connection) for _ in range(_ROUNDS)]).median


def _insert(connection: sqlite3.Connection) -> float:
    began = time.perf_counter()
    connection.execute("INSERT INTO task (payload) VALUES ('{}')")
    return time.perf_counter() - began
