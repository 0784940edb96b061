"""What statistics cost in a deep queue, and what a change of a large task costs."""

from __future__ import annotations

import os
import statistics
import time
import timeit
from collections.abc import Callable
from pathlib import Path

from depth import filled, note

from pytest_queuekit.queue import QueueDatabase, Task, TaskQueue

ROUNDS = 7
MEGABYTES = 10
_SHARES = ((1.0, 0.0, 0.0), (0.1, 0.9, 0.0), (0.1, 0.0, 0.9), (0.5, 0.3, 0.2))
"""Shares of ready, waiting and completed tasks."""


def print_costs(folder: Path, *, quick: bool) -> None:
    """Print the time of stats() in mixtures of states, and of calls with a large payload."""
    depth = 10_000 if quick else 1_000_000
    print(f"\nstats() of {depth:,} tasks, wall clock, median of {ROUNDS} (goal: 50 ms)")
    for number, (ready, waiting, completed) in enumerate(_SHARES):
        path = folder / f"stats-{number}.db"
        with filled(
            path, ready=round(depth * (ready + completed)), waiting=round(depth * waiting)
        ) as db:
            db.execute(
                "UPDATE task_queue SET status = 'completed' WHERE id <= ?", (depth * completed,)
            )
            queue = TaskQueue(db)
            milliseconds = _median([queue.stats] * ROUNDS)
        note("")
        shares = f"{ready:.0%} ready, {waiting:.0%} waiting, {completed:.0%} completed"
        print(f"  {shares:<42}{milliseconds:>7.1f} ms")
    _print_large(folder)
    _print_stat(folder)


def _print_large(folder: Path) -> None:
    path = folder / "large.db"
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        for _ in range(ROUNDS):
            queue.enqueue("bench", "x" * (MEGABYTES * 1_000_000))
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        tasks: list[Task | None] = []
        claim = _median([lambda: tasks.append(queue.claim("bench"))] * ROUNDS)
        held = [task for task in tasks if task is not None]
        complete = _median([lambda: queue.complete(held.pop())] * ROUNDS)
        kilobytes = Path(f"{path}-wal").stat().st_size / ROUNDS / 1000
    print(f"\nA task with a payload of {MEGABYTES} MB, wall clock, median of {ROUNDS}")
    print(f"  claim {claim:.1f} ms, complete {complete:.1f} ms, {kilobytes:.0f} kB in the log")


def _print_stat(folder: Path) -> None:
    path = folder / "large.db"
    microseconds = min(timeit.repeat(lambda: os.stat(path), number=1000)) * 1000  # noqa: PTH116
    print(f"\nThe call of os.stat() in each change takes at least {microseconds:.1f} µs")


def _median(calls: list[Callable[[], object]]) -> float:
    times = []
    for call in calls:
        started = time.perf_counter()
        call()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)
