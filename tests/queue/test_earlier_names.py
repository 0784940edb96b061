"""Code for the earlier form of the queue runs unchanged; see "Earlier names" in QUEUE_API.md."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit import queue as package
from pytest_queuekit.queue import (
    PRAGMAS,
    SCHEMA_STATEMENTS,
    FIFOTaskClaimer,
    LIFOTaskClaimer,
    PriorityTaskClaimer,
    QueueDatabase,
    QueueDatabaseError,
    QueueInputError,
    QueueIntegrityError,
    QueuePathError,
    QueueSchemaError,
    QueueValidator,
    SchedulingStrategy,
    Task,
    TaskClaimer,
    TaskClaimerFactory,
    TaskLog,
    TaskQueue,
    WeightedRandomTaskClaimer,
    Worker,
    quick_validate,
    schema,
    validate_worker_integration,
)
from tests.queue.validating import alter, names
from tests.queue.world import locked

INSERT = "INSERT INTO task_queue (type, payload) VALUES (?, ?)"


# -- QueueDatabase -----------------------------------------------------------------------------


def test_a_connection_that_the_caller_keeps(db: QueueDatabase) -> None:
    """get_connection() returns the same tuned connection of the thread each time."""
    conn = db.get_connection()
    assert conn is db.get_connection()
    assert conn.row_factory is sqlite3.Row
    settings = {
        name: conn.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


def test_a_kept_connection_and_the_queue_take_turns(db: QueueDatabase, queue: TaskQueue) -> None:
    """Writes on a kept connection commit by themselves; commit() and the queue work beside it."""
    conn = db.get_connection()
    conn.execute(INSERT, ("a", "{}"))
    conn.commit()
    cursor = db.execute(INSERT, ("b", "{}"))
    db.get_connection().commit()
    assert cursor.lastrowid == 2
    assert queue.enqueue("c", None) == 3
    assert [row["type"] for row in conn.execute("SELECT type FROM task_queue")] == ["a", "b", "c"]
    with db.transaction() as inside:
        assert inside is conn
        inside.execute("DELETE FROM task_queue")
    assert queue.claim("w") is None
    assert conn.execute("PRAGMA busy_timeout").fetchone()[0] == 5000


def test_a_kept_connection_raises_the_errors_of_sqlite3(db: QueueDatabase) -> None:
    """A kept connection has no block around it, so its errors are not translated."""
    with pytest.raises(sqlite3.IntegrityError):
        db.get_connection().execute("INSERT INTO task_logs (task_id, message) VALUES (99, 'm')")


def test_a_kept_connection_waits_for_a_lock(path: Path) -> None:
    """SQLite's own busy timeout protects a kept connection, after calls of the queue too."""
    with QueueDatabase(path, busy_seconds=0.2) as db:
        conn = db.get_connection()
        TaskQueue(db).enqueue("t", None)
        with locked(path), pytest.raises(sqlite3.OperationalError, match="locked"):
            conn.execute(INSERT, ("a", "{}"))
        conn.execute(INSERT, ("a", "{}"))


def test_each_thread_has_a_connection(db: QueueDatabase) -> None:
    """get_connection() gives each thread a connection of its own, and none after close()."""
    found: list[sqlite3.Connection] = [db.get_connection()]
    thread = threading.Thread(target=lambda: found.append(db.get_connection()))
    thread.start()
    thread.join()
    assert found[0] is not found[1]
    db.close()
    with pytest.raises(QueueDatabaseError, match="closed"):
        db.get_connection()


def test_the_path_of_a_database(path: Path) -> None:
    """db_path is the absolute path as a Path."""
    with QueueDatabase(str(path)) as db:
        assert db.db_path == path
        assert isinstance(db.db_path, Path)
        db.get_connection()
        assert db.db_path.exists()


def test_a_statement_for_many_rows(db: QueueDatabase, queue: TaskQueue) -> None:
    """execute_many() runs a statement for each set of parameters and commits them together."""
    db.execute_many(INSERT, [(f"type-{number}", "{}") for number in range(3)])
    assert db.execute("SELECT count(*) FROM task_queue").fetchone()[0] == 3
    db.execute_many(INSERT, [])
    with pytest.raises(QueueIntegrityError):
        db.execute_many(INSERT, [("good", "{}"), (None, "{}")])
    with pytest.raises(RuntimeError), db.transaction():
        db.execute_many(INSERT, [("undone", "{}")])
        raise RuntimeError
    assert queue.stats().queued == 3


# -- Task, Worker, TaskLog ---------------------------------------------------------------------


def test_every_field_has_a_default() -> None:
    """Task(), Worker() and TaskLog() have the defaults of a new row."""
    task = Task()
    assert task.id is None
    assert (task.type, task.priority, task.payload) == ("", 100, "{}")
    assert (task.status, task.attempts, task.max_attempts) == ("queued", 0, 5)
    assert (task.compatibility, task.run_after_utc, task.locked_by) == ("{}", None, None)
    worker = Worker()
    assert (worker.worker_id, worker.capabilities, worker.heartbeat_utc) == ("", "{}", None)
    log = TaskLog()
    assert log.log_id is None
    assert (log.task_id, log.level, log.details) == (0, "INFO", None)


def test_json_of_rows_as_dicts() -> None:
    """The methods that end in _dict decode JSON objects."""
    task = Task(payload='{"format": "video"}', compatibility='{"region": "us-west", "gpu": true}')
    assert task.get_payload_dict() == {"format": "video"}
    assert task.get_compatibility_dict() == {"region": "us-west", "gpu": True}
    assert Worker(capabilities='{"cpu": 8}').get_capabilities_dict() == {"cpu": 8}


def test_rows_to_dicts_and_back(queue: TaskQueue) -> None:
    """from_dict() of to_dict() is the same object, and to_dict() has the columns of the row."""
    queue.enqueue("t", {"a": 1}, compatibility={"region": "EU"})
    queue.heartbeat("w", {"region": "EU"})
    queue.log(1, "INFO", "hello", {"a": 1})
    task = queue.claim("w", {"region": "EU"})
    assert task is not None
    worker = Worker.from_dict(queue.db.execute("SELECT * FROM workers").fetchone())
    rows: list[tuple[Any, str]] = [
        (task, "task_queue"),
        (worker, "workers"),
        (queue.logs(1)[0], "task_logs"),
    ]
    for record, table in rows:
        stored = dict(queue.db.execute(f"SELECT * FROM {table}").fetchone())
        fields = record.to_dict()
        assert fields == {name: stored[name] for name in fields}
        assert type(record).from_dict(fields) == record


AT = "2025-01-01 12:00:00"


@pytest.mark.parametrize(
    "moment",
    [
        AT,
        datetime(2025, 1, 1, 12),  # noqa: DTZ001 - without a zone: in UTC
        datetime(2025, 1, 1, 12, 0, 0, 999_999, tzinfo=UTC),
        datetime(2025, 1, 1, 13, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_times_as_text_or_datetime(moment: Any) -> None:
    """A time may be text or a datetime; it is kept as the text of a column, in UTC."""
    task = Task(created_at_utc=moment, lease_until_utc=moment)
    assert (task.created_at_utc, task.lease_until_utc) == (AT, AT)
    assert task.to_dict()["created_at_utc"] == AT
    assert Task.from_dict({"id": 1, "finished_at_utc": moment}).finished_at_utc == AT
    assert Worker(heartbeat_utc=moment).heartbeat_utc == AT
    assert TaskLog(at_utc=moment).at_utc == AT


def test_a_datetime_that_utc_cannot_express() -> None:
    """A datetime outside the years 1 to 9999 in UTC raises QueueInputError."""
    latest: Any = datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))
    with pytest.raises(QueueInputError, match="created_at_utc="):
        Task(created_at_utc=latest)


# -- claimers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "strategy", "first"),
    [
        (FIFOTaskClaimer, SchedulingStrategy.FIFO, 1),
        (LIFOTaskClaimer, SchedulingStrategy.LIFO, 3),
        (PriorityTaskClaimer, SchedulingStrategy.PRIORITY, 2),
        (WeightedRandomTaskClaimer, SchedulingStrategy.WEIGHTED_RANDOM, None),
    ],
)
def test_a_claimer_for_each_strategy(
    queue: TaskQueue,
    db: QueueDatabase,
    kind: Callable[[QueueDatabase], TaskClaimer],
    strategy: SchedulingStrategy,
    first: int | None,
) -> None:
    """Each claimer class takes the database; the factory returns the class of the strategy."""
    for priority in (50, 10, 100):
        queue.enqueue("t", None, priority=priority)
    claimer = kind(db)
    assert isinstance(claimer, TaskClaimer)
    assert claimer.strategy is strategy
    task = claimer.claim_task("worker-1", {}, 60)
    assert task is not None
    assert task.locked_by == "worker-1"
    assert first is None or task.id == first
    assert type(TaskClaimerFactory.create(strategy, db)) is kind


# -- the schema --------------------------------------------------------------------------------


def test_the_statements_and_settings_of_the_schema(tmp_path: Path) -> None:
    """PRAGMAS and SCHEMA_STATEMENTS make a database with the queue's tables by hand."""
    assert schema.PRAGMAS is PRAGMAS
    assert schema.SCHEMA_STATEMENTS is SCHEMA_STATEMENTS
    assert str(PRAGMAS["journal_mode"]).upper() == "WAL"
    path = tmp_path / "by_hand.db"
    conn = sqlite3.connect(path)
    for name, value in PRAGMAS.items():
        conn.execute(f"PRAGMA {name} = {value}")
    for statement in SCHEMA_STATEMENTS:
        conn.execute(statement)
    conn.commit()
    conn.close()
    with QueueDatabase(path) as db:
        assert TaskQueue(db).enqueue("t", None) == 1


def test_a_file_with_other_tables(path: Path) -> None:
    """A table of the same name without the queue's columns raises QueueSchemaError."""
    alter(path, "CREATE TABLE task_queue (id INTEGER)")
    with QueueDatabase(path) as db, pytest.raises(QueueSchemaError):
        db.initialize_schema()


# -- validation --------------------------------------------------------------------------------


def test_a_validator_takes_a_path(path: Path, db: QueueDatabase) -> None:
    """QueueValidator takes the path of a file, as text or Path, and a QueueDatabase."""
    db.initialize_schema()
    for subject in (str(path), path, db):
        assert QueueValidator(subject).validate_all() is True


def test_a_validator_of_a_path_without_a_file(tmp_path: Path) -> None:
    """A path without a file gets an empty queue, as in QueueDatabase(path)."""
    validator = QueueValidator(str(tmp_path / "new.db"))
    assert validator.validate_all() is True
    assert "new.db" in names(tmp_path)
    for path in ("", ":memory:", tmp_path, tmp_path / "missing" / "new.db"):
        with pytest.raises(QueuePathError):
            QueueValidator(path)


@pytest.mark.parametrize("value", [None, 7, 1.5, b"queue.db", ["queue.db"], object(), Task])
def test_a_validator_of_anything_else(value: Any) -> None:
    """Anything but a QueueDatabase or a path raises a TypeError of one line."""
    with pytest.raises(TypeError, match="must be a QueueDatabase or the path") as caught:
        QueueValidator(value)
    assert str(caught.value).isprintable()


def test_a_report_of_a_validation(path: Path, db: QueueDatabase) -> None:
    """generate_report() lists the eight checks, with the problems of the failed ones."""
    db.initialize_schema()
    report = QueueValidator(path).generate_report()
    assert "Overall: 8/8 checks passed" in report
    assert report.count("✅ PASS - ") == 8
    db.execute("DROP INDEX task_life")
    validator = QueueValidator(path)
    assert validator.validate_all() is False
    report = validator.generate_report()
    assert "Overall: 8/8" not in report
    assert "❌ FAIL - Index Performance\n      " in report
    assert "task_life" in report


def test_a_benchmark_of_a_number_of_tasks(path: Path, db: QueueDatabase, queue: TaskQueue) -> None:
    """benchmark_performance() times operations on a scratch database, and leaves no task."""
    queue.enqueue("t", None)
    times = QueueValidator(str(path)).benchmark_performance(num_tasks=5)
    assert {f"{step}_{unit}" for step in ("insert", "select", "claim", "update") for unit in (
        "time_ms", "rate_per_sec"
    )} == set(times)  # fmt: skip
    assert all(value > 0 for value in times.values())
    assert queue.stats().queued == 1
    with pytest.raises(QueueInputError, match="num_tasks=0"):
        QueueValidator(db).benchmark_performance(0)


def test_a_quick_validation_of_a_path(tmp_path: Path) -> None:
    """quick_validate(path) judges that file, and creates it if it is missing."""
    path = tmp_path / "queue.db"
    assert quick_validate() is True
    assert quick_validate(str(path)) is True
    assert quick_validate(db_path=path) is True
    alter(path, "DROP INDEX task_life")
    assert quick_validate(path) is False


def test_an_integration_with_a_type_of_task(db: QueueDatabase, queue: TaskQueue) -> None:
    """validate_worker_integration() takes the type of the worker's tasks."""
    assert validate_worker_integration(db, "worker-1", task_type="video") is True
    assert validate_worker_integration(db, "worker-1") is True
    assert validate_worker_integration(db, "worker-1", task_type="") is False
    with db.transaction() as conn:
        conn.execute(
            "CREATE TRIGGER only_mail BEFORE INSERT ON task_queue WHEN NEW.type <> 'mail' "
            "BEGIN SELECT RAISE(ABORT, 'only mail'); END"
        )
    assert validate_worker_integration(db, "worker-1", task_type="mail") is True
    assert validate_worker_integration(db, "worker-1", task_type="video") is False
    assert queue.stats().queued == 0


# -- the package -------------------------------------------------------------------------------

_LOADED = """
import sys
import pytest_queuekit.queue as queue
late = [name for name in sys.modules if name.startswith("pytest_queuekit.queue.")
        and (".checks" in name or name.endswith(".validation"))]
print(late, "argparse" in sys.modules, "logging" in sys.modules)
from pytest_queuekit.queue import QueueValidator, quick_validate, validate_worker_integration
print("pytest_queuekit.queue.validation" in sys.modules)
"""


def test_the_validation_is_loaded_on_first_use() -> None:
    """Importing the queue loads no module of the validation."""
    ran = subprocess.run(
        [sys.executable, "-c", _LOADED], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.splitlines() == ["[] False False", "True"]


def test_a_name_that_the_package_does_not_have() -> None:
    """An unknown name raises AttributeError; dir() lists the names that are loaded later."""
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing  # type: ignore[attr-defined] # the point
    assert {"QueueValidator", "quick_validate", "validate_worker_integration"} <= {*dir(package)}
