"""The next task of each strategy."""

from __future__ import annotations

import collections
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_queuekit.queue import (
    QueueDatabase,
    SchedulingStrategy,
    Task,
    TaskClaimerFactory,
    TaskQueue,
)
from tests.queue.world import Clock, add_raw, change_raw

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
    db: QueueDatabase, strategy: SchedulingStrategy, expected: list[int], by_hand: bool
) -> None:
    """Tasks of the queue and of other SQL come in the same order, singly and in a batch."""
    queue = TaskQueue(db)
    for priority in ARRIVAL:
        if by_hand:
            add_raw(db, priority=priority)
        else:
            queue.enqueue("t", None, priority=priority)
    claimer = TaskClaimerFactory.create(strategy, db)
    tasks = [task for _ in expected if (task := claimer.claim_task("w", {}, lease_seconds=60))]
    assert [task.id for task in tasks] == expected
    for task in tasks:
        queue.release(task)
    assert [task.id for task in claimer.claim_tasks("w", {}, 60, limit=9)] == expected


def test_strategies_share_one_queue(queue: TaskQueue) -> None:
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


def test_a_changed_priority_counts(queue: TaskQueue, db: QueueDatabase) -> None:
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
    queue: TaskQueue, clock: Clock, strategy: SchedulingStrategy, due: int
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


@pytest.fixture
def lottery() -> Iterator[TaskQueue]:
    """Yield a queue with draws from a seeded generator, so that shares are repeatable."""
    lots = random.Random(20270115)

    def draw_from_seed(conn: sqlite3.Connection) -> None:
        conn.create_function("random", 0, lambda: lots.getrandbits(64) - 2**63)

    with QueueDatabase(":memory:", on_connect=draw_from_seed) as db:
        yield TaskQueue(db)


def shares(queue: TaskQueue, priorities: tuple[int, ...], draws: int) -> dict[int, float]:
    """Return the share of claims that each priority won; each claimed task is replaced."""
    wins: collections.Counter[int] = collections.Counter()
    for _ in range(draws):
        task = queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM)
        assert task is not None
        wins[task.priority] += 1
        queue.complete(task)
        queue.enqueue("t", None, priority=task.priority)
    return {priority: wins[priority] / draws for priority in priorities}


def expected_shares(priorities: tuple[int, ...]) -> dict[int, float]:
    weights = {priority: 1 / (priority + 1) for priority in priorities}
    return {priority: weight / sum(weights.values()) for priority, weight in weights.items()}


@pytest.mark.parametrize("priorities", [(1, 4, 9), (9, 99), (1, 1000)])
def test_weighted_shares(lottery: TaskQueue, priorities: tuple[int, ...]) -> None:
    """Each priority wins in proportion to 1 / (priority + 1)."""
    for priority in priorities:
        lottery.enqueue("t", None, priority=priority)
    measured = shares(lottery, priorities, draws=3000)
    for priority, share in expected_shares(priorities).items():
        assert measured[priority] == pytest.approx(share, abs=0.03)


def test_weighted_shares_of_newcomers(lottery: TaskQueue) -> None:
    """A task that has waited long has no better chance than a newcomer.

    If newcomers did not start at the race's present time, they would nearly always win.
    """
    won, rounds = 0, 200
    old = set(lottery.enqueue_many("t", [None] * 20, priority=500))
    for _ in range(rounds):
        # Tasks of best priority win first and advance the race's time.
        lottery.enqueue_many("t", [None] * 2, priority=1)
        fresh = set(lottery.enqueue_many("t", [None] * len(old), priority=500))
        winner = first_of_priority(lottery, 500)
        won += winner.id in fresh
        if winner.id in old:
            lottery.release(winner)
        for task_id in fresh - {winner.id}:
            lottery.cancel(task_id)
    assert won / rounds == pytest.approx(0.5, abs=0.1)


def first_of_priority(queue: TaskQueue, priority: int) -> Task:
    """Claim until a task of this priority wins."""
    while True:
        task = queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM)
        assert task is not None
        if task.priority == priority:
            return task


def test_weighted_claims_of_tasks_by_hand(lottery: TaskQueue) -> None:
    """Tasks of other SQL and released tasks have the same chances."""
    wins: collections.Counter[int] = collections.Counter()
    add_raw(lottery.db, priority=1)
    add_raw(lottery.db, priority=7)
    for _ in range(1000):
        task = lottery.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM)
        assert task is not None
        wins[task.priority] += 1
        if wins.total() % 2:
            lottery.release(task)
        else:
            lottery.db.execute("DELETE FROM task_queue WHERE id = ?", (task.id,))
            add_raw(lottery.db, priority=task.priority)
    assert wins[1] / wins.total() == pytest.approx(0.8, abs=0.03)


def test_weighted_shares_of_routes(lottery: TaskQueue) -> None:
    """A task that only some workers may take gains nothing from the claims of the others.

    In a single race for all routes, the task would fall behind and then win every time.
    """
    lottery_of, europe = SchedulingStrategy.WEIGHTED_RANDOM, {"region": "EU"}
    lottery.enqueue_many("t", [None] * 2, priority=9, compatibility=europe)
    lottery.enqueue("t", None, priority=9)
    wins: collections.Counter[str] = collections.Counter()
    draws = 600
    for _ in range(draws):
        for _ in range(3):  # a worker without capabilities advances its own race
            task = lottery.claim("anywhere", strategy=lottery_of)
            assert task is not None
            lottery.release(task)
        task = lottery.claim("europe", europe, strategy=lottery_of)
        assert task is not None
        wins[task.compatibility] += 1
        lottery.complete(task)
        lottery.enqueue("t", None, priority=9, compatibility=task.get_compatibility())
    assert wins['{"region":"EU"}'] / draws == pytest.approx(2 / 3, abs=0.05)


def test_weighted_shares_of_newcomers_of_a_route(lottery: TaskQueue) -> None:
    """In a route, tasks that have waited have no better chance than newcomers."""
    lottery_of, europe = SchedulingStrategy.WEIGHTED_RANDOM, {"region": "EU"}
    lottery.enqueue_many("old", [None] * 200, priority=99, compatibility=europe)
    lottery.enqueue_many("t", [None] * 100, priority=900)
    while lottery.claim("anywhere", strategy=lottery_of):
        pass
    lottery.enqueue_many("new", [None] * 200, priority=9, compatibility=europe)
    tasks = [lottery.claim("europe", europe, strategy=lottery_of) for _ in range(100)]
    won = sum(task is not None and task.type == "new" for task in tasks)
    assert won == pytest.approx(89, abs=8)


def test_races_without_tasks_are_deleted(lottery: TaskQueue) -> None:
    """sweep() deletes the races without ready tasks, and keeps the others."""
    for region in ("EU", "US"):
        lottery.enqueue_many("t", [None] * 2, compatibility={"region": region})
    for region, claims in (("EU", 2), ("US", 1)):
        for _ in range(claims):
            lottery.claim("w", {"region": region}, strategy=SchedulingStrategy.WEIGHTED_RANDOM)
    lottery.sweep()
    rows = lottery.db.execute("SELECT route, at > 0 FROM weighted_race").fetchall()
    assert [tuple(row) for row in rows] == [('{"region":"US"}', 1)]


def test_the_first_weighted_claim_of_distant_ids(path: Path) -> None:
    """The first weighted claim visits the tasks, and not the numbers between their ids."""
    statements: list[str] = []
    with QueueDatabase(
        path, on_connect=lambda conn: conn.set_trace_callback(statements.append)
    ) as db:
        queue = TaskQueue(db)
        ids = {add_raw(db, id=task_id) for task_id in (-(10**8), 1, 10**8)}
        statements.clear()
        task = queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM)
        assert task is not None
        assert task.id in ids
        assert len(statements) < 1000


@pytest.mark.parametrize("task_id", [-(2**63), 2**63 - 1])
def test_a_weighted_claim_of_an_extreme_id(
    db: QueueDatabase, queue: TaskQueue, task_id: int
) -> None:
    """A weighted claim finds the first and the last id that SQLite can store."""
    add_raw(db, id=task_id)
    task = queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM)
    assert task is not None
    assert task.id == task_id


def test_the_first_weighted_claim_of_many_tasks(queue: TaskQueue) -> None:
    """All tasks enter the race, also those behind the first chunk."""
    queue.enqueue_many("t", [None] * 10_001)
    assert queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM) is not None
    sql = "SELECT count(*) FROM task_queue WHERE race_draw IS NOT NULL"
    assert queue.db.execute(sql).fetchone()[0] == 10_000
