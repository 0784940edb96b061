"""What the queue costs beside the leanest queue in SQLite, turn by turn in the same run.

The times are processor time of the thread: on a shared machine, the wall clock varies more from
run to run than the queues differ.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from depth import PAYLOAD, filled, note
from leanest import LeanestQueue

from pytest_queuekit.queue import TaskQueue

DEPTHS = ((1_000, 0), (100_000, 0), (10_000, 90_000), (1_000_000, 0), (100_000, 900_000))
"""Ready tasks, and tasks of best priority that wait for their time."""
ROUNDS = 25
CALLS = 200
"""Calls in a round; each round leaves the queue as deep as before."""
BATCH = 100
"""Tasks in a call of enqueue_many, claim_many and complete_many."""


@dataclass
class Turns:
    """Times in microseconds a task, by operation."""

    times: dict[str, list[float]] = field(default_factory=dict)

    def take(self, name: str, calls: int, work: Callable[[], object], tasks: int = 1) -> None:
        """Time `calls` calls that treat `tasks` tasks each."""
        started = time.thread_time()
        for _ in range(calls):
            work()
        seconds = time.thread_time() - started
        self.times.setdefault(name, []).append(seconds / calls / tasks * 1e6)

    def median(self, name: str) -> float:
        """Return the median of the turns, without the first, which warms up."""
        return statistics.median(self.times[name][1:])

    def compared(self, name: str) -> str:
        """Return a median, and its ratio to that of the leanest queue, as text."""
        mine, leanest = self.median(name), self.median(f"leanest {name}")
        return f"{mine:>13.1f} µs {mine / leanest:>6.2f} x"


def print_ratio(folder: Path, *, quick: bool) -> None:
    """Print the cost of single calls and of batches, and their ratios to the leanest queue."""
    print("\nProcessor time a task, and its ratio to the leanest queue with as many tasks")
    print(f"{'ready':>9} {'waiting':>9}" + "".join(f"{name:>24}" for name in _GOALS))
    for ready, waiting in DEPTHS:
        if quick and ready + waiting > 1_000:
            continue
        turns = _measured(folder / f"{ready}-{waiting}", ready, waiting)
        print(f"{ready:>9,} {waiting:>9,}" + "".join(map(turns.compared, _GOALS)))
    print(f"{'goals':>19}" + "".join(f"{f'at most {goal}':>24}" for goal in _GOALS.values()))


_GOALS = {"enqueue": 2.2, "claim+complete": 2.0, "enqueue_many": 5, "claim+complete_many": 2.5}


def _measured(folder: Path, ready: int, waiting: int) -> Turns:
    folder.mkdir()
    turns = Turns()
    lean = LeanestQueue(folder / "leanest.db", ready + waiting)
    with filled(folder / "queue.db", ready=ready, waiting=waiting) as db:
        queue = TaskQueue(db)
        for number in range(ROUNDS):
            note(f"{ready:,} ready, {waiting:,} waiting: round {number + 1} of {ROUNDS}")
            turns.take("leanest enqueue", CALLS, lean.enqueue)
            turns.take("enqueue", CALLS, lambda: queue.enqueue("bench", PAYLOAD))
            turns.take("leanest claim+complete", CALLS, lambda: lean.complete(lean.claim()))
            turns.take("claim+complete", CALLS, lambda: _claim_and_complete(queue))
            turns.take("leanest enqueue_many", 2, lambda: lean.enqueue_many(BATCH), BATCH)
            turns.take("enqueue_many", 2, lambda: _enqueue_many(queue), BATCH)
            turns.take(
                "leanest claim+complete_many",
                2,
                lambda: lean.claim_and_complete_many(BATCH),
                BATCH,
            )
            turns.take("claim+complete_many", 2, lambda: _claim_and_complete_many(queue), BATCH)
    note("")
    lean.close()
    return turns


def _claim_and_complete(queue: TaskQueue) -> None:
    task = queue.claim("bench")
    if task is None:
        raise SystemExit("error: the queue to measure on is empty")
    queue.complete(task)


def _enqueue_many(queue: TaskQueue) -> None:
    queue.enqueue_many("bench", [PAYLOAD] * BATCH)


def _claim_and_complete_many(queue: TaskQueue) -> None:
    queue.complete_many(queue.claim_many("bench", limit=BATCH))
