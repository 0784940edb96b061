"""What time alone does to tasks: leases lapse, and waiting tasks come due.

Claims do a bounded amount of it on their way; sweep() does all of it.
"""

from __future__ import annotations

from .lottery import DRAW, RACE_TIME
from .schema import PENDING
from .session import Session

CHUNK = 500
"""Rows that one step changes, so that nobody waits long for the lock."""

READY_IF_DUE = f"""
    due_stamp = CASE WHEN run_after_utc <= ?1 THEN run_after_utc END,
    race_from = {RACE_TIME}, race_draw = {DRAW}
"""
"""Assignments that make a queued task ready if its time has come; ?1 is now."""

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
    """Take back tasks whose lease lapsed, each as a failed attempt; return how many.

    A task that has no attempt left becomes a dead letter: one that kills its worker is not
    handed out for ever.
    """
    return session.change(_RECLAIM, (now, limit))


def promote_due(session: Session, now: str, *, limit: int = CHUNK) -> int:
    """Make pending tasks that have come due ready; return how many."""
    return session.change(_PROMOTE, (now, limit))
