"""The place of a task: an SQL expression that sorts the tasks of a status for claims.

| the task | its place |
|---|---|
| queued and due | a space and its route, so it sorts before all waiting tasks |
| queued and waiting | run_after_utc, a space and its route |
| claimed | lease_until_utc |
| ended, or queued without attempts left | NULL, so no claim finds it |

A queued task is due while run_after_utc <= due_stamp, the time at which the queue last knew it to
be due. The stamp validates itself: when other SQL moves run_after_utc past it, the task waits
until a claim finds it due. So waiting tasks never stand in front of ready tasks.

SQLite uses an index on an expression only for a query that repeats the expression to the letter.
So every index and every query takes the texts below from here.
"""

from __future__ import annotations

from .routing import NO_CAPABILITIES


def route_of(row: str) -> str:
    """Return SQL for the compatibility of a row as JSON without spaces.

    `row` is the name of a table and a dot, or empty. Other SQL may switch the table's constraints
    off and store a compatibility that is not JSON; such a task has no route.
    """
    return (
        f"CASE WHEN {row}compatibility = '{NO_CAPABILITIES}' THEN '{NO_CAPABILITIES}' "
        f"WHEN json_valid({row}compatibility) THEN json({row}compatibility) END"
    )


def place_of(row: str) -> str:
    """Return SQL for the place of a row. `row` is the name of a table and a dot, or empty."""
    return (
        f"CASE WHEN {row}status = 'queued' THEN "
        f"CASE WHEN {row}attempts >= {row}max_attempts THEN NULL "
        f"WHEN {row}run_after_utc <= {row}due_stamp THEN ' ' "
        f"ELSE {row}run_after_utc || ' ' END || {route_of(row)} "
        f"WHEN {row}status = 'leased' OR {row}status = 'processing' "
        f"THEN {row}lease_until_utc END"
    )


PLACE = place_of("")
IS_READY = f"{PLACE} < '0'"
IS_WAITING = f"{PLACE} >= '0'"
# '!' is the next character after the space: the bound includes each route of the second ?1.
IS_DUE_BY_NOW = f"{PLACE} < ?1 || '!'"
"""True for a waiting task that is due at ?1."""

# The index `task_life` has a column for completed_at_utc, which is NULL until a task ends.
QUEUED = "status = 'queued' AND completed_at_utc IS NULL"
LEASED = "status = 'leased' AND completed_at_utc IS NULL"
PROCESSING = "status = 'processing' AND completed_at_utc IS NULL"

FROM_LIFE = "FROM task_queue INDEXED BY task_life"


def _stray(status: str) -> str:
    return f"SELECT id {FROM_LIFE} WHERE status = '{status}' AND completed_at_utc IS NOT NULL"


STRAYS = {status: _stray(status) for status in ("queued", "leased", "processing")}
"""Select the tasks to which other SQL gave an end without ending them."""
LAPSED = {
    "leased": f"SELECT id {FROM_LIFE} WHERE {LEASED} AND {PLACE} <= ?1",
    "processing": f"SELECT id {FROM_LIFE} WHERE {PROCESSING} AND {PLACE} <= ?1",
}
"""Select the tasks with a lapsed lease; ?1 is now."""
DUE = f"SELECT id {FROM_LIFE} WHERE {QUEUED} AND {IS_WAITING} AND {IS_DUE_BY_NOW}"
"""Selects the tasks that wait although they are due; ?1 is now."""
