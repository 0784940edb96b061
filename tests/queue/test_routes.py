"""The tasks that each worker may take."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.queue import (
    Queue,
    QueueDatabase,
    SchedulingStrategy,
    TaskQueue,
)
from tests.queue.engines import EVERY_ENGINE, on_sqlite
from tests.queue.world import Clock, Database, add_raw, change_raw

ENGINES = EVERY_ENGINE

every_strategy = pytest.mark.parametrize("strategy", SchedulingStrategy)


@every_strategy
@pytest.mark.parametrize(
    ("compatibility", "capabilities", "may"),
    [
        ({}, {}, True),
        ({}, {"region": "US"}, True),
        ({"region": "EU"}, {}, False),
        ({"region": "EU"}, None, False),
        ({"region": "EU"}, {"region": "US"}, False),
        ({"region": "EU"}, {"region": "EU"}, True),
        ({"region": "EU"}, {"region": ["US", "EU"]}, True),
        ({"region": "EU"}, {"region": ["US"]}, False),
        ({"region": "EU"}, {"region": []}, False),
        ({"region": "EU"}, {"format": "EU"}, False),
        ({"region": "EU", "format": "mp4"}, {"region": "EU"}, False),
        ({"region": "EU", "format": "mp4"}, {"format": ["mp4"], "region": "EU", "x": 1}, True),
        ({"region": None}, {}, False),
        ({"region": None}, {"region": None}, True),
        ({"gpus": 1}, {"gpus": 1.0}, True),
        ({"gpu": 1}, {"gpu": True}, False),
        ({"gpu": True}, {"gpu": [1, True]}, True),
        ({"gpus": [1]}, {"gpus": [True]}, False),
        ({"box": {"x": 1}}, {"box": {"x": 1.0}}, True),
        ({"regions": ["a", "b"]}, {"regions": ["a", "b"]}, True),
        ({"regions": ["a", "b"]}, {"regions": [["a", "b"]]}, True),
        ({"regions": ["a", "b"]}, {"regions": ["b", "a"]}, False),
        ({"box": {"x": 1, "y": 2}}, {"box": {"y": 2, "x": 1}}, True),
        ({"region": "Zürich ✅"}, {"region": ["Zürich ✅"]}, True),
    ],
)
def test_capabilities_meet_the_compatibility(
    queue: Queue,
    strategy: SchedulingStrategy,
    compatibility: dict[str, Any],
    capabilities: dict[str, Any] | None,
    may: bool,
) -> None:
    """The worker's value for each key must equal the task's value, or be a list with it."""
    queue.enqueue("t", None, compatibility=compatibility)
    task = queue.claim("w", capabilities, strategy=strategy)
    assert (task is not None) is may
    assert queue.stats().leased == may


@every_strategy
def test_the_best_of_all_routes(queue: Queue, strategy: SchedulingStrategy) -> None:
    """A worker gets its tasks in order across all routes."""
    wanted = [None, {"region": "EU"}, {"region": "US"}, {"format": "mp4"}]
    for number in range(40):
        queue.enqueue("t", number, priority=100 - number, compatibility=wanted[number % 4])
    capabilities = {"region": ["EU", "ASIA"], "format": ["mp4", "avi"]}
    tasks = [task for _ in range(31) if (task := queue.claim("w", capabilities, strategy=strategy))]
    mine = [number for number in range(1, 41) if number % 4 != 3]
    got = [task.id for task in tasks]
    if strategy is SchedulingStrategy.WEIGHTED_RANDOM:
        assert sorted(got) == mine
    else:
        newest_first = strategy is not SchedulingStrategy.FIFO
        assert got == sorted(mine, reverse=newest_first)


def test_due_tasks_are_routed_too(queue: Queue, clock: Clock) -> None:
    """Tasks that come due go only to workers that may take them."""
    queue.enqueue_many("t", range(600), delay=5, compatibility={"region": "EU"}, priority=1)
    queue.enqueue_many("t", range(600), delay=6, compatibility={"region": "US"}, priority=2)
    plain = queue.enqueue("t", None, delay=7, priority=3)
    clock.advance(10)
    first = queue.claim("w", {"region": "US"})
    assert first is not None
    assert first.get_compatibility() == {"region": "US"}
    second = queue.claim("w")
    assert second is not None
    assert second.id == plain
    assert queue.claim("w") is None
    assert queue.claim("w", {"region": "ASIA"}, strategy=SchedulingStrategy.WEIGHTED_RANDOM) is None
    assert queue.stats().ready == 1199


@every_strategy
def test_an_idle_worker_sees_its_task_at_once(queue: Queue, strategy: SchedulingStrategy) -> None:
    """A worker that found no task gets its own task at once, beside other workers' tasks."""
    queue.enqueue("t", None, compatibility={"region": "EU"})
    for _ in range(3):
        assert queue.claim("w", {"region": "US"}, strategy=strategy) is None
    mine = queue.enqueue("t", None, compatibility={"region": "US"})
    task = queue.claim("w", {"region": "US"}, strategy=strategy)
    assert task is not None
    assert task.id == mine


def test_compatibility_by_hand(queue: Queue, db: Database) -> None:
    """Other SQL may write compatibilities with spaces and any key order, and change them."""
    add_raw(db, compatibility='{ "region" : "EU",\n "format": "mp4" }')
    add_raw(db, compatibility="{ }")
    assert [task.id for task in queue.claim_many("w", limit=9)] == [2]
    task = queue.claim("w", {"format": "mp4", "region": "EU"})
    assert task is not None
    assert task.id == 1
    queue.release(task)
    change_raw(db, 1, "compatibility = '{}'")
    assert queue.claim("w") is not None


@pytest.mark.parametrize(
    "odd", ['{"n": ' + "1" * 5000 + "}", '{"n": ' + "[" * 990 + "]" * 990 + "}"]
)
def test_compatibility_that_python_cannot_read(queue: Queue, db: Database, odd: str) -> None:
    """No worker gets a task with an unreadable compatibility; all other tasks are claimed."""
    add_raw(db, compatibility=odd)
    wanted = queue.enqueue("t", None, compatibility={"region": "EU"})
    task = queue.claim("w", {"region": "EU", "n": 1})
    assert task is not None
    assert task.id == wanted
    assert queue.claim("w", {"region": "EU", "n": 1}) is None


@on_sqlite
@every_strategy
@pytest.mark.parametrize("odd", ["[]", '[["region"]]', "null", "true", "7", '"EU"'])
@pytest.mark.parametrize("capabilities", [None, {"region": "EU"}])
def test_compatibility_that_is_no_object(
    queue: Queue,
    db: QueueDatabase,
    strategy: SchedulingStrategy,
    odd: str,
    capabilities: dict[str, Any] | None,
) -> None:
    """A row that other SQL wrote without the constraints stays queued and stops no claim."""
    db.execute("PRAGMA ignore_check_constraints = ON")
    stored = add_raw(db, compatibility=odd)
    db.execute("PRAGMA ignore_check_constraints = OFF")
    wanted = queue.enqueue("t", None, compatibility=capabilities)
    task = queue.claim("w", capabilities, strategy=strategy)
    assert task is not None
    assert task.id == wanted
    assert queue.claim_many("w", capabilities, limit=2, strategy=strategy) == []
    assert queue.get(stored).status == "queued"


@every_strategy
@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_a_file_in_utf_16(path: Path, strategy: SchedulingStrategy, encoding: str) -> None:
    """An empty database that another program made in UTF-16 serves workers with capabilities."""
    with closing(sqlite3.connect(path)) as conn:
        conn.executescript(f"PRAGMA encoding='{encoding}'; CREATE TABLE t (a); DROP TABLE t")
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        add_raw(db, compatibility='{"region": 1e999}')
        wanted = queue.enqueue("t", {"ä": "ö"}, compatibility={"region": "ÖU"})
        assert queue.claim("w", {"region": "EU"}, strategy=strategy) is None
        task = queue.claim("w", {"region": ["ÖU"]}, strategy=strategy)
        assert task is not None
        assert (task.id, task.get_payload()) == (wanted, {"ä": "ö"})
