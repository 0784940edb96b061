"""Purge, archive, sweep, backup, integrity check, vacuum."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pytest_queuekit.queue import (
    QueueBusyError,
    QueueDatabase,
    QueueDatabaseError,
    QueuePathError,
    SweepResult,
    TaskQueue,
)
from tests.queue.world import Clock, add_raw, locked, output, started


def ended(queue: TaskQueue, count: int = 1) -> list[int]:
    """Add completed tasks and return their ids."""
    ids = queue.enqueue_many("t", range(count))
    for task in queue.claim_many("w", limit=count):
        queue.complete(task)
    return ids


def test_purge_of_many(queue: TaskQueue, db: QueueDatabase) -> None:
    """purge() deletes tasks with their logs, in steps of 1,000."""
    for _ in range(3):
        ended(queue, 800)
    queue.log(1, "INFO", "hello")
    commits: list[str] = []
    with db.connection() as conn:
        conn.set_trace_callback(lambda sql: commits.append(sql) if "COMMIT" in sql else None)
    assert queue.purge(older_than=0) == 2400
    assert len(commits) >= 3
    assert queue.logs(1) == []


CALLS: dict[str, Callable[[TaskQueue], object]] = {
    "purge()": lambda queue: queue.purge(0),
    "archive()": lambda queue: queue.archive(0),
    "reclaim()": lambda queue: queue.reclaim(),
    "sweep()": lambda queue: queue.sweep(),
}


def in_chunks(queue: TaskQueue, clock: Clock, call: str) -> int:
    """Add 2,500 tasks for a call to change, and return the number in its first transaction."""
    for _ in range(5):
        queue.enqueue_many("t", range(500))
        tasks = queue.claim_many("w", limit=500, lease_seconds=10)
        if call in ("purge()", "archive()"):
            queue.complete_many(tasks)
    clock.advance(100)
    return 1000 if call in ("purge()", "archive()") else 500


@pytest.mark.parametrize("call", CALLS)
def test_an_error_says_how_much_is_done(path: Path, clock: Clock, call: str) -> None:
    """If the second transaction fails, the error has the number of the first; a call continues."""
    with QueueDatabase(path, clock=clock, busy_seconds=0) as db:
        queue = TaskQueue(db)
        size = in_chunks(queue, clock, call)
        begun: list[str] = []
        with closing(sqlite3.connect(path, isolation_level=None)) as other:

            def at_the_second(sql: str) -> None:
                if sql == "BEGIN IMMEDIATE":
                    begun.append(sql)
                    if len(begun) == 2:
                        other.execute(sql)

            with db.connection() as conn:
                conn.set_trace_callback(at_the_second)
            with pytest.raises(QueueBusyError) as caught:
                CALLS[call](queue)
            other.execute("ROLLBACK")
        assert caught.value.done == size
        message = str(caught.value)
        assert message.startswith(f"{call} stopped after {size} tasks; call it again for the rest")
        assert "nothing was changed" not in message
        rest = CALLS[call](queue)
        assert (rest.reclaimed if isinstance(rest, SweepResult) else rest) == 2500 - size


def test_an_error_in_the_first_transaction(path: Path, clock: Clock) -> None:
    """If nothing was done, the error says that nothing was changed."""
    with QueueDatabase(path, clock=clock, busy_seconds=0) as db:
        queue = TaskQueue(db)
        ended(queue)
        with locked(path), pytest.raises(QueueBusyError, match="nothing was changed") as caught:
            queue.purge(0)
        assert caught.value.done == 0


def test_an_interruption_says_how_much_is_done(path: Path, clock: Clock) -> None:
    """An exception that is not the queue's gets the sentence as a note."""
    begun: list[str] = []

    def time_until_interrupted() -> float:
        if len(begun) == 2:
            begun.append("interrupted")
            raise ZeroDivisionError
        return clock()

    with QueueDatabase(path, clock=time_until_interrupted) as db:
        queue = TaskQueue(db)
        in_chunks(queue, clock, "purge()")
        with db.connection() as conn:
            conn.set_trace_callback(
                lambda sql: begun.append(sql) if sql == "BEGIN IMMEDIATE" else None
            )
        with pytest.raises(ZeroDivisionError) as caught:
            queue.purge(0)
        notes = caught.value.__notes__
        assert notes == ["purge() stopped after 1000 tasks; call it again for the rest"]
        assert queue.purge(0) == 1500


def test_backup_is_a_queue(queue: TaskQueue, tmp_path: Path, clock: Clock) -> None:
    """A backup is a complete, private queue, independent of the original."""
    queue.enqueue_many("t", range(10))
    held = queue.claim("w")
    target = Path(queue.backup(tmp_path / "copy.db"))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    queue.enqueue("t", None)
    with QueueDatabase(target, clock=clock) as db:
        copy = TaskQueue(db)
        assert (copy.stats().queued, copy.stats().leased) == (9, 1)
        assert held is not None
        assert copy.complete(held).status == "completed"
        assert copy.integrity_check() == []
    assert queue.stats().leased == 1
    assert sorted(file.name for file in tmp_path.glob("copy*")) == ["copy.db"]


def test_backup_leaves_other_files_alone(queue: TaskQueue, tmp_path: Path) -> None:
    """backup() rejects an existing file and a missing folder, and changes nothing."""
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with pytest.raises(QueuePathError, match=r"copy\.db' already exists"):
        queue.backup(target)
    assert target.read_text() == "precious"
    with pytest.raises(QueuePathError, match="missing or read-only"):
        queue.backup(tmp_path / "no" / "copy.db")


def test_a_backup_that_does_not_fit_names_its_place(path: Path, tmp_path: Path) -> None:
    """A backup without enough disk space names its target and leaves no file."""
    body = """
import resource, sys
from pytest_queuekit.queue import QueueDatabase, QueueDatabaseError, TaskQueue
queue = TaskQueue(QueueDatabase(sys.argv[1]))
queue.enqueue_many("t", ["x" * 1000] * 100)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
try:
    queue.backup(sys.argv[2])
except QueueDatabaseError as error:
    print(error)
"""
    message = output(started(body, path, tmp_path / "copy.db"))
    assert re.search(r"copy\.db.*EFBIG.*no copy was made", message)
    assert list(tmp_path.glob("copy*")) == []


def test_backup_of_a_database_in_memory(tmp_path: Path) -> None:
    """A database in memory can be backed up to a file."""
    with QueueDatabase(":memory:") as db:
        queue = TaskQueue(db)
        queue.enqueue("t", 1)
        with QueueDatabase(queue.backup(tmp_path / "copy.db")) as copy:
            assert TaskQueue(copy).get(1).get_payload() == 1


def test_not_inside_a_transaction(queue: TaskQueue, db: QueueDatabase, tmp_path: Path) -> None:
    """vacuum() and backup() raise an error inside a transaction."""
    for call in (queue.vacuum, lambda: queue.backup(tmp_path / "copy.db")):
        with db.transaction(), pytest.raises(QueueDatabaseError, match="inside a transaction"):
            call()
    assert not (tmp_path / "copy.db").exists()


def test_vacuum_gives_space_back(queue: TaskQueue, path: Path) -> None:
    """vacuum() shrinks the file and keeps the tasks."""
    queue.enqueue_many("t", ["x" * 2000] * 500)
    for task in queue.claim_many("w", limit=499):
        queue.complete(task)
    queue.purge(older_than=0)
    before = path.stat().st_size
    queue.vacuum()
    assert path.stat().st_size < before / 3
    assert queue.claim("w") is not None


def test_vacuum_needs_little_memory(path: Path) -> None:
    """vacuum() keeps its copy of the content in a file, and not in memory."""
    body = """
import resource, sys
from pytest_queuekit.queue import QueueDatabase, TaskQueue
db = QueueDatabase(sys.argv[1])
with db.transaction() as conn:
    conn.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
        "INSERT INTO task_queue (type, payload) "
        "SELECT 't', json_quote(hex(randomblob(2000))) FROM n"
    )
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = peak()
TaskQueue(db).vacuum()
print(peak() - before)
"""
    megabytes = float(output(started(body, path)))
    assert path.stat().st_size > 80e6
    assert megabytes < 40


def test_vacuum_keeps_the_settings_and_temporary_tables(
    queue: TaskQueue, db: QueueDatabase
) -> None:
    """temp_store is MEMORY again after each vacuum(); a temporary table of the caller stays."""
    for _ in range(2):
        queue.vacuum()
        assert db.execute("PRAGMA temp_store").fetchone()[0] == 2
    db.execute("CREATE TEMP TABLE mine (id)")
    queue.vacuum()
    assert db.execute("SELECT count(*) FROM mine").fetchone()[0] == 0


def test_the_log_is_cut_after_a_long_reader(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader makes the -wal grow, which stats() shows; afterwards it shrinks to its limit."""
    monkeypatch.setattr("pytest_queuekit.queue.opening.WAL_LIMIT_BYTES", 100_000)
    with QueueDatabase(path) as db, closing(sqlite3.connect(path)) as reader:
        queue = TaskQueue(db)
        queue.enqueue("t", None)
        cursor = reader.execute("SELECT * FROM task_queue UNION ALL SELECT * FROM task_queue")
        cursor.fetchone()
        for _ in range(8):
            queue.enqueue_many("t", ["x" * 2000] * 500)
        grown = queue.stats().wal_bytes
        assert grown == Path(f"{path}-wal").stat().st_size > 8_000_000
        cursor.close()
        for _ in range(2):
            db.execute("PRAGMA wal_checkpoint").fetchall()
            queue.enqueue("t", None)
        assert queue.stats().wal_bytes <= 100_000


def test_a_sound_file_has_no_problems(queue: TaskQueue, clock: Clock) -> None:
    """integrity_check() of a sound file finds nothing."""
    queue.enqueue_many("t", range(5))
    queue.complete(queue.claim("w") or pytest.fail("nothing to claim"))
    queue.fail(queue.claim("w") or pytest.fail("nothing to claim"), "x", retry=False)
    queue.claim("w")
    clock.advance(100)
    queue.claim("w")
    assert queue.integrity_check() == []


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE task_queue SET status = 'leased'", "1 tasks are leased without an end"),
        ("UPDATE task_queue SET payload = '{'", "1 tasks have a payload that is not JSON"),
        (
            "DROP TRIGGER finish_updated; "
            "UPDATE task_queue SET completed_at_utc = '2027-01-01 00:00:00'",
            "1 tasks have completed_at_utc and finished_at_utc that differ",
        ),
        (
            "DROP TRIGGER finish_updated; UPDATE task_queue SET status = 'failed'",
            "1 tasks ended without a time",
        ),
        (
            "PRAGMA foreign_keys = OFF; INSERT INTO task_logs (task_id) VALUES (99)",
            "row 1 of task_logs refers to a missing row of task_queue",
        ),
    ],
)
def test_each_problem_has_a_sentence(
    queue: TaskQueue, path: Path, damage: str, problem: str
) -> None:
    """integrity_check() has a sentence for each kind of damage by other SQL."""
    queue.enqueue("t", None)
    with closing(sqlite3.connect(path)) as conn:
        conn.executescript(damage)
    (sentence,) = queue.integrity_check()
    assert sentence.startswith(problem)


def test_damage_of_the_file_is_reported(queue: TaskQueue, db: QueueDatabase) -> None:
    """integrity_check() finds an index that does not match its table."""
    queue.enqueue_many("t", range(3))
    with db.connection() as conn:
        page = conn.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'task_life'"
        ).fetchone()[0]
        conn.execute("PRAGMA writable_schema=1")
        other = conn.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'idempotency'"
        ).fetchone()[0]
        sql = "UPDATE sqlite_schema SET rootpage = ? WHERE name = ?"
        conn.execute(sql, (other, "task_life"))
        conn.execute(sql, (page, "idempotency"))
        conn.execute("PRAGMA writable_schema=RESET")
    assert any(problem.startswith("damage: ") for problem in queue.integrity_check())


def test_archive_of_a_payload_in_bytes(queue: TaskQueue, db: QueueDatabase) -> None:
    """archive() turns a payload that other SQL stored as bytes into text."""
    add_raw(db, payload=b'{"n": 1}', status="completed", completed_at_utc="2027-01-01 00:00:00")
    assert queue.archive(older_than=5) == 1
    kept = json.loads(db.execute("SELECT task FROM task_archive").fetchone()["task"])
    assert kept["payload"] == '{"n": 1}'
