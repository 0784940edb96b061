"""The time of a claim next to that of a bare sqlite3 loop, turn by turn in the same run."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from depth import HOUR, PAYLOAD, PRIORITIES, filled, note

from pytest_queuekit.queue import SchedulingStrategy, TaskClaimerFactory, apply_pragmas

_TABLE = """
    CREATE TABLE task_queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, priority INTEGER NOT NULL,
        payload TEXT NOT NULL, compatibility TEXT NOT NULL DEFAULT '{}',
        status TEXT NOT NULL DEFAULT 'queued', attempts INTEGER NOT NULL DEFAULT 0,
        max_attempts INTEGER NOT NULL DEFAULT 5, run_after_utc TEXT NOT NULL,
        lease_until_utc TEXT, reserved_at_utc TEXT, processing_started_utc TEXT,
        completed_at_utc TEXT, finished_at_utc TEXT, locked_by TEXT, error_message TEXT,
        idempotency_key TEXT, created_at_utc TEXT NOT NULL DEFAULT (datetime('now')),
        updated_at_utc TEXT NOT NULL DEFAULT (datetime('now')))
"""
_CLAIM = """
    WITH candidate AS (
        SELECT id FROM task_queue
        WHERE status = 'queued' AND run_after_utc <= datetime('now')
        ORDER BY priority ASC, id ASC LIMIT 1)
    UPDATE task_queue
    SET status = 'leased', reserved_at_utc = datetime('now'),
        lease_until_utc = datetime('now', '+60 seconds'), locked_by = ?
    WHERE id = (SELECT id FROM candidate)
    RETURNING *
"""


def bare_loop(path: Path, ready: int) -> Callable[[], object]:
    """Return the documented claim as a user would write it with sqlite3 alone."""
    conn = sqlite3.connect(path, isolation_level=None)
    apply_pragmas(conn)
    conn.execute(_TABLE)
    conn.execute("CREATE INDEX status_priority ON task_queue (status, priority, id)")
    conn.execute("BEGIN")
    conn.executemany(
        "INSERT INTO task_queue (type, priority, payload, run_after_utc) "
        "VALUES ('bench', ?, ?, datetime('now'))",
        ((1 + number * 7919 % PRIORITIES, str(PAYLOAD)) for number in range(ready)),
    )
    conn.execute("COMMIT")

    def claim() -> object:
        conn.execute("BEGIN IMMEDIATE")
        row = conn.execute(_CLAIM, ("bench",)).fetchall()
        conn.execute("COMMIT")
        return row

    return claim


def print_ratio(folder: Path, *, quick: bool) -> float:
    """Print medians and their ratio; return the ratio."""
    ready, rounds = (10_000, 300) if quick else (100_000, 2_000)
    with filled(folder / "ratio.db", ready=ready) as db:
        claimer = TaskClaimerFactory.create(SchedulingStrategy.PRIORITY, db)
        bare = bare_loop(folder / "bare.db", ready)
        own_times: list[float] = []
        bare_times: list[float] = []
        for done in range(rounds):
            if done % 100 == 0:
                note(f"claiming: {done:,} of {rounds:,}")
            own_times.append(_timed(lambda: claimer.claim_task("bench", {}, HOUR)))
            bare_times.append(_timed(bare))
        note("")
    ratio = statistics.median(own_times) / statistics.median(bare_times)
    print(f"\nA claim at {ready:,} ready tasks, medians of {rounds:,} taken in turn")
    print(f"  claim_task   {statistics.median(own_times) * 1e6:7.1f} µs")
    print(f"  bare sqlite3 {statistics.median(bare_times) * 1e6:7.1f} µs")
    print(f"  ratio        {ratio:7.2f}    (goal: at most 2)")
    return ratio


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
