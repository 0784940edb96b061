"""Counts the tasks by state."""

from __future__ import annotations

from collections import Counter
from operator import itemgetter

from .clock import floor_text, seconds_of
from .counts import QueueStats
from .database import QueueDatabase, Read
from .files import wal_bytes
from .places import (
    FROM_LIFE,
    IS_DUE_BY_NOW,
    IS_READY,
    IS_WAITING,
    PLACE,
    QUEUED,
    place_of,
)
from .schema import STATUSES

_STRAY = "status = 'queued' AND completed_at_utc IS NOT NULL"


def _count(status: str, condition: str) -> str:
    """Return SQL that counts the tasks with a status that did not end.

    Other SQL may have left the time of an end, which a claim removes.
    """
    rows = f"SELECT count(*) {FROM_LIFE} WHERE status = '{status}' AND completed_at_utc"
    return f"({rows} IS NULL AND {condition}) + ({rows} IS NOT NULL AND {condition})"


_ALL = "SELECT count(*) FROM task_queue"
_WITH_STATUS = f"SELECT count(*) {FROM_LIFE} WHERE status = ?1"
_IS_NOT_DUE = f"{PLACE} >= ?1 || '!'"
_WAITING = f"SELECT {_count('queued', _IS_NOT_DUE)}"
_NOT_WAITING = f"SELECT {_count('queued', IS_DUE_BY_NOW)} + {_count('queued', f'{PLACE} IS NULL')}"
# The status of some tasks at random, and if they wait.
_SAMPLE = f"""
    WITH RECURSIVE
        ids (least, most) AS (
            SELECT (SELECT min(id) FROM task_queue), (SELECT max(id) FROM task_queue)),
        sample (n, start) AS (
            SELECT 1, least FROM ids
            UNION ALL SELECT n + 1, least + abs(random() % (most - least + 1))
            FROM sample, ids WHERE n < 50)
    SELECT status, {_IS_NOT_DUE} FROM sample JOIN task_queue ON id = (
        SELECT id FROM task_queue WHERE id >= start ORDER BY id LIMIT 1)
"""
_UNFINDABLE = f"SELECT {_count('queued', f'{PLACE} IS NULL')}"
_LAPSED = f"SELECT {_count('leased', f'{PLACE} <= ?1')} + {_count('processing', f'{PLACE} <= ?1')}"
_ENDLESS = (
    f"SELECT {_count('leased', f'{PLACE} IS NULL')} + {_count('processing', f'{PLACE} IS NULL')}"
)
# Visits the first ready task of each route and priority, so it never reads a whole index.
_OLDEST = f"""
    WITH RECURSIVE head (id) AS (
        SELECT (SELECT id {FROM_LIFE} WHERE {QUEUED} AND {IS_READY}
                ORDER BY {PLACE}, priority, id LIMIT 1)
        UNION
        SELECT coalesce(
            (SELECT id {FROM_LIFE} WHERE {QUEUED} AND {PLACE} = {place_of("here.")}
                AND priority > here.priority ORDER BY priority, id LIMIT 1),
            (SELECT id {FROM_LIFE} WHERE {QUEUED} AND {IS_READY} AND {PLACE} > {place_of("here.")}
                ORDER BY {PLACE}, priority, id LIMIT 1))
        FROM head JOIN task_queue AS here ON here.id = head.id)
    SELECT min(moment) FROM (
        SELECT run_after_utc AS moment FROM task_queue WHERE id = (
            SELECT min(id) FROM (
                SELECT id FROM head
                UNION ALL SELECT id {FROM_LIFE} WHERE {_STRAY} AND {IS_READY}))
        UNION ALL
        SELECT min(run_after_utc) {FROM_LIFE}
        WHERE {QUEUED} AND {IS_WAITING} AND {IS_DUE_BY_NOW}
        UNION ALL
        SELECT min(run_after_utc) {FROM_LIFE}
        WHERE {_STRAY} AND {IS_WAITING} AND {IS_DUE_BY_NOW})
"""


def read_stats(db: QueueDatabase) -> QueueStats:
    """Read all counts in one snapshot."""
    now = db.now()
    now_text = floor_text(now)
    with db.snapshot() as read:
        by_status, waiting = _counts(read, now_text)
        unfindable = read(_UNFINDABLE)[0][0]
        lapsed = read(_LAPSED, (now_text,))[0][0]
        endless = read(_ENDLESS)[0][0]
        oldest = read(_OLDEST, (now_text,))[0][0]
    queued = by_status["queued"]
    return QueueStats(
        queued=queued,
        ready=queued - waiting - unfindable,
        waiting=waiting,
        leased=by_status["leased"] + by_status["processing"],
        lapsed=lapsed,
        endless=endless,
        completed=by_status["completed"],
        dead=by_status["failed"],
        cancelled=by_status["cancelled"],
        oldest_ready_seconds=None if oldest is None else max(0.0, now - seconds_of(oldest)),
        wal_bytes=wal_bytes(db.path),
    )


def _counts(read: Read, now: str) -> tuple[dict[str, int], int]:
    """Return the number of tasks by status, and of those that wait.

    Counting all rows takes a third of the time of counting those of a state. So the state that
    probably has the most tasks is what remains of all rows.
    """
    sample = Counter(read(_SAMPLE, (now,)))
    (most, is_mostly_waiting), _ = max(
        sample.items(), key=itemgetter(1), default=((STATUSES[0], 0), 0)
    )
    counts = {status: read(_WITH_STATUS, (status,))[0][0] for status in STATUSES if status != most}
    counts[most] = read(_ALL)[0][0] - sum(counts.values())
    if is_mostly_waiting:
        return counts, counts["queued"] - read(_NOT_WAITING, (now,))[0][0]
    return counts, read(_WAITING, (now,))[0][0]
