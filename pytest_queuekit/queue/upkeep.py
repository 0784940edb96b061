"""Reclaims tasks with a lapsed lease, and promotes waiting tasks that came due.

Each claim does a bounded amount of this upkeep; sweep() does all of it.
"""

from __future__ import annotations

from .exceptions import QueueIntegrityError
from .padding import LEAVES_RACE, adjusted
from .places import DUE, LAPSED, PLACE, STRAYS
from .session import Session

CHUNK = 500
"""Most rows that one step changes, so that no worker waits long for the lock."""

_IS_DEAD = "attempts + 1 >= max_attempts"
_RECLAIMED = {
    "status": f"CASE WHEN {_IS_DEAD} THEN 'failed' ELSE 'queued' END",
    "completed_at_utc": f"CASE WHEN {_IS_DEAD} THEN ?1 END",
    "finished_at_utc": f"CASE WHEN {_IS_DEAD} THEN ?1 END",
    "error_message": "('the lease of ' || coalesce(locked_by, 'a worker') || ' lapsed at ' "
    "|| lease_until_utc || ' UTC')",
    "locked_by": "NULL",
    "lease_until_utc": "NULL",
}
_RECLAIM = f"""
    UPDATE task_queue
    SET {", ".join(f"{column} = {new}" for column, new in _RECLAIMED.items())},
        attempts = attempts + 1, lease_token = lease_token + 1, updated_at_utc = ?1,
        padding = {adjusted(_RECLAIMED, raised=["attempts", "lease_token"])}
    WHERE id IN (SELECT id FROM ({" UNION ALL ".join(LAPSED.values())}) LIMIT ?2)
"""
# A weighted claim gives the task a new draw, at the present time of its race.
_PROMOTE = f"""
    UPDATE task_queue
    SET due_stamp = run_after_utc, race_from = NULL, race_draw = NULL,
        padding = {adjusted({}, more=LEAVES_RACE)}
    WHERE id IN ({DUE} ORDER BY {PLACE} LIMIT ?2)
"""
_REMOVE_ENDS = f"""
    UPDATE task_queue SET completed_at_utc = NULL, finished_at_utc = NULL
    WHERE id IN (SELECT id FROM ({" UNION ALL ".join(STRAYS.values())}) LIMIT ?1)
"""
_LEFT = f"SELECT id FROM ({' UNION ALL '.join((DUE, *LAPSED.values(), *STRAYS.values()))}) LIMIT 1"


def reclaim_lapsed(session: Session, now: str, *, limit: int = CHUNK) -> int:
    """Reclaim tasks with a lapsed lease, each as a failed attempt; return how many.

    A task without attempts left becomes a dead letter, so a task that kills its workers does
    not come back for ever.
    """
    return session.change(_RECLAIM, (now, limit))


def promote_due(session: Session, now: str, *, limit: int = CHUNK) -> int:
    """Make due waiting tasks ready; return how many."""
    return session.change(_PROMOTE, (now, limit))


def remove_ends(session: Session, *, limit: int = CHUNK) -> int:
    """Remove the times of ends from tasks that did not end; return how many.

    Other SQL leaves such a time when it queues an ended task again.
    """
    return session.change(_REMOVE_ENDS, (limit,))


def refuse_ignored(session: Session, now: str) -> None:
    """Raise QueueIntegrityError if a task still needs upkeep, although all of it is done."""
    for (task_id,) in session.run(_LEFT, (now,)):
        raise ignored(f"a change of task {task_id}")


def ignored(action: str) -> QueueIntegrityError:
    """Return the error for a change that took place without an effect."""
    return QueueIntegrityError(f"a trigger of this database ignored {action}; nothing was changed")
