"""Migrates a file of schema version 1, in one transaction.

Version 1 had an index for each state and each order, and the payload in the middle of the row.
A migration copies task_queue into the new table. It keeps all rows, the ids that are used up, and
the columns, indexes and triggers that a team added.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from .exceptions import QueueSchemaError
from .padding import LARGE_PAYLOAD, PADDING

OLD = 1
ADDED = frozenset({"padding"})
"""The columns that a migration adds to task_queue."""
_OLD_TABLE = "task_queue_of_version_1"
_LAST_COLUMN = "race_from + race_draw * (max(priority, 0) + 1)) VIRTUAL"
"""The end of the table's own columns in its SQL; added columns follow."""
_OLD_INDEXES = (
    "ready_priority", "ready_arrival", "ready_race", "pending_priority", "pending_arrival",
    "lease_end", "status_priority", "status_completed", "idempotency",
)  # fmt: skip
_OLD_TRIGGERS = ("finish_inserted", "finish_without_time", "finish_updated", "due_inserted")
_CONVERTED = {
    "due_stamp": "coalesce(due_stamp, datetime('now'))",
    "race_from": "CASE WHEN status = 'queued' THEN race_from END",
    "race_draw": "CASE WHEN status = 'queued' THEN race_draw END",
}
_PADDING = f"CASE WHEN length(payload) >= {LARGE_PAYLOAD} THEN zeroblob({PADDING}) END"


@contextmanager
def tables_replaceable(conn: sqlite3.Connection) -> Iterator[None]:
    """Let the transaction inside the block replace tables that other tables refer to.

    With foreign keys on, dropping task_queue would delete all logs.
    """
    names = ("foreign_keys", "legacy_alter_table", "ignore_check_constraints")
    before = {name: conn.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
    for name in names:
        conn.execute(f"PRAGMA {name}={int(name != 'foreign_keys')}")
    try:
        yield
    finally:
        for name, value in before.items():
            conn.execute(f"PRAGMA {name}={value}")


def replace_table(conn: sqlite3.Connection, create: str) -> list[tuple[str, str]]:
    """Replace task_queue by a table made by `create`, with the same rows.

    Call this inside a write transaction and tables_replaceable(). Returns name and SQL of the
    indexes and triggers that a team added, for restore().
    """
    added = [
        (str(name), str(sql))
        for name, sql in conn.execute(
            "SELECT name, sql FROM sqlite_schema WHERE tbl_name = 'task_queue' "
            "AND type IN ('index', 'trigger') AND sql IS NOT NULL"
        ).fetchall()
        if name not in (*_OLD_INDEXES, *_OLD_TRIGGERS)
    ]
    create = f"{create.rstrip().removesuffix(')').rstrip()}{_added_columns(conn)})"
    used_up = conn.execute("SELECT seq FROM sqlite_sequence WHERE name = 'task_queue'").fetchone()
    conn.execute(f"ALTER TABLE task_queue RENAME TO {_OLD_TABLE}")
    conn.execute(create)
    _copy_rows(conn)
    conn.execute(f"DROP TABLE {_OLD_TABLE}")
    if used_up is not None:
        conn.execute("DELETE FROM sqlite_sequence WHERE name = 'task_queue'")
        conn.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('task_queue', ?)", used_up)
    return added


def restore(conn: sqlite3.Connection, added: list[tuple[str, str]]) -> None:
    """Create the indexes and triggers that a team added."""
    for name, sql in added:
        try:
            conn.execute(sql)
        except sqlite3.OperationalError as error:
            raise QueueSchemaError(
                f"{name} does not fit the new table of the queue ({error}); "
                "drop it with the sqlite3 command, open the queue again, then create it again"
            ) from error


def _added_columns(conn: sqlite3.Connection) -> str:
    """Return the SQL of the columns that a team added, as SQLite stores it."""
    sql = conn.execute("SELECT sql FROM sqlite_schema WHERE name = 'task_queue'").fetchone()[0]
    _, end, added = str(sql).rpartition(_LAST_COLUMN)
    if not end:
        raise QueueSchemaError(
            "task_queue was not created by the queue; "
            "use a new file, or rename the table and copy its rows"
        )
    return added.rstrip().removesuffix(")").rstrip()


def _copy_rows(conn: sqlite3.Connection) -> None:
    old, new = (_stored_columns(conn, table) for table in (_OLD_TABLE, "task_queue"))
    columns = [column for column in new if column in old]
    values = [_CONVERTED.get(column, _quoted(column)) for column in columns]
    conn.execute(
        f"INSERT INTO task_queue ({', '.join(map(_quoted, columns))}, padding) "
        f"SELECT {', '.join(values)}, {_PADDING} FROM {_OLD_TABLE} ORDER BY id"
    )


def _stored_columns(conn: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns of a table, without the computed ones."""
    return [row[1] for row in conn.execute(f"PRAGMA table_xinfo({table})") if row[6] == 0]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
