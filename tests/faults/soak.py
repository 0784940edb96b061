"""Sends many tasks through one file, with all of its upkeep."""

from __future__ import annotations

from pathlib import Path

from pytest_queuekit.queue import QueueDatabase, TaskQueue
from tests.faults.attack import Attack
from tests.faults.tally import Tally

TASKS = 25_000
ROUND = 500


def _batch(number: int, limit: int, folder: Path) -> Tally:
    tally = Tally()
    path = folder / "soak.db"
    sizes: list[int] = []
    done = 0
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        for turn in range(max(4, min(limit, TASKS) // ROUND)):
            ids = set(queue.enqueue_many("t", range(ROUND), priority=1 + turn % 1000))
            ids.add(queue.enqueue("t", None, idempotency_key=f"{number}-{turn}"))
            while task := queue.claim("w"):
                tally.tried += 1
                if task.id not in ids:
                    tally.report("doubled", f"task {task.id} was delivered twice")
                ids.discard(task.id)
                queue.complete(task)
                done += 1
            if ids:
                tally.report("lost", f"{len(ids)} tasks were not delivered")
            if queue.purge(0) != ROUND + 1:
                tally.report("wrong", f"turn {turn}: not all ended tasks were purged")
            sizes.append(path.stat().st_size)
        for problem in queue.integrity_check():
            tally.report("damaged", problem)
    if max(sizes) > 2 * max(sizes[:3]):
        tally.report("wrong", f"the file grew from {max(sizes[:3])} to {max(sizes)} bytes")
    return tally


SOAK = Attack(
    name="soak",
    model="a million tasks through files that are purged as they fill",
    checked="each task is delivered once and completed, and the file does not grow",
    batches=40,
    run=_batch,
)
