"""The values that the tables reject, fill in and fix."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_queuekit.queue import (
    SCHEMA_VERSION,
    QueueDatabase,
    QueueIntegrityError,
    QueueSchemaError,
    TaskQueue,
)
from pytest_queuekit.queue.schema import APPLICATION_ID, create_schema
from tests.queue.world import add_raw, change_raw, column

NOW = "2027-01-15 08:00:00"
DAY = "2027-01-01 00:00:00"
OTHER_DAY = "2027-01-02 00:00:00"


@pytest.mark.parametrize("name", ["completed_at_utc", "finished_at_utc"])
def test_both_names_of_the_end_can_be_inserted(db: QueueDatabase, name: str) -> None:
    """A time inserted under one name also appears under the other."""
    task = add_raw(db, status="completed", **{name: DAY})
    assert column(db, task, "completed_at_utc") == DAY
    assert column(db, task, "finished_at_utc") == DAY


@pytest.mark.parametrize("name", ["completed_at_utc", "finished_at_utc"])
def test_both_names_of_the_end_can_be_updated(db: QueueDatabase, name: str) -> None:
    """A change or a NULL under one name also reaches the other."""
    task = add_raw(db, status="completed", completed_at_utc=DAY)
    change_raw(db, task, f"{name} = '{OTHER_DAY}'")
    assert column(db, task, "completed_at_utc") == OTHER_DAY
    assert column(db, task, "finished_at_utc") == OTHER_DAY
    change_raw(db, task, f"status = 'queued', {name} = NULL")
    assert column(db, task, "completed_at_utc") is None
    assert column(db, task, "finished_at_utc") is None


def test_finishing_under_the_older_name_keeps_its_time(db: QueueDatabase) -> None:
    """Setting status and finished_at_utc together keeps the given time."""
    task = add_raw(db)
    change_raw(db, task, f"status = 'completed', finished_at_utc = '{DAY}'")
    assert column(db, task, "completed_at_utc") == DAY


def test_a_task_inserted_as_ended_has_a_time(db: QueueDatabase) -> None:
    """A task inserted as ended gets the present time, so purge() can find it."""
    task = add_raw(db, status="failed")
    assert column(db, task, "completed_at_utc") == NOW
    assert column(db, task, "finished_at_utc") == NOW


def test_completing_shows_both_names_at_once(queue: TaskQueue) -> None:
    """The task from complete() has both times, although triggers run after RETURNING."""
    queue.enqueue("t", None)
    task = queue.claim("w")
    assert task is not None
    done = queue.complete(task)
    assert (done.completed_at_utc, done.finished_at_utc) == (NOW, NOW)


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"status": "done"}, "status_is_known"),
        ({"run_after_utc": "2027-01-15T08:00:00"}, "run_after_utc_reads_like_datetime_now"),
        ({"run_after_utc": 1_800_000_000}, "run_after_utc_reads_like_datetime_now"),
        ({"lease_until_utc": "2027-01-15T08:00:00"}, "lease_until_utc_reads_like_datetime_now"),
        ({"completed_at_utc": "2027-01-15T08:00:00"}, "completed_at_utc_reads_like_datetime_now"),
        ({"finished_at_utc": "2027-01-15T08:00:00"}, "finished_at_utc_reads_like_datetime_now"),
        ({"compatibility": "{"}, "compatibility_is_a_json_object"),
        ({"compatibility": "[1]"}, "compatibility_is_a_json_object"),
        ({"type": None}, "NOT NULL"),
    ],
)
def test_values_that_would_fail_silently_are_rejected(
    db: QueueDatabase, columns: dict[str, object], constraint: str
) -> None:
    """The table rejects invalid values, such as an ISO 'T' that would delay a task by a day."""
    with pytest.raises(QueueIntegrityError, match=constraint):
        add_raw(db, **columns)
    assert db.execute("SELECT count(*) FROM task_queue").fetchone()[0] == 0


def test_a_heartbeat_that_would_never_be_stale_is_refused(db: QueueDatabase) -> None:
    """The table rejects an ISO 'T', which would keep a dead worker alive all day."""
    with pytest.raises(QueueIntegrityError, match="heartbeat_utc_reads_like_datetime_now"):
        db.execute(
            "INSERT INTO workers (worker_id, heartbeat_utc) VALUES ('w', '2027-01-15T08:00')"
        )


def test_an_integrity_error_is_also_sqlites(db: QueueDatabase) -> None:
    """Code that catches sqlite3.IntegrityError also catches QueueIntegrityError."""
    with pytest.raises(sqlite3.IntegrityError):
        add_raw(db, status="done")


def test_nulls_become_defaults(db: QueueDatabase) -> None:
    """A NULL in a column with a default becomes the default."""
    task = add_raw(
        db, compatibility=None, run_after_utc=None, priority=None, created_at_utc=None, payload=None
    )
    row = db.execute("SELECT * FROM task_queue WHERE id = ?", (task,)).fetchone()
    assert (row["compatibility"], row["priority"], row["payload"]) == ("{}", 100, "{}")
    assert (row["run_after_utc"], row["created_at_utc"]) == (NOW, NOW)


def test_region_and_format_are_columns(db: QueueDatabase) -> None:
    """The columns region and format are generated from the compatibility."""
    task = add_raw(db, compatibility='{"region": "US", "format": "mp4"}')
    assert (column(db, task, "region"), column(db, task, "format")) == ("US", "mp4")


def test_ids_are_not_used_again(db: QueueDatabase) -> None:
    """After the newest task is deleted, the next id is still higher."""
    first = add_raw(db)
    db.execute("DELETE FROM task_queue")
    assert add_raw(db) > first


def test_initializing_twice_restores_dropped_objects(db: QueueDatabase) -> None:
    """initialize_schema() keeps rows, and restores a dropped index and trigger."""
    task = add_raw(db)
    db.execute("DROP INDEX task_life")
    db.execute("DROP TRIGGER finish_updated")
    db.initialize_schema()
    names = {row[0] for row in db.execute("SELECT name FROM sqlite_schema")}
    assert {"task_life", "finish_updated"} <= names
    assert column(db, task, "id") == task


def test_a_dropped_index_is_named(db: QueueDatabase, queue: TaskQueue) -> None:
    """A claim without its index fails and names the fix, instead of becoming slow."""
    queue.enqueue("t", None)
    db.execute("DROP INDEX task_life")
    with pytest.raises(QueueSchemaError, match=r"task_life.*initialize_schema\(\)"):
        queue.claim("w")


def test_a_newer_file_is_left_alone(path: Path) -> None:
    """A file of a newer version raises an error with its version, and stays unchanged."""
    with closing(sqlite3.connect(path)) as conn:
        conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
        conn.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    with (
        QueueDatabase(path) as db,
        pytest.raises(QueueSchemaError, match=f"user_version={SCHEMA_VERSION + 1}.*update"),
    ):
        db.execute("SELECT 1")
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_table_of_the_same_name_is_left_alone(path: Path) -> None:
    """A foreign task_queue table raises an error that names its missing columns."""
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE task_queue (id INTEGER PRIMARY KEY, type TEXT)")
    with (
        QueueDatabase(path) as db,
        pytest.raises(QueueSchemaError, match=r"lack .*task_queue\.payload"),
    ):
        db.execute("SELECT 1")


def test_other_tables_may_live_in_the_same_file(path: Path) -> None:
    """The queue and the tables of an application commit together."""
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)")
        create_schema(conn)
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        with pytest.raises(ZeroDivisionError), db.transaction() as own:
            own.execute("INSERT INTO orders VALUES (1)")
            queue.enqueue("send", {"order": 1})
            raise ZeroDivisionError
        assert queue.stats().queued == 0
        assert db.execute("SELECT count(*) FROM orders").fetchone()[0] == 0
