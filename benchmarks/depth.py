"""A queue of a given depth to measure on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pytest_queuekit.queue import QueueDatabase, TaskQueue

BATCH = 5000
PRIORITIES = 1000
PAYLOAD = {"video_id": 123}
REGIONS = ("US", "EU", "ASIA")
HOUR = 3600.0


def filled(path: Path, *, ready: int, waiting: int = 0, routed: bool = False) -> QueueDatabase:
    """Return a database with tasks that are ready, and some of best priority that are not.

    routed: whether most of the ready tasks ask for a worker of one of three regions.
    """
    db = QueueDatabase(path)
    queue = TaskQueue(db)
    for number, size in enumerate(_batches(ready)):
        region = REGIONS[number % len(REGIONS)] if routed and number else None
        queue.enqueue_many(
            "bench",
            [PAYLOAD] * size,
            priority=1 + number * 7919 % PRIORITIES,
            compatibility={"region": region} if region else None,
        )
    for size in _batches(waiting):
        queue.enqueue_many("bench", [PAYLOAD] * size, priority=1, delay=HOUR)
    return db


def _batches(total: int) -> Iterator[int]:
    """Split into ten parts at least, so that there are several priorities and routes."""
    size = min(BATCH, max(1, total // 10))
    for start in range(0, total, size):
        note(f"filling: {start:,} of {total:,}")
        yield min(size, total - start)


def note(text: str) -> None:
    """Show progress on a line that the next note overwrites."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
