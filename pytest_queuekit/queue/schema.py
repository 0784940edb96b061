"""The tables of the queue.

A queued task is *ready* while due_stamp = run_after_utc, else *pending*. The queue sets the stamp
when it knows that the task is due. The stamp validates itself: when other SQL writes or
reschedules a row, it no longer matches, and the row is pending until a claim finds it due. So
ready tasks have their own indexes, and waiting tasks never stand in front of them.
"""

from __future__ import annotations

import sqlite3

from .config import PRODUCTION_PRAGMAS
from .exceptions import QueueSchemaError
from .lottery import DRAW, RACE_TIME

SCHEMA_VERSION = 1
"""Stored as user_version in the file."""

APPLICATION_ID = int.from_bytes(b"tskq")
"""Stored as application_id in the file, so that it is not taken for another program's."""

STATUSES = ("queued", "leased", "processing", "completed", "failed", "cancelled")
"""All states of a task; 'processing' is an older name of 'leased'."""

READY = "status = 'queued' AND due_stamp = run_after_utc"
PENDING = "status = 'queued' AND due_stamp IS NOT run_after_utc"

_TIME = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]*'"


def _parsed(expression: str, of_nothing: str = "NULL") -> str:
    """Return SQL that parses the compatibility, unless it is empty or not JSON.

    SQLite computes generated columns before it checks constraints.
    """
    return (
        f"CASE WHEN compatibility = '{{}}' THEN {of_nothing} "
        f"WHEN json_valid(compatibility) THEN {expression} END"
    )


_TASK_QUEUE = f"""
CREATE TABLE IF NOT EXISTS task_queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    priority INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 100,
    payload TEXT NOT NULL ON CONFLICT REPLACE DEFAULT '{{}}',
    compatibility TEXT NOT NULL ON CONFLICT REPLACE DEFAULT '{{}}'
        CONSTRAINT compatibility_is_a_json_object CHECK (
            CASE WHEN json_valid(compatibility)
                THEN json_type(compatibility) = 'object' ELSE 0 END),
    status TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'queued'
        CONSTRAINT status_is_known CHECK (status IN {STATUSES}),
    attempts INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 0,
    max_attempts INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 5,
    run_after_utc TEXT NOT NULL ON CONFLICT REPLACE DEFAULT (datetime('now'))
        CONSTRAINT run_after_utc_reads_like_datetime_now CHECK (run_after_utc {_TIME}),
    lease_until_utc TEXT
        CONSTRAINT lease_until_utc_reads_like_datetime_now CHECK (lease_until_utc {_TIME}),
    reserved_at_utc TEXT,
    processing_started_utc TEXT,
    completed_at_utc TEXT
        CONSTRAINT completed_at_utc_reads_like_datetime_now CHECK (completed_at_utc {_TIME}),
    finished_at_utc TEXT
        CONSTRAINT finished_at_utc_reads_like_datetime_now CHECK (finished_at_utc {_TIME}),
    locked_by TEXT,
    error_message TEXT,
    result TEXT,
    idempotency_key TEXT,
    created_at_utc TEXT NOT NULL ON CONFLICT REPLACE DEFAULT (datetime('now')),
    updated_at_utc TEXT NOT NULL ON CONFLICT REPLACE DEFAULT (datetime('now')),
    lease_token INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 0,
    due_stamp TEXT,
    race_from REAL,
    race_draw REAL,
    region TEXT GENERATED ALWAYS AS ({_parsed("json_extract(compatibility, '$.region')")}) VIRTUAL,
    format TEXT GENERATED ALWAYS AS ({_parsed("json_extract(compatibility, '$.format')")}) VIRTUAL,
    route TEXT GENERATED ALWAYS AS ({_parsed("json(compatibility)", "'{}'")}) VIRTUAL,
    lease_ends TEXT GENERATED ALWAYS AS (
        CASE WHEN status IN ('leased', 'processing') THEN lease_until_utc END) VIRTUAL,
    race_at REAL GENERATED ALWAYS AS (
        race_from + race_draw * (max(priority, 0) + 1)) VIRTUAL
)
"""

_OTHER_TABLES = (
    f"""
    CREATE TABLE IF NOT EXISTS workers (
        worker_id TEXT PRIMARY KEY,
        capabilities TEXT NOT NULL ON CONFLICT REPLACE DEFAULT '{{}}',
        heartbeat_utc TEXT NOT NULL ON CONFLICT REPLACE DEFAULT (datetime('now'))
            CONSTRAINT heartbeat_utc_reads_like_datetime_now CHECK (heartbeat_utc {_TIME})
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS task_logs (
        log_id INTEGER PRIMARY KEY AUTOINCREMENT,
        task_id INTEGER NOT NULL REFERENCES task_queue (id) ON DELETE CASCADE,
        at_utc TEXT NOT NULL ON CONFLICT REPLACE DEFAULT (datetime('now')),
        level TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'INFO',
        message TEXT NOT NULL ON CONFLICT REPLACE DEFAULT '',
        details TEXT
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS task_archive (
        id INTEGER PRIMARY KEY,
        task TEXT NOT NULL,
        logs TEXT NOT NULL,
        archived_at_utc TEXT NOT NULL DEFAULT (datetime('now'))
    )
    """,
    # The present times of the weighted races, see claim_sql.py; without a row the time is 0.
    "CREATE TABLE IF NOT EXISTS weighted_race (route TEXT PRIMARY KEY, at REAL NOT NULL)",
)

_INDEXES = (
    # For claims: one index for each order, with the next task as the first entry of a route.
    f"CREATE INDEX IF NOT EXISTS ready_priority ON task_queue (route, priority, id) WHERE {READY}",
    f"CREATE INDEX IF NOT EXISTS ready_arrival ON task_queue (route, id) WHERE {READY}",
    f"CREATE INDEX IF NOT EXISTS ready_race ON task_queue (route, race_at) WHERE {READY}",
    "CREATE INDEX IF NOT EXISTS pending_priority "
    f"ON task_queue (run_after_utc, route, priority, id) WHERE {PENDING}",
    "CREATE INDEX IF NOT EXISTS pending_arrival "
    f"ON task_queue (run_after_utc, route, id) WHERE {PENDING}",
    "CREATE INDEX IF NOT EXISTS lease_end ON task_queue (lease_ends) WHERE lease_ends IS NOT NULL",
    # For claims and statistics by other SQL.
    "CREATE INDEX IF NOT EXISTS status_priority ON task_queue (status, priority)",
    "CREATE INDEX IF NOT EXISTS status_completed "
    "ON task_queue (status, completed_at_utc) WHERE completed_at_utc IS NOT NULL",
    "CREATE UNIQUE INDEX IF NOT EXISTS idempotency "
    "ON task_queue (idempotency_key) WHERE idempotency_key IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS log_task ON task_logs (task_id)",
    "CREATE INDEX IF NOT EXISTS worker_heartbeat ON workers (heartbeat_utc)",
)

# For rows written by other SQL only: the queue's own statements leave nothing to fix. On a claim,
# a trigger costs only the test that the task did not end.
_ENDED = "('completed', 'failed', 'cancelled')"
_END = "coalesce(NEW.completed_at_utc, NEW.finished_at_utc, datetime('now'))"
_TRIGGERS = (
    f"""
    CREATE TRIGGER IF NOT EXISTS finish_inserted AFTER INSERT ON task_queue
    WHEN NEW.completed_at_utc IS NOT NEW.finished_at_utc
        OR (NEW.status IN {_ENDED} AND NEW.completed_at_utc IS NULL)
    BEGIN
        UPDATE task_queue SET completed_at_utc = {_END}, finished_at_utc = {_END}
        WHERE id = NEW.id;
    END
    """,
    f"""
    CREATE TRIGGER IF NOT EXISTS finish_without_time AFTER UPDATE OF status ON task_queue
    WHEN NEW.status IN {_ENDED} AND NEW.completed_at_utc IS NULL
    BEGIN
        UPDATE task_queue SET completed_at_utc = {_END}, finished_at_utc = {_END}
        WHERE id = NEW.id;
    END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS finish_updated
    AFTER UPDATE OF completed_at_utc, finished_at_utc ON task_queue
    WHEN NEW.completed_at_utc IS NOT NEW.finished_at_utc
    BEGIN
        UPDATE task_queue
        SET completed_at_utc = CASE WHEN NEW.completed_at_utc IS NOT OLD.completed_at_utc
                THEN NEW.completed_at_utc ELSE NEW.finished_at_utc END,
            finished_at_utc = CASE WHEN NEW.completed_at_utc IS NOT OLD.completed_at_utc
                THEN NEW.completed_at_utc ELSE NEW.finished_at_utc END
        WHERE id = NEW.id;
    END
    """,
    # A row that is due on insertion is ready at once, however many rows are inserted.
    f"""
    CREATE TRIGGER IF NOT EXISTS due_inserted AFTER INSERT ON task_queue
    WHEN NEW.status = 'queued' AND NEW.due_stamp IS NULL AND NEW.run_after_utc <= datetime('now')
    BEGIN
        UPDATE task_queue
        SET due_stamp = run_after_utc, race_from = {RACE_TIME}, race_draw = {DRAW}
        WHERE id = NEW.id;
    END
    """,
)

STATEMENTS: tuple[str, ...] = (_TASK_QUEUE, *_OTHER_TABLES, *_INDEXES, *_TRIGGERS)
"""The statements that create the schema, in order; each is safe to run again."""
SCHEMA_STATEMENTS = STATEMENTS
"""The earlier name of STATEMENTS."""
PRAGMAS = PRODUCTION_PRAGMAS
"""The earlier name of PRODUCTION_PRAGMAS."""

_COLUMNS = {
    "task_queue": {
        "id", "type", "priority", "payload", "compatibility", "status", "attempts",
        "max_attempts", "run_after_utc", "lease_until_utc", "reserved_at_utc",
        "processing_started_utc", "completed_at_utc", "finished_at_utc", "locked_by",
        "error_message", "result", "idempotency_key", "created_at_utc", "updated_at_utc",
        "lease_token", "due_stamp", "race_from", "race_draw", "region", "format", "route",
        "lease_ends", "race_at",
    },
    "workers": {"worker_id", "capabilities", "heartbeat_utc"},
    "task_logs": {"log_id", "task_id", "at_utc", "level", "message", "details"},
}  # fmt: skip


def schema_version(conn: sqlite3.Connection) -> int:
    """Return the schema version of a file, or 0 for a file without a schema.

    Raises QueueSchemaError if a newer version of the queue made the file.
    """
    version = int(conn.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise QueueSchemaError(
            f"user_version={version}: a newer version of the queue made this file; this version "
            f"supports up to {SCHEMA_VERSION}, so update the queue's code"
        )
    return version


def create_schema(conn: sqlite3.Connection) -> None:
    """Create the missing parts of the schema. Call this inside a write transaction.

    Raises QueueSchemaError if an existing table of the same name lacks columns.
    """
    schema_version(conn)
    refuse_missing_columns(conn)
    for statement in STATEMENTS:
        conn.execute(statement)
    conn.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    if not conn.execute("PRAGMA application_id").fetchone()[0]:
        conn.execute(f"PRAGMA application_id={APPLICATION_ID}")


def refuse_missing_columns(conn: sqlite3.Connection) -> None:
    """Raise QueueSchemaError if an existing table of the queue's names lacks columns."""
    missing = missing_columns(conn)
    if missing:
        raise QueueSchemaError(
            f"existing tables lack {', '.join(missing)}; "
            "use a new file, or rename the old tables and copy their rows"
        )


def missing_columns(conn: sqlite3.Connection) -> list[str]:
    """Return 'table.column' for each column that an existing table of the queue lacks."""
    lacking = []
    for table, wanted in _COLUMNS.items():
        present = {row[1] for row in conn.execute(f"PRAGMA table_xinfo({table})")}
        if present:
            lacking += [f"{table}.{column}" for column in sorted(wanted - present)]
    return lacking
