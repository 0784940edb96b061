"""The tables of the queue.

Claims, completions and purges share the index `task_life`: a change of state moves a task inside
it. An index is the main cost of an operation, so those that only some strategies need are created
at their first claim.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from . import migration
from .config import PRODUCTION_PRAGMAS
from .exceptions import QueueSchemaError
from .places import PLACE

SCHEMA_VERSION = 2
"""Stored as user_version in the file."""

APPLICATION_ID = int.from_bytes(b"tskq")
"""Stored as application_id in the file, so that it is not taken for another program's."""

STATUSES = ("queued", "leased", "processing", "completed", "failed", "cancelled")
"""All states of a task; 'processing' is an older name of 'leased'."""
ENDED = ("completed", "failed", "cancelled")
"""The states of a task that nobody works on any more."""

_TIME = "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]*'"


def _is_one_of(column: str, values: tuple[str, ...]) -> str:
    # For IN, SQLite would build a temporary table at each execution.
    return "(" + " OR ".join(f"{column} = '{value}'" for value in values) + ")"


def _from_compatibility(path: str) -> str:
    """Return SQL for a value of the compatibility, unless it is empty or not JSON.

    SQLite computes generated columns before it checks constraints.
    """
    return (
        "CASE WHEN compatibility = '{}' THEN NULL "
        f"WHEN json_valid(compatibility) THEN json_extract(compatibility, '{path}') END"
    )


# The payload comes last: SQLite then changes the other columns of a large row in place, if the
# length of the row stays the same. See padding.py.
TASK_QUEUE = f"""
CREATE TABLE IF NOT EXISTS task_queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    priority INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 100,
    status TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'queued'
        CONSTRAINT status_is_known CHECK {_is_one_of("status", STATUSES)},
    compatibility TEXT NOT NULL ON CONFLICT REPLACE DEFAULT '{{}}'
        CONSTRAINT compatibility_is_a_json_object CHECK (
            compatibility = '{{}}' OR CASE WHEN json_valid(compatibility)
                THEN json_type(compatibility) = 'object' ELSE 0 END),
    attempts INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 0,
    max_attempts INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 5,
    run_after_utc TEXT NOT NULL ON CONFLICT REPLACE DEFAULT (datetime('now'))
        CONSTRAINT run_after_utc_reads_like_datetime_now CHECK (run_after_utc {_TIME}),
    due_stamp TEXT NOT NULL ON CONFLICT REPLACE DEFAULT (datetime('now')),
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
    race_from REAL,
    race_draw REAL,
    padding BLOB,
    payload TEXT NOT NULL ON CONFLICT REPLACE DEFAULT '{{}}',
    region TEXT GENERATED ALWAYS AS ({_from_compatibility("$.region")}) VIRTUAL,
    format TEXT GENERATED ALWAYS AS ({_from_compatibility("$.format")}) VIRTUAL
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
    # For claims by priority, completions, purges and statistics.
    "CREATE INDEX IF NOT EXISTS task_life "
    f"ON task_queue (status, completed_at_utc, {PLACE}, priority)",
    "CREATE UNIQUE INDEX IF NOT EXISTS idempotency "
    "ON task_queue (idempotency_key) WHERE idempotency_key IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS log_task ON task_logs (task_id)",
    "CREATE INDEX IF NOT EXISTS worker_heartbeat ON workers (heartbeat_utc)",
)

RACE_AT = "race_from + race_draw * (max(priority, 0) + 1)"
"""When a task arrives in its weighted race; see claim_sql.py."""

ON_DEMAND = {
    # A claim by other SQL cannot know the place of a task.
    "status_priority": "CREATE INDEX IF NOT EXISTS status_priority ON task_queue "
    "(status, priority) WHERE status = 'queued'",
    "task_arrival": f"CREATE INDEX IF NOT EXISTS task_arrival ON task_queue ({PLACE}) "
    "WHERE status = 'queued'",
    "task_race": f"CREATE INDEX IF NOT EXISTS task_race ON task_queue ({PLACE}, {RACE_AT}) "
    "WHERE status = 'queued'",
    "task_race_entry": f"CREATE INDEX IF NOT EXISTS task_race_entry ON task_queue ({PLACE}) "
    "WHERE status = 'queued' AND race_draw IS NULL",
}
"""The indexes of FIFO, LIFO, weighted and other claims, by name; the first one creates them."""
SORTS_BY_PRIORITY = re.compile(r"\border\s+by\s+(\w+\.)?priority\b", re.IGNORECASE)
"""Matches a claim by other SQL, as far as it needs the index status_priority."""

# For rows written by other SQL only: the queue's own statements leave nothing to fix.
_IS_ENDED = _is_one_of("NEW.status", ENDED)
_TRIGGERS = (
    f"""
    CREATE TRIGGER IF NOT EXISTS finish_inserted AFTER INSERT ON task_queue
    WHEN NEW.completed_at_utc IS NOT NEW.finished_at_utc
        OR (NEW.completed_at_utc IS NULL AND {_IS_ENDED})
    BEGIN
        UPDATE task_queue
        SET completed_at_utc =
                coalesce(NEW.completed_at_utc, NEW.finished_at_utc, datetime('now')),
            finished_at_utc =
                coalesce(NEW.completed_at_utc, NEW.finished_at_utc, datetime('now'))
        WHERE id = NEW.id;
    END
    """,
    # The changed time is copied to the other. A task that ends without a time ends now.
    f"""
    CREATE TRIGGER IF NOT EXISTS finish_updated
    AFTER UPDATE OF status, completed_at_utc, finished_at_utc ON task_queue
    WHEN NEW.completed_at_utc IS NOT NEW.finished_at_utc
        OR (NEW.completed_at_utc IS NULL AND {_IS_ENDED}
            AND (OLD.completed_at_utc IS NULL OR OLD.status <> NEW.status))
    BEGIN
        UPDATE task_queue
        SET completed_at_utc = CASE
                WHEN NEW.completed_at_utc IS NEW.finished_at_utc THEN datetime('now')
                WHEN NEW.completed_at_utc IS NOT OLD.completed_at_utc THEN NEW.completed_at_utc
                ELSE NEW.finished_at_utc END,
            finished_at_utc = CASE
                WHEN NEW.completed_at_utc IS NEW.finished_at_utc THEN datetime('now')
                WHEN NEW.completed_at_utc IS NOT OLD.completed_at_utc THEN NEW.completed_at_utc
                ELSE NEW.finished_at_utc END
        WHERE id = NEW.id;
    END
    """,
)

STATEMENTS: tuple[str, ...] = (TASK_QUEUE, *_OTHER_TABLES, *_INDEXES, *_TRIGGERS)
"""The statements that create the schema, in order; each is safe to run again."""
SCHEMA_STATEMENTS = STATEMENTS
"""The earlier name of STATEMENTS."""
PRAGMAS = PRODUCTION_PRAGMAS
"""The earlier name of PRODUCTION_PRAGMAS."""

_COLUMNS = {
    "task_queue": {
        "id", "type", "priority", "status", "compatibility", "attempts", "max_attempts",
        "run_after_utc", "due_stamp", "lease_until_utc", "reserved_at_utc",
        "processing_started_utc", "completed_at_utc", "finished_at_utc", "locked_by",
        "error_message", "result", "idempotency_key", "created_at_utc", "updated_at_utc",
        "lease_token", "race_from", "race_draw", "padding", "payload", "region", "format",
    },
    "workers": {"worker_id", "capabilities", "heartbeat_utc"},
    "task_logs": {"log_id", "task_id", "at_utc", "level", "message", "details"},
}  # fmt: skip


def tuples(conn: sqlite3.Connection) -> sqlite3.Cursor:
    """Return a cursor with rows as tuples, whatever row_factory the caller has set."""
    return sqlite3.Cursor(conn)


def stored_version(conn: sqlite3.Connection) -> int:
    """Return the schema version of a file, also of a newer one; 0 for a file without a schema."""
    return int(tuples(conn).execute("PRAGMA user_version").fetchone()[0])


def schema_version(conn: sqlite3.Connection) -> int:
    """Return the schema version of a file, or 0 for a file without a schema.

    Raises QueueSchemaError if a newer version of the queue made the file.
    """
    version = stored_version(conn)
    if version > SCHEMA_VERSION:
        raise QueueSchemaError(
            f"user_version={version}: a newer version of the queue made this file; this version "
            f"supports up to {SCHEMA_VERSION}, so update the queue's code"
        )
    return version


def create_schema(conn: sqlite3.Connection) -> None:
    """Create the missing parts of the schema. Call this inside a write transaction.

    A file of an older version is migrated; that needs tables_replaceable() around the transaction.
    Raises QueueSchemaError if an existing table of the same name lacks columns.
    """
    is_old = schema_version(conn) == migration.OLD
    added = migration.replace_table(conn, TASK_QUEUE) if is_old else []
    refuse_missing_columns(conn)
    for statement in STATEMENTS:
        conn.execute(statement)
    migration.restore(conn, added)
    conn.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    if not tuples(conn).execute("PRAGMA application_id").fetchone()[0]:
        conn.execute(f"PRAGMA application_id={APPLICATION_ID}")


def refuse_missing_columns(conn: sqlite3.Connection) -> None:
    """Raise QueueSchemaError if an existing table of the queue's names lacks columns."""
    missing = missing_columns(conn)
    if missing:
        raise QueueSchemaError(
            f"existing tables lack {', '.join(missing)}; "
            "use a new file, or rename the old tables and copy their rows"
        )


def create_on_demand(conn: sqlite3.Connection, names: Sequence[str]) -> None:
    """Create the missing ones of these indexes."""
    for name in names:
        conn.execute(ON_DEMAND[name])


def missing_columns(conn: sqlite3.Connection) -> list[str]:
    """Return 'table.column' for each column that an existing table of the queue lacks.

    A table of an older version may lack the columns that a migration adds.
    """
    lacking = []
    added = migration.ADDED if stored_version(conn) == migration.OLD else frozenset()
    for table, wanted in _COLUMNS.items():
        present = {row[1] for row in tuples(conn).execute(f"PRAGMA table_xinfo({table})")}
        if present:
            lacking += [f"{table}.{column}" for column in sorted(wanted - added - present)]
    return lacking
