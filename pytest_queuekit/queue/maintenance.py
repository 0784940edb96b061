"""Keeps the file small and sound, in steps short enough for the workers beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Sequence

from .backup import refuse_in_transaction
from .blocks import block
from .chunks import Chunks
from .clock import floor_text
from .config import STALE_AFTER_SECONDS
from .database import QueueDatabase
from .inputs import check_age
from .places import FROM_LIFE, PLACE, QUEUED
from .retention import SweepResult, checked_statuses
from .schema import tuples
from .session import Session
from .upkeep import CHUNK, ignored, promote_due, reclaim_lapsed

PURGE_CHUNK = 1000
"""Tasks deleted in one transaction: about 13 ms."""

_CHUNK = """
    SELECT id FROM task_queue INDEXED BY task_life
    WHERE status = ?1 AND completed_at_utc < ?2 LIMIT ?3
"""
_DELETE = f"DELETE FROM task_queue WHERE id IN ({_CHUNK})"


def _object(columns: str) -> str:
    """Return SQL for a row as JSON; bytes from other SQL become text, as JSON has no bytes."""
    pairs = (
        f"'{column}', CASE typeof({column}) WHEN 'blob' THEN CAST({column} AS TEXT) "
        f"ELSE {column} END"
        for column in columns.split()
    )
    return f"json_object({', '.join(pairs)})"


_KEPT = """
    id type priority payload compatibility status attempts max_attempts run_after_utc
    reserved_at_utc completed_at_utc finished_at_utc error_message result idempotency_key
    created_at_utc lease_token
"""
_KEPT_OF_LOGS = "log_id task_id at_utc level message details"
_ARCHIVE = f"""
    INSERT OR REPLACE INTO task_archive (id, task, logs, archived_at_utc)
    SELECT id,
        {_object(_KEPT)},
        (SELECT json_group_array({_object(_KEPT_OF_LOGS)})
         FROM task_logs WHERE task_id = task_queue.id),
        ?4
    FROM task_queue WHERE id IN ({_CHUNK})
"""


# A race without ready tasks starts again at 0.
_END_RACES = f"""
    DELETE FROM weighted_race WHERE NOT EXISTS (
        SELECT 1 {FROM_LIFE} WHERE {QUEUED} AND {PLACE} = ' ' || weighted_race.route)
"""


def purge(db: QueueDatabase, older_than: float, statuses: Sequence[str]) -> int:
    """Delete tasks that ended more than `older_than` seconds ago and have one of `statuses`.

    Return the number of tasks.
    """
    age = check_age("older_than", older_than)

    def delete(session: Session, status: str) -> int:
        return session.change(_DELETE, (status, _moment_before(db, age), PURGE_CHUNK))

    return _for_each_status(db, statuses, delete, "purge()")


def archive(db: QueueDatabase, older_than: float, statuses: Sequence[str]) -> int:
    """Move tasks that ended more than `older_than` seconds ago and have one of `statuses`.

    The tasks move to the table task_archive. Return the number of tasks.
    """
    age = check_age("older_than", older_than)

    def move(session: Session, status: str) -> int:
        limit = _moment_before(db, age)
        copied = session.change(_ARCHIVE, (status, limit, PURGE_CHUNK, db.now_text()))
        deleted = session.change(_DELETE, (status, limit, PURGE_CHUNK))
        if deleted > copied:
            raise ignored("the copy of a task to the archive")
        return deleted

    return _for_each_status(db, statuses, move, "archive()")


def _for_each_status(
    db: QueueDatabase, statuses: Sequence[str], step: Callable[[Session, str], int], call: str
) -> int:
    names = checked_statuses(statuses)
    with Chunks(db.write, call) as chunks:
        for name in names:
            chunks.repeat(lambda session, name=name: step(session, name), PURGE_CHUNK)  # type: ignore[misc] # bound name
    return chunks.done


def reclaim(db: QueueDatabase) -> int:
    """Reclaim all tasks with a lapsed lease; return how many."""
    with Chunks(db.write, "reclaim()") as chunks:
        return chunks.repeat(lambda session: reclaim_lapsed(session, db.now_text()), CHUNK)


def sweep(db: QueueDatabase) -> SweepResult:
    """Reclaim lapsed leases, promote due tasks, forget stale workers."""
    with Chunks(db.write, "sweep()") as chunks:
        reclaimed = chunks.repeat(lambda own: reclaim_lapsed(own, db.now_text()), CHUNK)
        promoted = chunks.repeat(lambda own: promote_due(own, db.now_text()), CHUNK)
        db.autocommit(_END_RACES)
        forgotten = db.change(
            "DELETE FROM workers WHERE heartbeat_utc < ?",
            lambda: (floor_text(db.now() - STALE_AFTER_SECONDS),),
        )
    return SweepResult(reclaimed=reclaimed, promoted=promoted, forgotten=forgotten)


def _moment_before(db: QueueDatabase, age: float) -> str:
    # Columns hold whole seconds; an age of 0 includes tasks that ended in this second.
    return floor_text(db.now() - age) if age else floor_text(db.now() + 1)


def integrity_check(db: QueueDatabase) -> list[str]:
    """Return one line for each problem in the database file, or an empty list."""
    with db.connection() as conn:
        cursor = tuples(conn)
        damage = [f"damage: {row[0]}" for row in cursor.execute("PRAGMA integrity_check")]
        orphans = [
            f"row {row[1]} of {row[0]} refers to a missing row of {row[2]}"
            for row in cursor.execute("PRAGMA foreign_key_check")
        ]
        strays = [
            f"{count} tasks {problem}"
            for problem, condition in _STRAYS
            if (count := cursor.execute(_COUNT + condition).fetchone()[0])
        ]
    return [line for line in damage if line != "damage: ok"] + orphans + strays


_COUNT = "SELECT count(*) FROM task_queue WHERE "
_STRAYS = (
    (
        "are leased without an end and will never be reclaimed",
        "status IN ('leased', 'processing') AND lease_until_utc IS NULL",
    ),
    (
        "are queued without attempts left and will never be claimed",
        "status = 'queued' AND attempts >= max_attempts",
    ),
    (
        "have completed_at_utc and finished_at_utc that differ",
        "completed_at_utc IS NOT finished_at_utc",
    ),
    (
        "ended without a time and will never be purged",
        "status IN ('completed', 'failed', 'cancelled') AND completed_at_utc IS NULL",
    ),
    ("have a payload that is not JSON", "NOT json_valid(payload)"),
)


def vacuum(db: QueueDatabase) -> None:
    """Rewrite the file without gaps and refresh SQLite's statistics.

    Holds the lock throughout. Needs free disk space: as much as the file takes beside it, for the
    -wal, and as much again in the folder for temporary files (SQLITE_TMPDIR, TMPDIR).
    """
    with db.connection() as conn:
        refuse_in_transaction(conn, "vacuum()")
        with _temporary_files(conn):
            conn.execute("VACUUM")
        conn.execute("PRAGMA optimize")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@block
def _temporary_files(conn: sqlite3.Connection) -> Generator[None, None, None]:
    """Let SQLite put its copy of the whole content into a file instead of memory."""
    before = tuples(conn).execute("PRAGMA temp_store").fetchone()[0]
    try:
        # Switching drops temporary tables. As a script, because a cached PRAGMA has no effect.
        if not conn.execute("SELECT 1 FROM sqlite_temp_master LIMIT 1").fetchone():
            conn.executescript("PRAGMA temp_store=FILE")  # queuekit: ignore[QR301] set back below
        yield
    finally:
        if tuples(conn).execute("PRAGMA temp_store").fetchone()[0] != before:
            conn.executescript(f"PRAGMA temp_store={before}")  # queuekit: ignore[QR301] set back
