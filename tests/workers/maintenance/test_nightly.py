"""The suite of team 06."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_queuekit.plugin.fixtures.clock import QueueClock
from pytest_queuekit.plugin.fixtures.databases import QueueDatabases
from pytest_queuekit.queue import QueueDatabase, TaskQueue
from tests.workers.maintenance.nightly import DAY, Plan, run

pytestmark = [pytest.mark.queue_worker(6), pytest.mark.queue_integration]

Fill = Callable[..., list[int]]


def _complete(queue: TaskQueue, count: int) -> None:
    for task in queue.claim_many("worker-1", limit=count):
        queue.complete(task)


@pytest.mark.queue_allow("leased")
def test_old_tasks_are_archived_with_their_log(
    queue_db: QueueDatabase,
    queue_tasks: TaskQueue,
    queue_fill: Fill,
    queue_clock: QueueClock,
    tmp_path: Path,
) -> None:
    """Tasks that ended a week ago are archived; waiting, leased and recent ones stay."""
    (first, *_) = queue_fill(5)
    queue_tasks.log(first, "INFO", "begun")
    _complete(queue_tasks, 2)
    queue_clock.advance(8 * DAY)
    _complete(queue_tasks, 1)
    queue_tasks.claim("worker-1")
    report = run(queue_db, tmp_path / "copies")
    assert report.archived == 2
    stats = queue_tasks.stats()
    assert (stats.completed, stats.leased, stats.queued) == (1, 1, 1)
    with queue_db.connection() as conn:
        rows = conn.execute("SELECT id, logs FROM task_archive ORDER BY id LIMIT 10").fetchall()
    assert [row["id"] for row in rows] == [1, 2]
    assert "begun" in rows[0]["logs"]


def test_expired_leases_and_due_tasks_become_ready(
    queue_db: QueueDatabase,
    queue_tasks: TaskQueue,
    queue_fill: Fill,
    queue_clock: QueueClock,
    tmp_path: Path,
) -> None:
    """Lapsed leases are taken back, and delayed tasks made ready, before a worker asks."""
    queue_fill(1)
    queue_tasks.claim("vanished", lease_seconds=60)
    queue_fill(2, delay=30)
    queue_clock.advance(61)
    report = run(queue_db, tmp_path / "copies")
    assert (report.reclaimed, report.promoted) == (1, 2)
    assert queue_tasks.stats().ready == 3


def test_a_copy_is_a_queue_of_its_own(
    queue_db: QueueDatabase,
    queue_tasks: TaskQueue,
    queue_fill: Fill,
    queue_db_factory: QueueDatabases,
    tmp_path: Path,
) -> None:
    """The copy keeps the waiting tasks, even if the original completes them."""
    queue_fill(3)
    report = run(queue_db, tmp_path / "copies")
    assert report.backup is not None
    _complete(queue_tasks, 3)
    restored = TaskQueue(queue_db_factory(report.backup))
    assert restored.stats().ready == 3
    assert restored.integrity_check() == []


def test_the_newest_copies_are_kept(queue_db: QueueDatabase, tmp_path: Path) -> None:
    """Numbers continue, so that a name never means two copies."""
    for _ in range(5):
        run(queue_db, tmp_path, Plan(copies=2))
    kept = sorted(path.name for path in tmp_path.glob("queue-*.db"))
    assert kept == ["queue-000004.db", "queue-000005.db"]


@pytest.mark.queue_allow("leased")
def test_damage_is_reported_and_not_copied(
    queue_db: QueueDatabase, queue_tasks: TaskQueue, tmp_path: Path
) -> None:
    """A lease without an end is damage that SQLite cannot detect."""
    task_id = queue_tasks.enqueue("mail", None)
    with queue_db.transaction() as conn:
        conn.execute("UPDATE task_queue SET status = 'leased' WHERE id = ?", (task_id,))
    report = run(queue_db, tmp_path / "copies")
    assert report.damage == ("1 tasks are leased without an end and will never be reclaimed",)
    assert (report.backup, report.vacuumed) == (None, False)
    assert not (tmp_path / "copies").exists()


@pytest.mark.queue_stress
def test_workers_continue_during_the_maintenance(
    queue_db: QueueDatabase, queue_tasks: TaskQueue, queue_fill: Fill, tmp_path: Path
) -> None:
    """No task is lost or done twice while the job runs repeatedly."""
    ids = queue_fill(200)
    taken: list[int] = []

    def work() -> None:
        while (task := queue_tasks.claim("worker-1")) is not None:
            queue_tasks.complete(task)
            taken.append(task.id)

    worker = threading.Thread(target=work)
    worker.start()
    while worker.is_alive():
        assert run(queue_db, tmp_path / "copies").damage == ()
    worker.join()
    assert sorted(taken) == ids


def test_the_integration(queue_integration_check: Callable[..., None]) -> None:
    """validate_worker_integration() finds no problem with the queue."""
    queue_integration_check()
