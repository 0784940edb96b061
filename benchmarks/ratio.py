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
_CLAIM_GOAL, _ENQUEUE_GOAL = 2.0, 2.2


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


def print_ratio(folder: Path, *, quick: bool) -> None:
    """Print the cost of single calls and of batches."""
    depths = [depth for depth in DEPTHS if not quick or sum(depth) <= 1_000]
    print("\nProcessor time of a call, and its ratio to the leanest queue of as many ready tasks")
    print(
        f"{'ready':>9} {'waiting':>9}{'enqueue':>12}{'ratio':>7}{'claim+complete':>18}{'ratio':>7}"
    )
    for ready, waiting in depths:
        turns = _measured(folder / f"{ready}-{waiting}", ready, waiting)
        own = [turns.median(name) for name in ("enqueue", "pair")]
        lean = [turns.median(f"leanest {name}") for name in ("enqueue", "pair")]
        print(
            f"{ready:>9,} {waiting:>9,}{own[0]:>9.1f} µs{own[0] / lean[0]:>7.2f}"
            f"{own[1]:>15.1f} µs{own[1] / lean[1]:>7.2f}"
        )
        batch = [(turns.median(name), turns.median(f"leanest {name}")) for name in _BATCHES]
    print(f"  goals: at most {_ENQUEUE_GOAL} for enqueue, {_CLAIM_GOAL} for claim+complete")
    print(f"\nIn batches of {BATCH}, a task (last depth)")
    for name, (mine, leanest) in zip(_BATCHES, batch, strict=True):
        print(f"  {name:<22}{mine:>7.1f} µs, ratio {mine / leanest:.1f}")


_BATCHES = ("enqueue_many", "claim+complete_many")


def _measured(folder: Path, ready: int, waiting: int) -> Turns:
    folder.mkdir()
    turns = Turns()
    lean = LeanestQueue(folder / "leanest.db", ready)
    with filled(folder / "queue.db", ready=ready, waiting=waiting) as db:
        queue = TaskQueue(db)
        for number in range(ROUNDS):
            note(f"{ready:,} ready, {waiting:,} waiting: round {number + 1} of {ROUNDS}")
            turns.take("leanest enqueue", CALLS, lean.enqueue)
            turns.take("enqueue", CALLS, lambda: queue.enqueue("bench", PAYLOAD))
            turns.take("leanest pair", CALLS, lambda: lean.complete(lean.claim()))
            turns.take("pair", CALLS, lambda: _claim_and_complete(queue))
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
