"""Heartbeats of workers, logs of tasks, and statistics."""

from __future__ import annotations

import pytest

from pytest_queuekit.queue import (
    Queue,
    QueueStats,
    TaskNotFoundError,
)
from tests.queue.engines import EVERY_ENGINE, on_sqlite
from tests.queue.world import Clock, Database, add_raw, change_raw, rows_of

ENGINES = EVERY_ENGINE


def test_heartbeats(queue: Queue, clock: Clock) -> None:
    """The latest heartbeat counts; a worker is stale after more than five minutes without one."""
    queue.heartbeat("quiet", {"region": "US"})
    queue.heartbeat("busy")
    clock.advance(200)
    beat = queue.heartbeat("busy", {"format": "mp4"})
    assert (beat.heartbeat_utc, beat.get_capabilities()) == (
        "2027-01-15 08:03:20",
        {"format": "mp4"},
    )
    clock.advance(100)
    assert queue.stale_workers() == []
    clock.advance(1)
    (stale,) = queue.stale_workers()
    assert (stale.worker_id, stale.get_capabilities()) == ("quiet", {"region": "US"})
    assert [worker.worker_id for worker in queue.stale_workers(older_than=100)] == ["quiet", "busy"]


def test_forgetting_a_worker(queue: Queue, clock: Clock) -> None:
    """A worker can be forgotten once."""
    queue.heartbeat("w")
    clock.advance(1000)
    assert queue.forget_worker("w") is True
    assert queue.forget_worker("w") is False
    assert queue.stale_workers() == []


def test_a_log_belongs_to_a_task(queue: Queue, clock: Clock) -> None:
    """logs() returns the lines of one task in the order of writing."""
    queue.enqueue_many("t", [1, 2])
    first = queue.log(1, "INFO", "begun")
    clock.advance(5)
    queue.log(2, "INFO", "other")
    last = queue.log(1, "ERROR", "broken \udcff", {"line": 3})
    logs = queue.logs(1)
    assert [log.log_id for log in logs] == [first, last]
    assert [log.at_utc for log in logs] == ["2027-01-15 08:00:00", "2027-01-15 08:00:05"]
    assert (logs[1].message, logs[1].get_details()) == ("broken \\udcff", {"line": 3})


def test_a_log_of_no_task(queue: Queue) -> None:
    """A log line for an unknown task raises TaskNotFoundError."""
    with pytest.raises(TaskNotFoundError, match="task_id=7"):
        queue.log(7, "INFO", "hello")


def test_stats_of_an_empty_queue(queue: Queue) -> None:
    """The statistics of an empty queue are all zero, without an age."""
    figures = queue.stats().as_dict()
    assert figures.pop("oldest_ready_seconds") is None
    figures.pop("wal_bytes")
    assert set(figures.values()) == {0}


def test_stats(queue: Queue, db: Database, clock: Clock) -> None:
    """Each task is counted under its state."""
    queue.enqueue("done", None, priority=1)
    queue.complete(queue.claim("w") or pytest.fail("nothing to claim"))
    queue.enqueue("dead", None, priority=1)
    queue.fail(queue.claim("w") or pytest.fail("nothing to claim"), "x", retry=False)
    queue.cancel(queue.enqueue("cancelled", None))
    queue.enqueue("lapsed", None, priority=1)
    queue.claim("w", lease_seconds=10)
    queue.enqueue("endless", None, priority=1)
    held = queue.claim("w")
    assert held is not None
    change_raw(db, held.id, "lease_until_utc = NULL")
    clock.advance(20)
    queue.enqueue("held", None, priority=1)
    change_raw(db, queue.enqueue("processing", None, priority=1), "status = 'processing'")
    rows_of(
        db,
        "UPDATE task_queue SET status = 'leased', lease_until_utc = datetime('now', '+60 seconds') "
        "WHERE type = 'held'",
    )
    queue.enqueue("ready", None)
    queue.enqueue("routed", None, compatibility={"region": "EU"})
    clock.advance(30.5)
    add_raw(db, run_after_utc="2027-01-15 08:00:30")
    queue.enqueue("waiting", None, delay=100)
    assert queue.stats() == QueueStats(
        queued=4,
        ready=3,
        waiting=1,
        leased=4,
        lapsed=1,
        endless=2,
        completed=1,
        dead=1,
        cancelled=1,
        oldest_ready_seconds=30.5,
    )


def test_the_oldest_task_of_any_route(queue: Queue, clock: Clock) -> None:
    """oldest_ready_seconds includes due tasks that no claim has promoted yet."""
    queue.enqueue("t", None, compatibility={"region": "EU"}, delay=2)
    clock.advance(5)
    queue.enqueue("t", None)
    clock.advance(5)
    assert queue.stats().oldest_ready_seconds == 8


@on_sqlite
@pytest.mark.parametrize("moment", ["0000-00-00 00:00:00", "2026-02-30 25:00:00"])
def test_a_day_that_no_calendar_has(queue: Queue, db: Database, moment: str) -> None:
    """A task with a date that does not exist counts as due."""
    add_raw(db, run_after_utc=moment)
    stats = queue.stats()
    assert stats.ready == 1
    assert (stats.oldest_ready_seconds or 0) > 86_400


@pytest.mark.parametrize(
    "most",
    ["ready", "waiting", "leased", "processing", "completed", "failed", "cancelled", "spent"],
)
def test_counts_are_right_whichever_state_has_most_tasks(
    db: Database, queue: Queue, most: str
) -> None:
    """stats() counts as plain SQL does, although it does not count the state with most tasks."""
    columns: dict[str, dict[str, object]] = {
        "ready": {},
        "waiting": {"run_after_utc": "2027-01-15 09:00:00"},
        "spent": {"attempts": 5},
    }
    for number, kind in enumerate(
        ("ready", "waiting", "leased", "processing", "completed", "failed", "cancelled", "spent")
    ):
        values = columns.get(kind, {"status": kind})
        for _ in range(40 if kind == most else number):
            add_raw(db, **values)
    stats = queue.stats()
    sql = "SELECT status, count(*) FROM task_queue GROUP BY status"
    counts: dict[str, int] = dict(rows_of(db, sql))
    assert stats.queued == counts["queued"]
    assert stats.leased == counts["leased"] + counts["processing"]
    assert (stats.completed, stats.dead) == (counts["completed"], counts["failed"])
    assert stats.cancelled == counts["cancelled"]
    assert stats.waiting == (40 if most == "waiting" else 1)
    assert stats.ready == (40 if most == "ready" else 0)


@pytest.mark.parametrize("more", [0, 60])
@pytest.mark.parametrize("kind", ["ready", "waiting", "leased"])
@pytest.mark.parametrize(
    "columns",
    [
        {"status": "queued"},
        {"status": "queued", "attempts": 5},
        {"status": "queued", "run_after_utc": "2027-01-15 07:00:00"},
        {"status": "queued", "run_after_utc": "2027-01-15 09:00:00"},
        {"status": "queued", "run_after_utc": "2027-01-15 08:00:10"},
        {"status": "leased", "lease_until_utc": "2027-01-15 07:59:59"},
        {"status": "leased", "lease_until_utc": "2027-01-15 09:00:00"},
        {"status": "processing", "lease_until_utc": "2027-01-15 07:59:59"},
        {"status": "processing", "lease_until_utc": None},
    ],
)
def test_a_task_that_other_sql_left_with_an_end(
    db: Database,
    queue: Queue,
    clock: Clock,
    columns: dict[str, object],
    kind: str,
    more: int,
) -> None:
    """A task that other SQL took back with the time of its end counts like any other task."""
    others: dict[str, dict[str, object]] = {
        "ready": {},
        "waiting": {"run_after_utc": "2027-01-15 09:00:00"},
        "leased": {"status": "leased", "lease_until_utc": "2027-01-15 09:00:00"},
    }
    task_id = add_raw(db, completed_at_utc="2027-01-15 07:30:00", **columns)
    for _ in range(more):
        add_raw(db, **others[kind])
    clock.advance(20)
    with_end = queue.stats()
    change_raw(db, task_id, "completed_at_utc = NULL, finished_at_utc = NULL")
    assert with_end == queue.stats()
