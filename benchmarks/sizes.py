"""What tasks take on the disk, in the log and in memory: no clock, so little noise."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from depth import PAYLOAD, filled, note
from leanest import LeanestQueue

from pytest_queuekit.queue import QueueDatabase, SchedulingStrategy, TaskQueue
from pytest_queuekit.queue.config import MAX_COMPATIBILITY_BYTES, MAX_PAYLOAD_BYTES

TASKS = 1_000
CALLS = 200
"""Calls of an operation; they write fewer pages than a checkpoint waits for."""
_MARGIN = len('{"key":""}')
_PAYLOAD_BYTES = len('{"video_id":123}')
_STATUS = Path("/proc/self/status")
"""Says how much memory a process takes; only Linux has it."""


def print_sizes(folder: Path) -> None:
    """Print pages a call, and bytes a task: on the disk, in the log and in memory."""
    _print_pages(folder)
    print("\nBytes of disk a task, in addition to its payload")
    print(f"  {'queued':<44}{_on_disk(folder / 'queued.db'):>9,.0f}")
    print(f"  {'completed':<44}{_on_disk(folder / 'completed.db', completed=True):>9,.0f}")
    length = MAX_COMPATIBILITY_BYTES - _MARGIN
    orders = (SchedulingStrategy.FIFO, SchedulingStrategy.WEIGHTED_RANDOM)
    name = f"queued, compatibility of {MAX_COMPATIBILITY_BYTES:,} bytes"
    print(f"  {name:<44}{_on_disk(folder / 'routed.db', length):>9,.0f}")
    print(
        f"  {'the same, for claims in all orders':<44}"
        f"{_on_disk(folder / 'orders.db', length, orders):>9,.0f}"
    )
    print("\nBytes of the log a task that is enqueued, claimed and completed behind a reader")
    print(f"  {'':<44}{_in_log(folder / 'log.db'):>9,.0f}")
    if _STATUS.exists():
        print(f"\nMegabytes of memory for a payload of {MAX_PAYLOAD_BYTES:,} bytes")
        for step in ("enqueue", "claim"):
            print(f"  {step:<44}{_in_memory(folder / 'memory.db', step):>9,.0f}")


def _print_pages(folder: Path) -> None:
    """Print the pages that a commit writes to the log, beside the leanest queue."""
    print("\nPages that a call writes, and those of the leanest queue")
    path = folder / "pages.db"
    with filled(path, ready=TASKS) as db:
        note("")
        queue = TaskQueue(db)
        ours = _pages(
            path,
            {
                "enqueue": lambda: queue.enqueue("bench", PAYLOAD),
                "claim and complete": lambda: _claim_and_complete(queue),
            },
        )
    path = folder / "leanest-pages.db"
    lean = LeanestQueue(path, TASKS)
    leanest = _pages(
        path,
        {"enqueue": lean.enqueue, "claim and complete": lambda: lean.complete(lean.claim())},
    )
    lean.close()
    for name, pages in ours.items():
        print(f"  {name:<44}{pages:>9.1f}{leanest[name]:>9.1f}")


def _pages(path: Path, calls: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    conn = sqlite3.connect(path)
    pages = {}
    for name, call in calls.items():
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        for _ in range(CALLS):
            call()
        pages[name] = Path(f"{path}-wal").stat().st_size / (4096 + 24) / CALLS
    conn.close()
    return pages


def _on_disk(
    path: Path,
    length: int = 0,
    orders: Sequence[SchedulingStrategy] = (),
    *,
    completed: bool = False,
) -> float:
    """Return the growth of the file by a task.

    length: of the compatibility's value, which is another for each task; 0: no compatibility.
    orders: claims in these orders have created their indexes before.
    """
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        for order in orders:
            queue.claim("bench", strategy=order)
        before = _file_bytes(db)
        for number in range(TASKS):
            key = {"key": f"{number:0{length}}"} if length else None
            queue.enqueue("bench", PAYLOAD, compatibility=key)
        while completed and (task := queue.claim("bench")):
            queue.complete(task)
        return (_file_bytes(db) - before) / TASKS - _PAYLOAD_BYTES


def _file_bytes(db: QueueDatabase) -> int:
    with db.connection() as conn:
        count, size = (
            conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
        )
    return int(count * size)


def _in_log(path: Path) -> float:
    with QueueDatabase(path) as reading, QueueDatabase(path) as db:
        queue = TaskQueue(db)
        queue.enqueue_many("bench", [PAYLOAD] * TASKS)
        with reading.snapshot() as read:
            read("SELECT count(*) FROM task_queue")
            before = queue.stats().wal_bytes
            for _ in range(TASKS):
                queue.enqueue("bench", PAYLOAD)
                _claim_and_complete(queue)
            return (queue.stats().wal_bytes - before) / TASKS


def _claim_and_complete(queue: TaskQueue) -> None:
    task = queue.claim("bench")
    if task is None:
        raise SystemExit("error: the queue to measure on is empty")
    queue.complete(task)


def _in_memory(path: Path, step: str) -> float:
    """Return by how much a step raises the peak of a new process, in megabytes."""
    command = [sys.executable, __file__, str(path), step]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _run_step(path: str, step: str) -> None:
    payload = "x" * (MAX_PAYLOAD_BYTES - 2)
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        queue.stats()
        before = _peak()
        if step == "enqueue":
            queue.enqueue("bench", payload)
        else:
            queue.claim("bench")
        print((_peak() - before) / 1e6)


def _peak() -> int:
    """Return the largest memory of this process so far, in bytes.

    getrusage() would return that of the process that started this one, if it was larger.
    """
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    _run_step(sys.argv[1], sys.argv[2])
