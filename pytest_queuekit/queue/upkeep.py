"""Reclaims tasks with a lapsed lease, and promotes waiting tasks that came due.

Each claim does a bounded amount of this upkeep; sweep() does all of it.
"""

from __future__ import annotations

from .lottery import DRAW, RACE_TIME
from .schema import PENDING
from .session import Session

CHUNK = 500
"""Most rows that one step changes, so that no worker waits long for the lock."""

READY_IF_DUE = f"""
    due_stamp = CASE WHEN run_after_utc <= ?1 THEN run_after_utc END,
    race_from = {RACE_TIME}, race_draw = {DRAW}
"""
"""Assignments that make a queued task ready if it is due; ?1 is now."""

_RECLAIM = f"""
    UPDATE task_queue
    SET status = CASE WHEN attempts + 1 >= max_attempts THEN 'failed' ELSE 'queued' END,
        completed_at_utc = CASE WHEN attempts + 1 >= max_attempts THEN ?1 END,
        finished_at_utc = CASE WHEN attempts + 1 >= max_attempts THEN ?1 END,
        attempts = attempts + 1,
        error_message = 'the lease of ' || coalesce(locked_by, 'a worker') || ' lapsed at '
            || lease_until_utc || ' UTC',
        lease_token = lease_token + 1, locked_by = NULL, lease_until_utc = NULL,
        updated_at_utc = ?1, {READY_IF_DUE}
    WHERE id IN (
        SELECT id FROM task_queue INDEXED BY lease_end
        WHERE lease_ends <= ?1 ORDER BY lease_ends LIMIT ?2)
"""
_PROMOTE = f"""
    UPDATE task_queue SET {READY_IF_DUE}
    WHERE id IN (
        SELECT id FROM task_queue INDEXED BY pending_arrival
        WHERE {PENDING} AND run_after_utc <= ?1 ORDER BY run_after_utc, route, id LIMIT ?2)
"""


def reclaim_lapsed(session: Session, now: str, *, limit: int = CHUNK) -> int:
    """Reclaim tasks with a lapsed lease, each as a failed attempt; return how many.

    A task without attempts left becomes a dead letter, so a task that kills its workers does
    not come back for ever.
    """
    return session.change(_RECLAIM, (now, limit))


def promote_due(session: Session, now: str, *, limit: int = CHUNK) -> int:
    """Make due pending tasks ready; return how many."""
    return session.change(_PROMOTE, (now, limit))
