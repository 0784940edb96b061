"""The five patterns of the seed, as plain SQL on a new file."""

from __future__ import annotations

import json

import pytest

from pytest_queuekit.queue import QueueDatabase, SchedulingStrategy, TaskClaimerFactory
from tests.queue.world import Clock, add_raw, change_raw, column

_CLAIM = """
    WITH candidate AS (
        SELECT id
        FROM task_queue
        WHERE status = 'queued'
            AND run_after_utc <= datetime('now')
        ORDER BY priority ASC, id ASC
        LIMIT 1
    )
    UPDATE task_queue
    SET status = 'leased',
        reserved_at_utc = datetime('now'),
        lease_until_utc = datetime('now', '+60 seconds'),
        locked_by = ?
    WHERE id = (SELECT id FROM candidate)
    RETURNING *
"""


def enqueue_by_hand(db: QueueDatabase) -> int:
    """Enqueue as pattern 1 does."""
    with db.transaction() as conn:
        cursor = conn.execute(
            "INSERT INTO task_queue "
            "(type, status, priority, payload, created_at_utc, run_after_utc) "
            "VALUES (?, ?, ?, ?, datetime('now'), datetime('now')) "
            "RETURNING id",
            ("video_processing", "queued", 50, json.dumps({"video_id": 123})),
        )
        return int(cursor.fetchone()[0])


def test_enqueue_by_hand_is_claimed_by_every_strategy(db: QueueDatabase) -> None:
    """The claimers of pattern 3 claim a task inserted as in pattern 1."""
    for number, strategy in enumerate(SchedulingStrategy, start=1):
        assert enqueue_by_hand(db) == number
        task = TaskClaimerFactory.create(strategy, db).claim_task("worker-1", {}, lease_seconds=60)
        assert task is not None
        assert task.id == number
        assert task.get_payload() == {"video_id": 123}


def test_claim_by_hand_keeps_the_claimers_off(db: QueueDatabase, clock: Clock) -> None:
    """No claimer takes a task claimed as in pattern 2 before its lease is over."""
    enqueue_by_hand(db)
    with db.transaction() as conn:
        claimed = conn.execute(_CLAIM, ("worker-1",)).fetchone()
    assert claimed[0] == 1
    assert claimed["locked_by"] == "worker-1"
    claimer = TaskClaimerFactory.create(SchedulingStrategy.FIFO, db)
    clock.advance(59)
    assert claimer.claim_task("worker-2", {}) is None
    clock.advance(1)
    again = claimer.claim_task("worker-2", {})
    assert again is not None
    assert (again.id, again.attempts, again.locked_by) == (1, 1, "worker-2")


def test_statistics_by_hand(db: QueueDatabase) -> None:
    """The query of pattern 4 counts and averages."""
    add_raw(db, priority=10)
    add_raw(db, priority=20)
    add_raw(db, priority=50, status="completed")
    with db.connection() as conn:
        rows = conn.execute(
            "SELECT status, COUNT(*) as count, AVG(priority) as avg_priority "
            "FROM task_queue GROUP BY status"
        ).fetchall()
    printed = {f"{row[0]}: {row[1]} tasks (avg priority: {row[2]:.1f})" for row in rows}
    assert printed == {
        "queued: 2 tasks (avg priority: 15.0)",
        "completed: 1 tasks (avg priority: 50.0)",
    }


@pytest.mark.parametrize("stamped", ["completed_at_utc", "finished_at_utc"])
def test_clean_up_by_hand_counts_the_deleted_tasks(db: QueueDatabase, stamped: str) -> None:
    """The DELETE of pattern 5 reports its own rows only: no logs, and nothing from before."""
    for _ in range(3):
        old = add_raw(db)
        change_raw(db, old, f"status = 'completed', {stamped} = datetime('now', '-8 days')")
        db.execute(
            "INSERT INTO task_logs (task_id, level, message) VALUES (?, 'INFO', 'm')", (old,)
        )
    recent = add_raw(db)
    change_raw(db, recent, f"status = 'completed', {stamped} = datetime('now', '-1 day')")
    with db.transaction() as conn:
        conn.execute(
            "DELETE FROM task_queue "
            "WHERE status = 'completed' AND completed_at_utc < datetime('now', '-7 days')"
        )
        deleted = conn.total_changes
    assert deleted == 3
    assert db.execute("SELECT count(*) FROM task_logs").fetchone()[0] == 0
    assert column(db, recent, "id") == recent


def test_optimizing_by_hand(db: QueueDatabase) -> None:
    """VACUUM and PRAGMA optimize of pattern 5 run inside connection(), right after opening."""
    with db.connection() as conn:
        conn.execute("VACUUM")
        conn.execute("PRAGMA optimize")
    assert enqueue_by_hand(db) == 1


def test_completing_by_hand_stamps_the_time(db: QueueDatabase) -> None:
    """A plain UPDATE of the status to completed also sets both times."""
    task = enqueue_by_hand(db)
    change_raw(db, task, "status = 'completed'")
    assert column(db, task, "completed_at_utc") == "2027-01-15 08:00:00"
    assert column(db, task, "finished_at_utc") == "2027-01-15 08:00:00"
