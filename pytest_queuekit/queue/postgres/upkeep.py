"""Reclaims tasks with a lapsed lease, and promotes waiting tasks that came due.

One process at a time does so, under an advisory lock: with SKIP LOCKED alone, claims beside it
would pass over the tasks that are being promoted.
"""

from __future__ import annotations

from .database import PostgresDatabase
from .session import Session
from .statements import DUE, FLOOR_NOW, LAPSED, LEASED, NOW, PENDING, READY, text_of

CHUNK = 500
"""Most rows that one step changes, so that no claim waits long for the lock."""
UPKEEP = 0x74736B71
"""The first number of the advisory lock around upkeep; the second is that of the schema."""

_LOCK = "SELECT pg_advisory_xact_lock(%(kind)s, %(schema)s)"
# A lost promotion is done again.
_UNSYNCHRONIZED = "SET LOCAL synchronous_commit = off"
_IS_DEAD = "attempts + 1 >= max_attempts"
_END = f"CASE WHEN {_IS_DEAD} THEN moment.t END"
_RECLAIM = f"""
    UPDATE $queue.task_queue
    SET status = CASE WHEN {_IS_DEAD} THEN 'failed' ELSE 'queued' END,
        completed_at_utc = {_END}, finished_at_utc = {_END},
        error_message = 'the lease of ' || coalesce(locked_by, 'a worker') || ' lapsed at '
            || {text_of("lease_until_utc")} || ' UTC',
        locked_by = NULL, lease_until_utc = NULL, attempts = attempts + 1,
        lease_token = lease_token + 1, updated_at_utc = moment.t
    FROM (SELECT {FLOOR_NOW} AS t) AS moment
    WHERE id = ANY(ARRAY(SELECT id FROM $queue.task_queue
        WHERE {LEASED} AND lease_until_utc <= {NOW}
        ORDER BY lease_until_utc LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED))
"""
# A weighted claim gives the task a new draw, at the present time of its race.
_PROMOTE = f"""
    UPDATE $queue.task_queue
    SET due_stamp = run_after_utc, race_from = NULL, race_draw = NULL
    WHERE id = ANY(ARRAY(SELECT id FROM $queue.task_queue
        WHERE {PENDING} AND run_after_utc <= {NOW}
        ORDER BY run_after_utc, id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED))
"""
NEEDS = f"""
    SELECT {LAPSED}, {DUE}, EXISTS (SELECT 1 FROM $queue.task_queue WHERE {READY})
"""
"""Returns if a lease has lapsed, if a waiting task is due, and if any task is ready."""


def lock(db: PostgresDatabase, session: Session, kind: int) -> None:
    """Wait for an advisory lock of this queue, and hold it until the transaction ends."""
    session.run(_LOCK, {"kind": kind, "schema": db.lock_number})


def reclaim_lapsed(db: PostgresDatabase, *, limit: int = CHUNK) -> int:
    """Reclaim tasks with a lapsed lease, each as a failed attempt; return how many.

    A task without attempts left becomes a dead letter, so a task that kills its workers does
    not come back for ever.
    """
    return _step(db, _RECLAIM, limit)


def promote_due(db: PostgresDatabase, *, limit: int = CHUNK) -> int:
    """Make due waiting tasks ready; return how many."""
    return _step(db, _PROMOTE, limit)


def _step(db: PostgresDatabase, sql: str, limit: int) -> int:
    number = db.lock_number

    def step(session: Session) -> int:
        session.change(_UNSYNCHRONIZED)
        session.run(_LOCK, {"kind": UPKEEP, "schema": number})
        return session.change(sql, {"limit": limit})

    return db.write(step)
