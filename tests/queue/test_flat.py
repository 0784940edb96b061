"""A claim costs the same in any backlog, counted in steps of SQLite's virtual machine."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.queue import (
    QueueDatabase,
    SchedulingStrategy,
    TaskClaimerFactory,
    TaskQueue,
)
from pytest_queuekit.queue.scheduling import STATEMENTS
from tests.queue.world import Clock, locked

CLAIMS = 4
CAPABILITIES: dict[str, dict[str, Any]] = {"none": {}, "some": {"region": ["US", "EU"]}}
FILL = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
    INSERT INTO task_queue (type, status, priority, payload, compatibility, run_after_utc)
    SELECT 't', 'queued', {priority}, '{{"video_id": 123}}',
        CASE WHEN ?2 AND i % 4 THEN json_object('region', substr('USEUASIA', i % 4 * 2 - 1, 2))
            ELSE '{{}}' END,
        datetime('now', {moment})
    FROM n
"""


def fill(db: QueueDatabase, *, ready: int, waiting: int = 0, routed: bool = False) -> None:
    """Insert ready tasks, and waiting tasks of better priority, as other SQL would."""
    with db.transaction() as conn:
        conn.execute(FILL.format(priority="2 + i * 7919 % 999", moment="'-1 day'"), (ready, routed))
        later = "'+1 hour', '+' || (i % 5000) || ' seconds'"
        if waiting:
            conn.execute(FILL.format(priority="1", moment=later), (waiting, routed))


def steps(db: QueueDatabase, call: Callable[[], object]) -> float:
    """Return the mean number of steps of a few calls; each call must succeed."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    call()
    with db.connection() as conn:
        conn.set_progress_handler(count, 1)
        for _ in range(CLAIMS):
            assert call()
        conn.set_progress_handler(None, 1)
    return counted / CLAIMS


def claim_steps(
    db: QueueDatabase, capabilities: Mapping[str, Any]
) -> dict[SchedulingStrategy, float]:
    """Return the steps of a claim by each strategy."""
    claimers = {
        strategy: TaskClaimerFactory.create(strategy, db) for strategy in SchedulingStrategy
    }
    return {
        strategy: steps(db, lambda claimer=claimer: claimer.claim_task("w", capabilities))  # type: ignore[misc] # bound
        for strategy, claimer in claimers.items()
    }


@pytest.fixture(scope="module")
def small_and_large(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, int, int, bool], tuple[QueueDatabase, QueueDatabase]]:
    """Return a function that makes a queue of 1,000 tasks and one of many."""
    folder = tmp_path_factory.mktemp("flat")

    def make(
        name: str, ready: int, waiting: int, routed: bool
    ) -> tuple[QueueDatabase, QueueDatabase]:
        small = QueueDatabase(folder / f"{name}-small.db")
        large = QueueDatabase(folder / f"{name}-large.db")
        fill(small, ready=1_000, routed=routed)
        fill(large, ready=ready, waiting=waiting, routed=routed)
        return small, large

    return make


@pytest.mark.parametrize("capabilities", CAPABILITIES)
@pytest.mark.parametrize(
    ("ready", "waiting"),
    [pytest.param(100_000, 0, marks=pytest.mark.slow), (10_000, 90_000)],
)
def test_claims_stay_flat(
    small_and_large: Callable[[str, int, int, bool], tuple[QueueDatabase, QueueDatabase]],
    capabilities: str,
    ready: int,
    waiting: int,
) -> None:
    """A claim among 100,000 tasks takes at most 1.5 times the steps as among 1,000."""
    offered = CAPABILITIES[capabilities]
    name = f"{capabilities}-{ready}"
    small, large = small_and_large(name, ready, waiting, bool(offered))
    with small, large:
        few, many = claim_steps(small, offered), claim_steps(large, offered)
    for strategy in SchedulingStrategy:
        assert many[strategy] <= 1.5 * few[strategy], strategy
        assert few[strategy] < 2000, strategy


@pytest.mark.parametrize("strategy", list(SchedulingStrategy)[:3])
def test_claims_stay_flat_after_a_standstill(
    tmp_path: Path, clock: Clock, strategy: SchedulingStrategy
) -> None:
    """After tasks of many seconds came due, only the first claim takes more steps."""
    few_and_many = []
    for number in (3_000, 15_000):
        with QueueDatabase(tmp_path / f"{number}.db", clock=clock) as db:
            db.execute(
                "INSERT INTO task_queue (type, run_after_utc) WITH RECURSIVE n (i) AS "
                "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
                "SELECT 't', datetime('now', i || ' seconds') FROM n",
                (number,),
            )
            clock.advance(86_400)
            claimer = TaskClaimerFactory.create(strategy, db)
            first = claimer.claim_task("w", {})
            assert first is not None
            assert first.id == (number if strategy is SchedulingStrategy.LIFO else 1)
            few_and_many.append(steps(db, lambda c=claimer: c.claim_task("w", {})))  # type: ignore[misc] # bound
    assert few_and_many[1] <= 1.5 * few_and_many[0]


def test_empty_looks_stay_flat(tmp_path: Path, clock: Clock) -> None:
    """A claim that finds no task does not read other workers' tasks or waiting tasks."""
    few_and_many = []
    for number in (500, 20_000):
        with QueueDatabase(tmp_path / f"{number}.db", clock=clock) as db:
            fill(db, ready=number, waiting=number, routed=True)
            db.execute("DELETE FROM task_queue WHERE compatibility = '{}'")
            claimer = TaskClaimerFactory.create(SchedulingStrategy.PRIORITY, db)
            few_and_many.append(steps(db, lambda c=claimer: c.claim_task("w", {}) is None))  # type: ignore[misc] # bound
    assert few_and_many[1] <= 1.5 * few_and_many[0]


def test_other_operations_stay_flat(tmp_path: Path) -> None:
    """The cost of enqueue, complete and fail does not depend on the backlog."""
    costs = []
    for number in (500, 20_000):
        with QueueDatabase(tmp_path / f"{number}.db") as db:
            queue = TaskQueue(db)
            fill(db, ready=number)
            costs.append(costs_of(queue))
    assert all(many <= 1.5 * few for few, many in zip(*costs, strict=True))


def costs_of(queue: TaskQueue) -> list[float]:
    """Return the steps of an enqueue, a completion and a failure."""
    tasks = iter(queue.claim_many("w", limit=20))
    return [
        steps(queue.db, lambda: queue.enqueue("t", None)),
        steps(queue.db, lambda: queue.complete(next(tasks))),
        steps(queue.db, lambda: queue.fail(next(tasks), "x")),
    ]


@pytest.mark.parametrize("statistics", [False, True])
def test_plans_use_the_indexes(tmp_path: Path, statistics: bool) -> None:
    """No claim sorts the queue or scans a table, with or without ANALYZE."""
    with QueueDatabase(tmp_path / "queue.db") as db:
        fill(db, ready=2_000, waiting=2_000, routed=True)
        if statistics:
            db.execute("ANALYZE")
        queue = TaskQueue(db)
        for strategy, kinds in STATEMENTS.items():
            queue.claim("w", strategy=strategy)  # creates the indexes of the strategy
            plain, routed = ([sql for sql in vars(kind).values() if sql] for kind in kinds)
            for sql in plain:
                plan = explained(db, sql)
                assert "SCAN task_queue" not in plan
                assert "TEMP B-TREE FOR" not in plan or "due" in sql
            # A routed claim sorts the first tasks of the routes.
            assert not any("SCAN task_queue" in explained(db, sql) for sql in routed)


def explained(db: QueueDatabase, sql: str) -> str:
    values = ("2027", "{}", "w", "2028", 1)[: max(map(int, re.findall(r"\?(\d)", sql)), default=0)]
    with db.connection() as conn:
        rows: list[sqlite3.Row] = conn.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
    return "\n".join(row["detail"] for row in rows)


def test_the_seeds_own_claim_does_not_sort(db: QueueDatabase) -> None:
    """The claim of pattern 2 finds its task in an index."""
    plan = explained(
        db,
        "SELECT id FROM task_queue WHERE status = 'queued' AND run_after_utc <= datetime('now') "
        "ORDER BY priority ASC, id ASC LIMIT 1",
    )
    assert "status_priority" in plan
    assert "TEMP B-TREE" not in plan


def test_the_index_of_the_seeds_claim_comes_with_the_claim(tmp_path: Path) -> None:
    """Only a queue with claims by other SQL pays for their index, in any form of the call."""
    sql = "SELECT id FROM task_queue WHERE status = 'queued' ORDER BY priority, id LIMIT 1"

    def in_a_transaction(db: QueueDatabase) -> None:
        with db.transaction() as conn:
            conn.cursor().execute(sql).fetchone()

    def in_a_connection(db: QueueDatabase) -> None:
        with db.connection() as conn:
            conn.execute(sql).fetchone()

    claims: list[Callable[[QueueDatabase], object]] = [
        in_a_transaction,
        in_a_connection,
        lambda db: db.execute(sql).fetchone(),
    ]
    for number, claim in enumerate(claims):
        with QueueDatabase(tmp_path / f"{number}.db") as db:
            queue = TaskQueue(db)
            queue.enqueue("t", None)
            assert queue.claim("w")
            with db.transaction() as conn:
                conn.execute("INSERT INTO task_queue (type) VALUES ('raw')")
            assert "status_priority" not in indexes(db)
            claim(db)
            assert "status_priority" in indexes(db)


def test_a_claim_by_other_sql_does_not_wait_for_its_index(tmp_path: Path) -> None:
    """While another process holds the lock, a read by other SQL works without the index."""
    path = tmp_path / "queue.db"
    with QueueDatabase(path, busy_seconds=0) as db:
        db.initialize_schema()
        sql = "SELECT id FROM task_queue WHERE status = 'queued' ORDER BY priority"
        with locked(path):
            assert db.execute(sql).fetchall() == []
        assert db.execute(sql).fetchall() == []
        assert "status_priority" in indexes(db)


def indexes(db: QueueDatabase) -> set[str]:
    """Return the names of the indexes."""
    rows = db.execute("SELECT name FROM sqlite_schema WHERE type = 'index'").fetchall()
    return {row[0] for row in rows}


def test_statistics_by_hand_use_an_index(db: QueueDatabase) -> None:
    """The statistics of pattern 4 read an index, not the payloads."""
    plan = explained(db, "SELECT status, COUNT(*), AVG(priority) FROM task_queue GROUP BY status")
    assert "COVERING INDEX task_life" in plan
