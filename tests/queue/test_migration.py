"""A file of schema version 1 becomes a file of version 2 and loses nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.queue import (
    SCHEMA_VERSION,
    QueueDatabase,
    QueueSchemaError,
    SchedulingStrategy,
    StaleClaimError,
    Task,
    TaskQueue,
)
from pytest_queuekit.queue.connection import QueueConnection
from pytest_queuekit.queue.models import TASK_COLUMNS
from pytest_queuekit.queue.validation import validate_file
from tests.queue.version_1 import SCHEMA
from tests.queue.world import Clock, add_raw, change_raw

ROWS = """
    INSERT INTO task_queue (id, type, payload, priority) VALUES (1, 'ready', '{"n": 1}', 7);
    INSERT INTO task_queue (id, type, run_after_utc) VALUES (2, 'waiting', '2027-01-15 09:00:00');
    INSERT INTO task_queue (id, type, idempotency_key) VALUES (3, 'keyed', 'key');
    INSERT INTO task_queue (id, type, compatibility) VALUES (4, 'routed', '{"region": "EU"}');
    INSERT INTO task_queue (id, type, status, locked_by, lease_until_utc, reserved_at_utc,
        lease_token) VALUES
        (5, 'leased', 'leased', 'w', '2027-01-15 08:01:00', '2027-01-15 08:00:00', 3),
        (6, 'lapsed', 'processing', 'w', '2027-01-15 07:59:00', '2027-01-15 07:58:00', 1);
    INSERT INTO task_queue (id, type, status, completed_at_utc, result) VALUES
        (7, 'done', 'completed', '2027-01-14 08:00:00', '{"ok": true}'),
        (8, 'dead', 'failed', '2027-01-14 08:00:00', NULL),
        (9, 'cancelled', 'cancelled', '2027-01-14 08:00:00', NULL);
    INSERT INTO task_queue (id, type) VALUES (900, 'purged');
    DELETE FROM task_queue WHERE id = 900;
    INSERT INTO task_logs (task_id, message) VALUES (1, 'one'), (7, 'seven');
    INSERT INTO workers (worker_id) VALUES ('w');
    INSERT INTO task_archive (id, task, logs) VALUES (50, '{}', '[]');
    UPDATE task_queue SET run_after_utc = '2027-01-15 07:00:00', due_stamp = run_after_utc
    WHERE status = 'queued' AND id <> 2;
"""
OTHER_TABLES = ("task_logs", "workers", "task_archive")


@pytest.fixture
def old_file(path: Path) -> Path:
    """Return a file of version 1 with tasks in all states."""
    with closing(sqlite3.connect(path)) as conn:
        conn.executescript("PRAGMA journal_mode=WAL;" + SCHEMA + ROWS)
    return path


def content(path: Path) -> dict[str, list[Any]]:
    """Return all rows of a file."""
    with closing(sqlite3.connect(path)) as conn:
        tables = {"task_queue": TASK_COLUMNS} | dict.fromkeys(OTHER_TABLES, "*")
        return {
            table: conn.execute(f"SELECT {columns} FROM {table} ORDER BY 1").fetchall()
            for table, columns in tables.items()
        }


def test_all_rows_are_kept(old_file: Path, clock: Clock) -> None:
    """A migration keeps each value of all tables, and the file passes the validation."""
    before = content(old_file)
    with QueueDatabase(old_file, clock=clock) as db:
        db.execute("SELECT 1")
    assert content(old_file) == before
    with closing(sqlite3.connect(old_file)) as conn:
        assert conn.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
    assert [one.problems for one in validate_file(old_file)] == [()] * 8


def test_the_tasks_go_on(old_file: Path, clock: Clock) -> None:
    """After a migration, each task continues in its state."""
    with QueueDatabase(old_file, clock=clock) as db:
        queue = TaskQueue(db)
        held = queue.get(5)
        order = [queue.claim("w", {"region": "EU"}, lease_seconds=600) for _ in range(4)]
        assert [task and task.type for task in order] == ["ready", "keyed", "routed", "lapsed"]
        assert queue.complete(held).status == "completed"
        assert queue.claim("w") is None
        clock.advance(3600)
        assert queue.claim("w", strategy=SchedulingStrategy.FIFO) is not None
        assert queue.enqueue("t", None, idempotency_key="key") == 3
        assert queue.enqueue("t", None) > 900, "an id is not used again"
        assert queue.requeue(8).status == "queued"
        assert queue.purge(0) == 3
        assert [line.message for line in queue.logs(1)] == ["one"]
        assert queue.integrity_check() == []


def test_weighted_claims_go_on(old_file: Path, clock: Clock) -> None:
    """Weighted claims find the tasks of a migrated file."""
    with QueueDatabase(old_file, clock=clock) as db:
        queue = TaskQueue(db)
        claims = [queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM) for _ in range(4)]
    assert {task.type for task in claims if task} == {"ready", "keyed", "lapsed"}


def test_an_old_process_can_still_acknowledge(old_file: Path, clock: Clock) -> None:
    """SQL of version 1 that acknowledges or enqueues works on the new table."""
    with QueueDatabase(old_file, clock=clock) as db:
        queue = TaskQueue(db)
        held = queue.get(5)
        with db.transaction() as conn:
            conn.execute(
                "INSERT INTO task_queue (type, due_stamp, race_from, race_draw) "
                "VALUES ('by version 1', NULL, 0.0, 0.5)"
            )
        change_raw(
            db,
            5,
            "status = 'completed', completed_at_utc = datetime('now'), "
            "finished_at_utc = datetime('now'), locked_by = NULL",
        )
        with pytest.raises(StaleClaimError):
            queue.complete(held)
        claims = [queue.claim("w") for _ in range(4)]
    assert "by version 1" in {task.type for task in claims if task}


def test_what_a_team_added_is_kept(old_file: Path, clock: Clock) -> None:
    """A migration keeps a team's columns, indexes, triggers and views on task_queue."""
    with closing(sqlite3.connect(old_file)) as conn:
        conn.executescript("""
            ALTER TABLE task_queue ADD COLUMN customer TEXT DEFAULT 'nobody';
            ALTER TABLE task_queue ADD COLUMN "due (days)" INTEGER;
            CREATE INDEX by_customer ON task_queue (customer, priority);
            CREATE TABLE journal (task_id INTEGER);
            CREATE TRIGGER journal_insert AFTER INSERT ON task_queue
            BEGIN INSERT INTO journal VALUES (NEW.id); END;
            CREATE VIEW open_tasks AS SELECT id, customer FROM task_queue WHERE status = 'queued';
            UPDATE task_queue SET customer = 'c' || id, "due (days)" = id;
        """)
    with QueueDatabase(old_file, clock=clock) as db:
        assert [tuple(row) for row in db.execute("SELECT * FROM journal").fetchall()] == []
        new = add_raw(db)
        assert db.execute("SELECT task_id FROM journal").fetchone()[0] == new
        rows = db.execute('SELECT id, customer, "due (days)" FROM task_queue WHERE id < 10')
        assert {(f"c{row[0]}", row[0]) for row in rows.fetchall()} == {
            (row[1], row[2])
            for row in db.execute('SELECT id, customer, "due (days)" FROM task_queue WHERE id < 10')
        }
        assert db.execute("SELECT count(*) FROM open_tasks").fetchone()[0] == 5
        names = {row[0] for row in db.execute("SELECT name FROM sqlite_schema")}
        assert {"by_customer", "journal_insert", "open_tasks"} <= names
    assert [one.problems for one in validate_file(old_file)] == [()] * 8


def test_an_index_on_a_column_of_version_1_is_named(old_file: Path, clock: Clock) -> None:
    """A team's index that does not fit stops the migration with a clear error."""
    with closing(sqlite3.connect(old_file)) as conn:
        conn.execute("CREATE INDEX by_route ON task_queue (route)")
    before = content(old_file)
    with (
        QueueDatabase(old_file, clock=clock) as db,
        pytest.raises(QueueSchemaError, match="by_rou"),
    ):
        db.execute("SELECT 1")
    assert content(old_file) == before
    with closing(sqlite3.connect(old_file)) as conn:
        assert conn.execute("PRAGMA user_version").fetchone() == (1,)


def test_rows_past_the_constraints_are_kept(old_file: Path, clock: Clock) -> None:
    """A migration keeps rows that other SQL wrote with the constraints switched off."""
    with closing(sqlite3.connect(old_file)) as conn:
        conn.executescript(
            "PRAGMA ignore_check_constraints=ON;"
            "INSERT INTO task_queue (id, type, compatibility) VALUES (20, 'odd', 'no JSON')"
        )
    with QueueDatabase(old_file, clock=clock) as db:
        assert TaskQueue(db).get(20).compatibility == "no JSON"
        assert db.execute("PRAGMA ignore_check_constraints").fetchone()[0] == 0
        assert db.execute("PRAGMA foreign_keys").fetchone()[0] == 1


class _Killed(BaseException):
    """Stands for a kill."""


@pytest.fixture
def kill_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list with the number of statements to run before the next one is killed."""
    left = [-1]
    execute = QueueConnection.execute

    def counted(self: QueueConnection, sql: str, *arguments: Any) -> sqlite3.Cursor:
        if left[0] == 0:
            raise _Killed
        left[0] -= 1
        return execute(self, sql, *arguments)

    monkeypatch.setattr(QueueConnection, "execute", counted)
    return left


def test_a_migration_is_whole_or_absent(old_file: Path, clock: Clock, kill_at: list[int]) -> None:
    """A migration that ends at any statement leaves version 1, and the next one succeeds."""
    before = content(old_file)
    for number in range(500):
        kill_at[0] = number
        db = QueueDatabase(old_file, clock=clock)
        try:
            db.execute("SELECT 1")
        except _Killed:
            assert content(old_file) == before
            continue
        finally:
            kill_at[0] = -1
            db.close()
        break
    assert number > 30
    assert content(old_file) == before
    with QueueDatabase(old_file, clock=clock) as db:
        assert isinstance(TaskQueue(db).claim("w"), Task)
