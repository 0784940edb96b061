"""A task that other SQL left queued without attempts is not handed out."""

from __future__ import annotations

import pytest

from pytest_queuekit.queue import QueueDatabase, SchedulingStrategy, TaskQueue
from tests.queue.world import Clock, add_raw, change_raw, column

STRATEGIES = pytest.mark.parametrize("strategy", SchedulingStrategy, ids=lambda one: one.name)
CAPABILITIES = pytest.mark.parametrize("capabilities", [None, {"region": "EU"}], ids=["", "routed"])


@STRATEGIES
@CAPABILITIES
def test_a_task_inserted_without_attempts(
    queue: TaskQueue,
    db: QueueDatabase,
    strategy: SchedulingStrategy,
    capabilities: dict[str, str] | None,
) -> None:
    """No claim hands out a task inserted with attempts >= max_attempts; others go on."""
    add_raw(db, attempts=5)
    add_raw(db, attempts=9, max_attempts=3, run_after_utc="2000-01-01 00:00:00")
    add_raw(db, attempts=5, compatibility='{"region":"EU"}')
    good = add_raw(db, attempts=4)
    task = queue.claim("w", capabilities, strategy=strategy)
    assert task is not None
    assert task.id == good
    assert queue.claim_many("w", capabilities, limit=10, strategy=strategy) == []


@STRATEGIES
def test_a_ready_task_that_loses_its_attempts(
    queue: TaskQueue, db: QueueDatabase, strategy: SchedulingStrategy
) -> None:
    """An UPDATE of attempts, max_attempts or status takes a task away from the claims."""
    ids = queue.enqueue_many("t", [1, 2, 3])
    leased = queue.claim("w", strategy=strategy)
    assert leased is not None
    waiting = [task_id for task_id in ids if task_id != leased.id]
    change_raw(db, waiting[0], "attempts = 5")
    change_raw(db, waiting[1], "max_attempts = 0")
    change_raw(db, leased.id, "attempts = 7, status = 'queued'")
    assert queue.claim("w", strategy=strategy) is None
    change_raw(db, waiting[1], "max_attempts = 1")
    task = queue.claim("w", strategy=strategy)
    assert task is not None
    assert task.id == waiting[1]


def test_a_waiting_task_without_attempts(queue: TaskQueue, db: QueueDatabase, clock: Clock) -> None:
    """A task that comes due without attempts is not handed out."""
    task_id = queue.enqueue("t", None, delay=10)
    change_raw(db, task_id, "attempts = 5")
    clock.advance(11)
    assert queue.claim("w") is None
    queue.sweep()
    assert queue.claim("w") is None


def test_a_released_task_without_attempts(queue: TaskQueue, db: QueueDatabase) -> None:
    """release() does not put a task without attempts in front of a worker again."""
    queue.enqueue("t", None)
    task = queue.claim("w")
    assert task is not None
    change_raw(db, task.id, "attempts = 5")
    queue.release(task)
    assert queue.claim("w") is None


def test_such_a_task_is_reported_and_can_be_freed(queue: TaskQueue, db: QueueDatabase) -> None:
    """integrity_check() reports the tasks; they are claimed when other SQL gives them attempts."""
    task_id = add_raw(db, attempts=5)
    assert (queue.stats().queued, queue.stats().ready, queue.stats().waiting) == (1, 0, 0)
    assert queue.integrity_check() == [
        "1 tasks are queued without attempts left and will never be claimed"
    ]
    change_raw(db, task_id, "attempts = 0")
    assert queue.integrity_check() == []
    assert queue.stats().ready == 1
    task = queue.claim("w")
    assert task is not None
    assert column(db, task_id, "attempts") == 0


@pytest.mark.parametrize("value", ["attempts = -1", "max_attempts = 1000000"])
def test_odd_numbers_of_attempts(queue: TaskQueue, db: QueueDatabase, value: str) -> None:
    """A task with more attempts than usual is handed out."""
    task_id = queue.enqueue("t", None)
    change_raw(db, task_id, value)
    assert queue.claim("w") is not None
