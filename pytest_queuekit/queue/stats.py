"""Counts of tasks by state."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from .clock import seconds_of
from .database import QueueDatabase
from .files import wal_bytes
from .places import FROM_LIFE, IS_DUE_BY_NOW, IS_READY, IS_WAITING, LAPSED, PLACE, QUEUED, place_of

_COUNTS = "SELECT status, count(*) FROM task_queue GROUP BY status"
_WAITING = f"SELECT count(*) {FROM_LIFE} WHERE {QUEUED} AND {IS_WAITING} AND {PLACE} >= ?1 || '!'"
_UNFINDABLE = f"SELECT count(*) {FROM_LIFE} WHERE {QUEUED} AND {PLACE} IS NULL"
_LAPSED = f"SELECT count(*) FROM ({' UNION ALL '.join(LAPSED)})"
_ENDLESS = """
    SELECT count(*) FROM task_queue
    WHERE (status = 'leased' OR status = 'processing') AND lease_until_utc IS NULL"""
# Visits the first ready task of each route and priority, so it never reads a whole index.
_OLDEST = f"""
    WITH RECURSIVE head (id) AS (
        SELECT (SELECT id {FROM_LIFE} WHERE {QUEUED} AND {IS_READY}
                ORDER BY {PLACE}, priority, id LIMIT 1)
        UNION ALL
        SELECT coalesce(
            (SELECT id {FROM_LIFE} WHERE {QUEUED} AND {PLACE} = {place_of("here.")}
                AND priority > here.priority ORDER BY priority, id LIMIT 1),
            (SELECT id {FROM_LIFE} WHERE {QUEUED} AND {IS_READY} AND {PLACE} > {place_of("here.")}
                ORDER BY {PLACE}, priority, id LIMIT 1))
        FROM head JOIN task_queue AS here ON here.id = head.id)
    SELECT min(moment) FROM (
        SELECT run_after_utc AS moment FROM task_queue WHERE id = (SELECT min(id) FROM head)
        UNION ALL
        SELECT min(run_after_utc) {FROM_LIFE}
        WHERE {QUEUED} AND {IS_WAITING} AND {IS_DUE_BY_NOW})
"""


@dataclass(frozen=True, kw_only=True)
class QueueStats:
    """Counts of tasks, all at one moment.

    queued: ready and waiting tasks, and those that other SQL queued without attempts left.
    ready: tasks that a claim could take.
    waiting: tasks that are not due yet.
    leased: tasks that a worker holds, including those with status 'processing'.
    lapsed: leased tasks with a lapsed lease, not yet reclaimed.
    endless: tasks that other SQL leased without an end; no claim reclaims them.
    completed: completed tasks.
    dead: dead letters.
    cancelled: cancelled tasks.
    oldest_ready_seconds: seconds since the first enqueued of the ready tasks came due; None if
        no task is ready.
    wal_bytes: size of the -wal beside the file. Above 20 MB, a reader probably holds an old
        snapshot: an unfinished SELECT, or a transaction that only reads.
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
    wal_bytes: int = field(default=0, compare=False)

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
        unfindable = read(_UNFINDABLE)[0][0]
        lapsed = read(_LAPSED, (now_text,))[0][0]
        endless = read(_ENDLESS)[0][0]
        oldest = read(_OLDEST, (now_text,))[0][0]
    queued = by_status.get("queued", 0)
    return QueueStats(
        queued=queued,
        ready=queued - waiting - unfindable,
        waiting=waiting,
        leased=by_status.get("leased", 0) + by_status.get("processing", 0),
        lapsed=lapsed,
        endless=endless,
        completed=by_status.get("completed", 0),
        dead=by_status.get("failed", 0),
        cancelled=by_status.get("cancelled", 0),
        oldest_ready_seconds=None if oldest is None else max(0.0, now - seconds_of(oldest)),
        wal_bytes=wal_bytes(db.path),
    )
