"""The next task of each strategy."""

from __future__ import annotations

import random

import pytest

from pytest_queuekit.queue import (
    Queue,
    SchedulingStrategy,
)
from tests.queue.engines import EVERY_ENGINE, queue_in
from tests.queue.world import Clock, Database, add_raw, change_raw

ENGINES = EVERY_ENGINE

ARRIVAL = (30, 10, 20, 10)
"""Priorities of the tasks 1, 2, 3, 4."""


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (SchedulingStrategy.FIFO, [1, 2, 3, 4]),
        (SchedulingStrategy.LIFO, [4, 3, 2, 1]),
        (SchedulingStrategy.PRIORITY, [2, 4, 3, 1]),
    ],
)
@pytest.mark.parametrize("by_hand", [False, True])
def test_order(
    db: Database, strategy: SchedulingStrategy, expected: list[int], by_hand: bool
) -> None:
    """Tasks of the queue and of other SQL come in the same order, singly and in a batch."""
    queue = queue_in(db)
    for priority in ARRIVAL:
        if by_hand:
            add_raw(db, priority=priority)
        else:
            queue.enqueue("t", None, priority=priority)
    tasks = [task for _ in expected if (task := queue.claim("w", {}, strategy=strategy))]
    assert [task.id for task in tasks] == expected
    for task in tasks:
        queue.release(task)
    batch = queue.claim_many("w", {}, limit=9, strategy=strategy)
    assert [task.id for task in batch] == expected


def test_strategies_share_one_queue(queue: Queue) -> None:
    """Each claim may use its own strategy."""
    for priority in ARRIVAL:
        queue.enqueue("t", None, priority=priority)
    order = []
    for strategy in (
        SchedulingStrategy.LIFO,
        SchedulingStrategy.PRIORITY,
        SchedulingStrategy.FIFO,
        SchedulingStrategy.WEIGHTED_RANDOM,
    ):
        task = queue.claim("w", strategy=strategy)
        assert task is not None
        order.append(task.id)
    assert order == [4, 2, 1, 3]


def test_a_changed_priority_counts(queue: Queue, db: Database) -> None:
    """A priority changed by other SQL moves the task to the front."""
    for priority in ARRIVAL:
        queue.enqueue("t", None, priority=priority)
    change_raw(db, 3, "priority = 1")
    task = queue.claim("w")
    assert task is not None
    assert task.id == 3


@pytest.mark.parametrize("strategy", list(SchedulingStrategy)[:3])
@pytest.mark.parametrize("due", [1, 499, 500, 501, 1300])
def test_order_when_many_come_due_at_once(
    queue: Queue, clock: Clock, strategy: SchedulingStrategy, due: int
) -> None:
    """Claims come in order even if more tasks are due than a claim promotes."""
    rng = random.Random(due)
    priorities = [rng.randint(1, 1000) for _ in range(due)]
    for number, priority in enumerate(priorities):
        queue.enqueue("t", None, priority=priority, delay=1 + number % 7)
    queue.enqueue("t", None, priority=500)
    priorities.append(500)
    clock.advance(10)
    key = {
        SchedulingStrategy.FIFO: lambda number: number,
        SchedulingStrategy.LIFO: lambda number: -number,
        SchedulingStrategy.PRIORITY: lambda number: (priorities[number - 1], number),
    }[strategy]
    expected = sorted(range(1, due + 2), key=key)[:20]
    tasks = [queue.claim("w", strategy=strategy) for _ in expected[:5]]
    tasks += queue.claim_many("w", strategy=strategy, limit=15)
    assert [task.id for task in tasks if task] == expected[: len(tasks)]
