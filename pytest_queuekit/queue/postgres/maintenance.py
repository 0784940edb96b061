"""Purges, archives, sweeps and checks, in steps short enough for the workers beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..chunks import Chunks
from ..config import STALE_AFTER_SECONDS
from ..inputs import check_age
from ..retention import SweepResult, checked_statuses
from .database import PostgresDatabase
from .race import END_RACES
from .session import Session
from .statements import ENDED, FLOOR_NOW, LEASED, text_of
from .upkeep import CHUNK, promote_due, reclaim_lapsed

PURGE_CHUNK = 1000
"""Tasks deleted in one transaction."""

# Columns hold whole seconds; an age of 0 includes tasks that ended in this second.
_LIMIT = """date_trunc('second', $now + CASE WHEN %(age)s::float8 = 0 THEN interval '1 second'
    ELSE -(%(age)s::float8) * interval '1 second' END)"""


def _choose(status: str) -> str:
    """Return SQL that locks ended tasks; the status is a literal, as in the index."""
    return f"""
        SELECT id FROM $queue.task_queue
        WHERE {ENDED} AND status = '{status}' AND completed_at_utc < (SELECT {_LIMIT})
        ORDER BY completed_at_utc LIMIT %(limit)s FOR UPDATE SKIP LOCKED"""


_DELETE = "DELETE FROM $queue.task_queue WHERE id = ANY(%(ids)s::bigint[])"
_KEPT = """
    id type priority payload compatibility status attempts max_attempts run_after_utc
    reserved_at_utc completed_at_utc finished_at_utc error_message result idempotency_key
    created_at_utc lease_token
"""
_KEPT_OF_LOGS = "log_id task_id at_utc level message details"


def _object(columns: str, row: str) -> str:
    """Return SQL for a row as JSON."""
    values = (
        f"'{column}', "
        + (text_of(f"{row}.{column}") if column.endswith("_utc") else f"{row}.{column}")
        for column in columns.split()
    )
    return f"json_build_object({', '.join(values)})"


_ARCHIVE = f"""
    INSERT INTO $queue.task_archive (id, task, logs, archived_at_utc)
    SELECT task.id, {_object(_KEPT, "task")}::text,
        (SELECT coalesce(json_agg({_object(_KEPT_OF_LOGS, "log")} ORDER BY log.log_id), '[]')::text
         FROM $queue.task_logs AS log WHERE log.task_id = task.id),
        {FLOOR_NOW}
    FROM $queue.task_queue AS task WHERE task.id = ANY(%(ids)s::bigint[])
    ON CONFLICT (id) DO UPDATE SET task = excluded.task, logs = excluded.logs,
        archived_at_utc = excluded.archived_at_utc
"""
_FORGET = f"""
    DELETE FROM $queue.workers
    WHERE heartbeat_utc < (SELECT date_trunc('second', $now - interval '{STALE_AFTER_SECONDS} s'))
"""


def purge(db: PostgresDatabase, older_than: float, statuses: Sequence[str]) -> int:
    """Delete tasks that ended more than `older_than` seconds ago and have one of `statuses`.

    Return the number of tasks.
    """
    return _for_each_status(db, older_than, statuses, (_DELETE,), "purge()")


def archive(db: PostgresDatabase, older_than: float, statuses: Sequence[str]) -> int:
    """Move tasks that ended more than `older_than` seconds ago and have one of `statuses`.

    The tasks move to the table task_archive. Return the number of tasks.
    """
    return _for_each_status(db, older_than, statuses, (_ARCHIVE, _DELETE), "archive()")


def _for_each_status(
    db: PostgresDatabase,
    older_than: float,
    statuses: Sequence[str],
    statements: tuple[str, ...],
    call: str,
) -> int:
    age = check_age("older_than", older_than)

    def step_of(status: str) -> Callable[[Session], int]:
        def step(session: Session) -> int:
            rows = session.run(_choose(status), {"age": age, "limit": PURGE_CHUNK})
            ids = [task_id for (task_id,) in rows]
            for statement in statements:
                session.change(statement, {"ids": ids})
            return len(ids)

        return step

    names = checked_statuses(statuses)
    with Chunks(db.write, call) as chunks:
        for name in names:
            chunks.repeat(step_of(name), PURGE_CHUNK)
    return chunks.done


def reclaim(db: PostgresDatabase) -> int:
    """Reclaim all tasks with a lapsed lease; return how many."""
    with Chunks(_calling, "reclaim()") as chunks:
        return chunks.repeat(lambda _: reclaim_lapsed(db), CHUNK)


def sweep(db: PostgresDatabase) -> SweepResult:
    """Reclaim lapsed leases, promote due tasks, forget stale workers."""
    with Chunks(_calling, "sweep()") as chunks:
        reclaimed = chunks.repeat(lambda _: reclaim_lapsed(db), CHUNK)
        promoted = chunks.repeat(lambda _: promote_due(db), CHUNK)
        db.change(END_RACES)
        forgotten = db.change(_FORGET)
    return SweepResult(reclaimed=reclaimed, promoted=promoted, forgotten=forgotten)


def _calling(step: Callable[[None], int]) -> int:
    """Run a step that has a transaction of its own."""
    return step(None)


_PROBLEMS = (
    (
        "are leased without an end and will never be reclaimed",
        f"{LEASED} AND lease_until_utc IS NULL",
    ),
    (
        "are queued without attempts left and will never be claimed",
        "status = 'queued' AND attempts >= max_attempts",
    ),
)


def integrity_check(db: PostgresDatabase) -> list[str]:
    """Return one line for each problem in the rows, or an empty list."""
    lines = []
    for problem, condition in _PROBLEMS:
        count = db.read(f"SELECT count(*) FROM $queue.task_queue WHERE {condition}")[0][0]
        if count:
            lines.append(f"{count} tasks {problem}")
    return lines
