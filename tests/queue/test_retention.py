"""Purge, archive and sweep: the tasks that stay, and those that go."""

from __future__ import annotations

import json

import pytest

from pytest_queuekit.queue import Queue, QueueInputError, SweepResult
from tests.queue.engines import EVERY_ENGINE
from tests.queue.world import Clock, Database, add_raw, change_raw, rows_of

ENGINES = EVERY_ENGINE
DAY = 86_400


def ended(queue: Queue, count: int = 1) -> list[int]:
    """Add completed tasks and return their ids."""
    ids = queue.enqueue_many("t", range(count))
    for task in queue.claim_many("w", limit=count):
        queue.complete(task)
    return ids


def test_purge_keeps_young_tasks(queue: Queue, clock: Clock) -> None:
    """purge() deletes tasks after seven days by default, and not a second earlier."""
    ended(queue)
    clock.advance(7 * DAY)
    assert queue.purge() == 0
    clock.advance(1)
    ended(queue)
    assert queue.purge() == 1
    assert queue.stats().completed == 1
    assert queue.purge(older_than=0) == 1


def test_purge_keeps_tasks_that_have_not_ended(queue: Queue, clock: Clock) -> None:
    """purge() keeps queued and leased tasks, and dead letters unless `statuses` names them."""
    queue.enqueue_many("t", range(4))
    held = queue.claim_many("w", limit=2, lease_seconds=1000)
    queue.fail(held[0], "x", retry=False)
    queue.cancel(3)
    clock.advance(100)
    assert queue.purge(older_than=0) == 1
    stats = queue.stats()
    assert (stats.queued, stats.leased, stats.dead, stats.cancelled) == (1, 1, 1, 0)
    assert queue.purge(older_than=0, statuses=("failed",)) == 1
    assert queue.stats().dead == 0


@pytest.mark.parametrize("statuses", ["completed", [], ["queued"], ["completed", "leased"]])
def test_purge_of_unended_tasks_is_rejected(queue: Queue, statuses: list[str]) -> None:
    """purge() rejects a `statuses` that is not a list of ended statuses."""
    with pytest.raises(QueueInputError, match="statuses="):
        queue.purge(0, statuses=statuses)


@pytest.mark.parametrize("age", [-1, float("nan"), None, True, 1e12])
def test_ages(queue: Queue, age: float) -> None:
    """Calls with an age reject any value that is not a number of seconds in range."""
    for call in (queue.purge, queue.archive, queue.stale_workers):
        with pytest.raises(QueueInputError, match="older_than="):
            call(age)


def test_archive_keeps_task_and_logs(queue: Queue, db: Database, clock: Clock) -> None:
    """archive() moves a task and its logs as JSON to task_archive."""
    queue.enqueue("t", {"a": [1]}, idempotency_key="k")
    queue.log(1, "ERROR", "hm", {"at": 2})
    queue.complete(queue.claim("w") or pytest.fail("nothing to claim"), "result")
    clock.advance(10)
    assert queue.archive(older_than=5) == 1
    assert queue.stats().completed == 0
    sql = "SELECT id, task, logs, archived_at_utc = datetime('now') FROM task_archive"
    ((task_id, task_json, logs_json, is_now),) = rows_of(db, sql)
    task, (log,) = json.loads(task_json), json.loads(logs_json)
    assert (task_id, bool(is_now)) == (1, True)
    assert (task["payload"], task["result"], task["idempotency_key"]) == (
        '{"a": [1]}'.replace(" ", ""),
        '"result"',
        "k",
    )
    assert task["completed_at_utc"] == "2027-01-15 08:00:00"
    assert (log["level"], log["message"], log["details"]) == ("ERROR", "hm", '{"at":2}')
    assert queue.archive(older_than=5) == 0


def test_sweep_reclaims_promotes_and_forgets(queue: Queue, clock: Clock) -> None:
    """sweep() handles any number of lapsed leases, due tasks and silent workers."""
    queue.enqueue_many("t", range(700))
    queue.claim_many("w", limit=600, lease_seconds=10)
    queue.enqueue_many("t", range(1100), delay=20)
    queue.heartbeat("gone")
    clock.advance(301)
    queue.heartbeat("here")
    assert queue.sweep() == SweepResult(reclaimed=600, promoted=1100, forgotten=1)
    assert queue.sweep() == SweepResult(reclaimed=0, promoted=0, forgotten=0)
    assert queue.stats().ready == 1800


def test_other_sql_is_not_in_the_way(queue: Queue, db: Database, clock: Clock) -> None:
    """purge() also deletes tasks that other SQL completed."""
    task = add_raw(db)
    change_raw(db, task, "status = 'completed'")
    clock.advance(10)
    assert queue.purge(older_than=5) == 1


def test_purge_of_many(queue: Queue) -> None:
    """purge() deletes more tasks than fit into one step, with their logs."""
    for _ in range(3):
        ended(queue, 800)
    queue.log(1, "INFO", "hello")
    assert queue.purge(older_than=0) == 2400
    assert queue.logs(1) == []
