"""A change of a large task leaves its payload where it is, counted in bytes of the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pytest_queuekit.queue import QueueDatabase, RetryPolicy, SchedulingStrategy, Task, TaskQueue
from tests.queue.version_1 import SCHEMA
from tests.queue.world import Clock, change_raw

PAYLOAD = "x" * 1_000_000
MOST = 40_000
"""Bytes that a change may write: a few pages."""


def written(path: Path, call: Callable[[], object]) -> int:
    """Return the bytes that a call writes to the log."""
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        call()
        return Path(f"{path}-wal").stat().st_size


def claimed(queue: TaskQueue, worker: str = "w") -> Task:
    """Claim the next task."""
    task = queue.claim(worker, lease_seconds=10)
    assert task is not None
    assert task.payload == f'"{PAYLOAD}"'
    return task


@pytest.mark.parametrize(
    "worker", ["w", "a worker with a name of more than fifty-seven bytes, číslo 1"]
)
def test_each_change_writes_a_few_pages(path: Path, clock: Clock, worker: str) -> None:
    """A claim, an acknowledgement and each other change of a large task writes a few pages."""
    with QueueDatabase(path, clock=clock) as db:
        queue = TaskQueue(db, retry=RetryPolicy(first=1, jitter=0))
        queue.enqueue("t", PAYLOAD, max_attempts=10)
        tasks: list[Task] = []

        def claim() -> None:
            clock.advance(5)
            tasks.append(claimed(queue, worker))

        def lapse() -> None:
            clock.advance(20)
            assert queue.reclaim() == 1

        steps: list[Callable[[], object]] = [
            claim,
            lambda: queue.extend(tasks[-1], 20),
            lambda: queue.release(tasks[-1]),
            claim,
            lambda: queue.fail(tasks[-1], "an error of a few words"),
            claim,
            lapse,
            claim,
            lambda: queue.fail(tasks[-1], "for good", retry=False),
            lambda: queue.requeue(1),
            claim,
            lambda: queue.complete(tasks[-1], {"a result": [1, 2, 3]}),
        ]
        sizes = [written(path, step) for step in steps]
        assert max(sizes) < MOST, str(sizes)
        assert queue.get(1).payload == f'"{PAYLOAD}"'


def test_weighted_claims_write_a_few_pages(path: Path, clock: Clock) -> None:
    """A large task enters a race and wins it in place."""
    strategy = SchedulingStrategy.WEIGHTED_RANDOM
    with QueueDatabase(path, clock=clock) as db:
        queue = TaskQueue(db)
        queue.enqueue("t", None)
        assert queue.claim("w", strategy=strategy)
        for _ in range(3):
            queue.enqueue("t", PAYLOAD)
            assert written(path, lambda: queue.claim("w", strategy=strategy)) < MOST


def test_other_sql_may_change_a_large_task(path: Path, clock: Clock) -> None:
    """After other SQL has changed the length of a large row, the task is still right."""
    with QueueDatabase(path, clock=clock) as db:
        queue = TaskQueue(db)
        queue.enqueue("t", PAYLOAD)
        change_raw(db, 1, "error_message = 'a note', locked_by = 'raw', priority = 7")
        task = claimed(queue)
        assert (task.priority, task.error_message, task.locked_by) == (7, "a note", "w")
        assert queue.complete(task) == queue.get(1)


def test_a_long_error_is_stored_as_well(path: Path, clock: Clock) -> None:
    """An error that is longer than the padding is stored in full."""
    with QueueDatabase(path, clock=clock) as db:
        queue = TaskQueue(db)
        queue.enqueue("t", PAYLOAD)
        queue.fail(claimed(queue), "e" * 5000)
        clock.advance(5)
        task = claimed(queue)
        assert task.error_message == "e" * 5000
        assert queue.complete(task).status == "completed"


def test_small_tasks_have_no_padding(path: Path) -> None:
    """A task with a small payload has no padding, and never gets one."""
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        queue.enqueue("t", {"n": 1})
        task = queue.claim("w")
        assert task is not None
        queue.complete(task)
        assert db.execute("SELECT padding FROM task_queue").fetchone()[0] is None


def test_large_tasks_of_version_1_are_changed_in_place(path: Path, clock: Clock) -> None:
    """A large task of a migrated file is changed in place as well."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.executescript(SCHEMA)
        conn.execute("INSERT INTO task_queue (type, payload) VALUES ('t', ?)", (f'"{PAYLOAD}"',))
    clock.advance(1e7)
    with QueueDatabase(path, clock=clock) as db:
        queue = TaskQueue(db)
        queue.sweep()
        assert written(path, lambda: queue.complete(claimed(queue))) < MOST
