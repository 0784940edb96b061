"""The shares of tasks that weighted claims win."""

from __future__ import annotations

import collections
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_queuekit.queue import (
    Queue,
    QueueDatabase,
    SchedulingStrategy,
    Task,
    TaskQueue,
)
from tests.queue.engines import EVERY_ENGINE, SQLITE, opened, queue_in
from tests.queue.world import Clock, Database, add_raw, rows_of

ENGINES = EVERY_ENGINE


@pytest.fixture
def seeded(engine: str, path: Path, clock: Clock) -> Iterator[Database]:
    """Yield a database with draws from a seeded generator, so that shares are repeatable."""
    lots = random.Random(20270115)

    def draw_from_seed(conn: sqlite3.Connection) -> None:
        conn.create_function("random", 0, lambda: lots.getrandbits(64) - 2**63)

    if engine == SQLITE:
        with QueueDatabase(":memory:", on_connect=draw_from_seed) as memory:
            yield memory
        return
    with opened(engine, path, clock) as server:  # one thread keeps one connection
        rows_of(server, "SET synchronous_commit TO off")
        rows_of(server, "SELECT setseed(0.2027)")
        yield server


@pytest.fixture
def lottery(seeded: Database) -> Queue:
    """Return a queue with repeatable draws."""
    return queue_in(seeded)


def shares(queue: Queue, priorities: tuple[int, ...], draws: int) -> dict[int, float]:
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
def test_weighted_shares(lottery: Queue, priorities: tuple[int, ...], engine: str) -> None:
    """Each priority wins in proportion to 1 / (priority + 1)."""
    for priority in priorities:
        lottery.enqueue("t", None, priority=priority)
    draws, error = (3000, 0.03) if engine == SQLITE else (1000, 0.05)
    measured = shares(lottery, priorities, draws)
    for priority, share in expected_shares(priorities).items():
        assert measured[priority] == pytest.approx(share, abs=error)


def test_weighted_shares_of_newcomers(lottery: Queue) -> None:
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


def first_of_priority(queue: Queue, priority: int) -> Task:
    """Claim until a task of this priority wins."""
    while True:
        task = queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM)
        assert task is not None
        if task.priority == priority:
            return task


def test_weighted_claims_of_tasks_by_hand(lottery: Queue, seeded: Database) -> None:
    """Tasks of other SQL and released tasks have the same chances."""
    wins: collections.Counter[int] = collections.Counter()
    add_raw(seeded, priority=1)
    add_raw(seeded, priority=7)
    for _ in range(1000):
        task = lottery.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM)
        assert task is not None
        wins[task.priority] += 1
        if wins.total() % 2:
            lottery.release(task)
        else:
            rows_of(seeded, "DELETE FROM task_queue WHERE id = ?", task.id)
            add_raw(seeded, priority=task.priority)
    assert wins[1] / wins.total() == pytest.approx(0.8, abs=0.03)


def test_weighted_shares_of_routes(lottery: Queue) -> None:
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


def test_weighted_shares_of_newcomers_of_a_route(lottery: Queue) -> None:
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


def test_races_without_tasks_are_deleted(lottery: Queue, seeded: Database) -> None:
    """sweep() deletes the races without ready tasks, and keeps the others."""
    for region in ("EU", "US"):
        lottery.enqueue_many("t", [None] * 2, compatibility={"region": region})
    for region, claims in (("EU", 2), ("US", 1)):
        for _ in range(claims):
            lottery.claim("w", {"region": region}, strategy=SchedulingStrategy.WEIGHTED_RANDOM)
    lottery.sweep()
    rows = rows_of(seeded, "SELECT route, at > 0 FROM weighted_race")
    assert rows == [('{"region":"US"}', 1)]


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
def test_a_weighted_claim_of_an_extreme_id(db: Database, queue: Queue, task_id: int) -> None:
    """A weighted claim finds the first and the last id that SQLite can store."""
    add_raw(db, id=task_id)
    task = queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM)
    assert task is not None
    assert task.id == task_id


def test_the_first_weighted_claim_of_many_tasks(queue: Queue, db: Database) -> None:
    """All tasks enter the race, also those behind the first chunk."""
    queue.enqueue_many("t", [None] * 10_001)
    assert queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM) is not None
    sql = "SELECT count(*) FROM task_queue WHERE race_draw IS NOT NULL"
    assert rows_of(db, sql) == [(10_000,)]
