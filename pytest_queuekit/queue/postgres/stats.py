"""Counts the tasks by state, in one statement and so at one moment."""

from __future__ import annotations

from ..counts import QueueStats
from .database import PostgresDatabase
from .statements import LEASED, PENDING, READY

_IS_DUE = f"(({READY}) OR ({PENDING} AND run_after_utc <= moment.t))"
_STATS = f"""
    WITH moment AS MATERIALIZED (SELECT $now AS t),
    counts AS (
        SELECT count(*) FILTER (WHERE status = 'queued') AS queued,
            count(*) FILTER (WHERE {_IS_DUE}) AS ready,
            count(*) FILTER (WHERE {PENDING} AND run_after_utc > moment.t) AS waiting,
            count(*) FILTER (WHERE {LEASED}) AS leased,
            count(*) FILTER (WHERE {LEASED} AND lease_until_utc <= moment.t) AS lapsed,
            count(*) FILTER (WHERE {LEASED} AND lease_until_utc IS NULL) AS endless,
            count(*) FILTER (WHERE status = 'completed') AS completed,
            count(*) FILTER (WHERE status = 'failed') AS dead,
            count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
            min(id) FILTER (WHERE {READY}) AS first_ready,
            min(run_after_utc) FILTER (WHERE {PENDING} AND run_after_utc <= moment.t) AS first_due
        FROM $queue.task_queue CROSS JOIN moment)
    SELECT queued, ready, waiting, leased, lapsed, endless, completed, dead, cancelled,
        greatest(0, extract(epoch FROM moment.t - least(first_due,
            (SELECT run_after_utc FROM $queue.task_queue WHERE id = first_ready))))::float8
    FROM counts CROSS JOIN moment
"""
_NAMES = (
    "queued", "ready", "waiting", "leased", "lapsed", "endless", "completed", "dead", "cancelled",
    "oldest_ready_seconds",
)  # fmt: skip


def read_stats(db: PostgresDatabase) -> QueueStats:
    """Read all counts at one moment."""
    values = dict(zip(_NAMES, db.read(_STATS)[0], strict=True))
    if not values["ready"]:
        values["oldest_ready_seconds"] = None  # greatest() ignores NULL
    return QueueStats(**values)
