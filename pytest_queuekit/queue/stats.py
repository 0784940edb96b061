"""Counts of tasks by state."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from .clock import seconds_of
from .database import QueueDatabase
from .schema import PENDING, READY

_COUNTS = "SELECT status, count(*) FROM task_queue GROUP BY status"
_WAITING = f"""
    SELECT count(*) FROM task_queue INDEXED BY pending_priority
    WHERE {PENDING} AND run_after_utc > ?"""
_LAPSED = "SELECT count(*) FROM task_queue INDEXED BY lease_end WHERE lease_ends <= ?"
_ENDLESS = """
    SELECT count(*) FROM task_queue
    WHERE status IN ('leased', 'processing') AND lease_until_utc IS NULL"""
# Visits the first ready task of each route, so it never reads a whole index.
_OLDEST = f"""
    WITH RECURSIVE head (id) AS (
        SELECT (SELECT id FROM task_queue INDEXED BY ready_arrival
                WHERE {READY} ORDER BY route, id LIMIT 1)
        UNION ALL
        SELECT (SELECT id FROM task_queue INDEXED BY ready_arrival
                WHERE {READY} AND route > here.route ORDER BY route, id LIMIT 1)
        FROM head JOIN task_queue AS here ON here.id = head.id)
    SELECT min(moment) FROM (
        SELECT run_after_utc AS moment FROM task_queue WHERE id IN (SELECT id FROM head)
        UNION ALL
        SELECT min(run_after_utc) FROM task_queue INDEXED BY pending_priority
        WHERE {PENDING} AND run_after_utc <= ?)
"""


@dataclass(frozen=True, kw_only=True)
class QueueStats:
    """Counts of tasks, all at one moment.

    queued: ready and waiting tasks.
    ready: tasks that a claim could take.
    waiting: tasks that are not due yet.
    leased: tasks that a worker holds, also with status 'processing'.
    lapsed: leased tasks with a lapsed lease, not yet reclaimed.
    endless: tasks that other SQL leased without an end; no claim reclaims them.
    completed: completed tasks.
    dead: dead letters.
    cancelled: cancelled tasks.
    oldest_ready_seconds: seconds since the first enqueued of the ready tasks came due; None if
        no task is ready.
    """

    queued: int
    ready: int
    waiting: int
    leased: int
    lapsed: int
    endless: int
    completed: int
    dead: int
    cancelled: int
    oldest_ready_seconds: float | None

    def as_dict(self) -> dict[str, int | float | None]:
        """Return the counts by name."""
        return asdict(self)


def read_stats(db: QueueDatabase) -> QueueStats:
    """Read all counts in one snapshot."""
    now = db.now()
    now_text = db.now_text()
    with db.snapshot() as read:
        by_status = dict(read(_COUNTS))
        waiting = read(_WAITING, (now_text,))[0][0]
        lapsed = read(_LAPSED, (now_text,))[0][0]
        endless = read(_ENDLESS)[0][0]
        oldest = read(_OLDEST, (now_text,))[0][0]
    queued = by_status.get("queued", 0)
    return QueueStats(
        queued=queued,
        ready=queued - waiting,
        waiting=waiting,
        leased=by_status.get("leased", 0) + by_status.get("processing", 0),
        lapsed=lapsed,
        endless=endless,
        completed=by_status.get("completed", 0),
        dead=by_status.get("failed", 0),
        cancelled=by_status.get("cancelled", 0),
        oldest_ready_seconds=None if oldest is None else max(0.0, now - seconds_of(oldest)),
    )
