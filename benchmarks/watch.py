"""Measures what the watch costs: `python benchmarks/watch.py [--quick]`.

Enqueues, claims and completes on a watched and an unwatched database, alternating within one run,
then does the same with the user's own SQL. Prints medians and their ratios.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_queuekit.queue import QueueDatabase, TaskQueue
from pytest_queuekit.watch.watch import Watch

BLOCK = 50
"""Rounds between two turns, so that switching the watch on and off is not measured."""


def by_api(db: QueueDatabase) -> Callable[[], object]:
    """Return one round of the queue's own methods."""
    queue = TaskQueue(db)

    def round_() -> object:
        queue.enqueue("bench", {"number": 1})
        task = queue.claim("bench")
        return task and queue.complete(task)

    return round_


def by_sql(db: QueueDatabase) -> Callable[[], object]:
    """Return one round of a user's statements: a lookup, and a write in a transaction."""

    def round_() -> object:
        with db.transaction() as conn:
            conn.execute("INSERT INTO task_queue (type, payload) VALUES ('bench', '{}')")
        with db.connection() as conn:
            return conn.execute(
                "SELECT id FROM task_queue WHERE status = ? LIMIT 10", ("queued",)
            ).fetchall()

    return round_


@contextmanager
def watched(folder: Path, watch: Watch) -> Iterator[QueueDatabase]:
    """Yield a database with a watched connection."""
    watch.start()
    with QueueDatabase(folder / "watched.db") as db:
        db.initialize_schema()
        watch.stop()
        yield db


def measure(folder: Path, make: Callable[[QueueDatabase], Callable[[], object]], turns: int) -> str:
    """Return medians and ratio of a round without and with the watch."""
    watch = Watch()
    plain: list[float] = []
    observed: list[float] = []
    with QueueDatabase(folder / "plain.db") as bare, watched(folder, watch) as db:
        unwatched_round, watched_round = make(bare), make(db)
        for _ in range(turns):
            plain += [_timed(unwatched_round) for _ in range(BLOCK)]
            watch.begin("bench")
            observed += [_timed(watched_round) for _ in range(BLOCK)]
            watch.after_call()
            watch.pause()
    without, with_it = statistics.median(plain), statistics.median(observed)
    return f"{without * 1e6:10.1f} µs {with_it * 1e6:10.1f} µs {with_it / without:8.2f}"


def main() -> None:
    """Run both measurements."""
    parser = argparse.ArgumentParser(description="Measure what the watch costs.")
    parser.add_argument("--quick", action="store_true", help="a second or two")
    turns = 10 if parser.parse_args().quick else 100
    print(f"{'medians of a round':24}{'unwatched':>13} {'watched':>13} {'ratio':>8}")
    for name, make in (("enqueue, claim, complete", by_api), ("a user's own SQL", by_sql)):
        with tempfile.TemporaryDirectory(prefix="queue-benchmark-") as folder:
            print(f"{name:24}{measure(Path(folder), make, turns)}")


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
