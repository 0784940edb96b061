"""The guarantees of connection(), transaction() and execute() for the caller's SQL."""

from __future__ import annotations

import pickle
import sqlite3
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from pytest_queuekit.queue import (
    PRODUCTION_PRAGMAS,
    QueueBusyError,
    QueueClosedError,
    QueueDatabase,
    QueueDatabaseError,
    QueueDiskFullError,
    QueueInputError,
    QueueSchemaError,
    SchedulingStrategy,
    TaskQueue,
)
from tests.queue.world import add_raw, locked


def count(db: QueueDatabase) -> int:
    return int(db.execute("SELECT count(*) FROM task_queue").fetchone()[0])


def test_a_write_in_connection_commits_by_itself(db: QueueDatabase, path: Path) -> None:
    """Another connection sees the write at once, with or without conn.commit()."""
    with db.connection() as conn, QueueDatabase(path) as other:
        conn.execute("INSERT INTO task_queue (type) VALUES ('t')")
        assert count(other) == 1
        conn.execute("INSERT INTO task_queue (type) VALUES ('t')")
        conn.commit()
        assert count(other) == 2


def test_execute_commits_by_itself(db: QueueDatabase, path: Path) -> None:
    """An INSERT through execute() commits without a transaction."""
    db.execute("INSERT INTO task_queue (type) VALUES (?)", ("t",))
    with QueueDatabase(path) as other:
        assert count(other) == 1


def test_an_open_transaction_is_not_left_behind(db: QueueDatabase) -> None:
    """connection() rolls back a BEGIN without COMMIT, and raises an error."""
    refused = pytest.raises(QueueDatabaseError, match=r"rolled back.*transaction\(\)")
    with refused, db.connection() as conn:
        conn.execute("BEGIN")
        conn.execute("INSERT INTO task_queue (type) VALUES ('t')")
    assert count(db) == 0


def test_transaction_commits_at_the_end(db: QueueDatabase, path: Path) -> None:
    """Other connections see no part of a transaction before its commit."""
    with QueueDatabase(path) as other:
        with db.transaction() as conn:
            conn.execute("INSERT INTO task_queue (type) VALUES ('t')")
            assert count(other) == 0
        assert count(other) == 1


SPLITS: dict[str, tuple[str, Callable[[sqlite3.Connection], object]]] = {
    "commit()": ("its end commits", lambda conn: conn.commit()),
    "rollback()": ("raise an error", lambda conn: conn.rollback()),
    "with conn": ("a nested transaction", lambda conn: conn.__enter__()),
    "conn.executescript": ("with execute", lambda conn: conn.executescript("SELECT 1")),
    "cursor.executescript": ("with execute", lambda conn: conn.cursor().executescript("SELECT 1")),
    "COMMIT": ("its end commits", lambda conn: conn.execute("COMMIT")),
    "commit": ("its end commits", lambda conn: conn.cursor().execute("  commit transaction;")),
    "END": ("its end commits", lambda conn: conn.execute("-- done\n/* now */ end")),
    "after semicolons": ("its end commits", lambda conn: conn.execute("; /* none */ ;COMMIT")),
    "ROLLBACK": ("raise an error", lambda conn: conn.execute("ROLLBACK")),
}


@pytest.mark.parametrize(("remedy", "split"), SPLITS.values(), ids=SPLITS)
@pytest.mark.parametrize("nested", [False, True])
def test_only_the_block_ends_its_transaction(
    db: QueueDatabase, remedy: str, split: Callable[[sqlite3.Connection], object], nested: bool
) -> None:
    """Whatever would commit or undo half of a transaction() is refused, and changes nothing."""
    with pytest.raises(KeyError), db.transaction() as conn:
        conn.execute("INSERT INTO task_queue (type) VALUES ('first')")
        with (
            pytest.raises(QueueDatabaseError, match=f"inside transaction.*{remedy}"),
            db.transaction() if nested else nullcontext(),
        ):
            split(conn)
        assert count(db) == 1
        raise KeyError
    assert count(db) == 0
    with db.connection() as conn:
        conn.execute("BEGIN")
        conn.execute("INSERT INTO task_queue (type) VALUES ('t')")
        conn.commit()
    assert count(db) == 1


def test_a_savepoint_inside_a_transaction(db: QueueDatabase) -> None:
    """A block may have savepoints of its own, and ROLLBACK TO them."""
    with db.transaction() as conn:
        conn.execute("INSERT INTO task_queue (type) VALUES ('kept')")
        conn.execute("SAVEPOINT mine")
        conn.execute("INSERT INTO task_queue (type) VALUES ('undone')")
        conn.execute("ROLLBACK TRANSACTION TO SAVEPOINT mine")
        conn.execute("RELEASE mine")
    assert count(db) == 1


def test_a_transaction_that_ended_inside_its_block(db: QueueDatabase) -> None:
    """A commit that the queue could not prevent makes the block raise at its end."""
    with pytest.raises(QueueDatabaseError, match="ended inside"), db.transaction() as conn:
        conn.execute("INSERT INTO task_queue (type) VALUES ('first')")
        sqlite3.Cursor(conn).execute("COMMIT")


def test_transaction_holds_the_lock_from_the_start(db: QueueDatabase, path: Path) -> None:
    """A transaction blocks other writers before its first statement."""
    with QueueDatabase(path, busy_seconds=0.05) as other:
        count(other)
        with db.transaction(), pytest.raises(QueueBusyError), other.transaction():
            pass


def test_an_error_rolls_back_and_passes_through(db: QueueDatabase) -> None:
    """An error rolls back the transaction and reaches the caller."""
    with pytest.raises(KeyError), db.transaction() as conn:
        conn.execute("INSERT INTO task_queue (type) VALUES ('t')")
        raise KeyError
    assert count(db) == 0


def test_an_inner_transaction_is_undone_alone(db: QueueDatabase) -> None:
    """The outer transaction continues after the inner transaction fails."""
    with db.transaction() as conn:
        conn.execute("INSERT INTO task_queue (type) VALUES ('outer')")
        with pytest.raises(KeyError), db.transaction() as inner:
            inner.execute("INSERT INTO task_queue (type) VALUES ('inner')")
            raise KeyError
        with db.transaction() as inner:
            inner.execute("INSERT INTO task_queue (type) VALUES ('kept')")
    types = [row[0] for row in db.execute("SELECT type FROM task_queue ORDER BY id")]
    assert types == ["outer", "kept"]


def test_connection_inside_a_transaction_sees_it(db: QueueDatabase) -> None:
    """connection() inside a transaction is the same connection and does not commit."""
    with pytest.raises(KeyError), db.transaction() as conn:
        conn.execute("INSERT INTO task_queue (type) VALUES ('t')")
        with db.connection() as inner:
            assert inner.execute("SELECT count(*) FROM task_queue").fetchone()[0] == 1
        raise KeyError
    assert count(db) == 0


@pytest.mark.parametrize("place", ["connection", "transaction"])
def test_pragmas_are_those_of_production(path: Path, place: str) -> None:
    """Each PRAGMA reads as promised, also between operations of the queue."""
    values = {"synchronous": 1, "temp_store": 2, "foreign_keys": 1, "journal_mode": "wal"}
    with QueueDatabase(path) as db:
        for _ in range(3):
            TaskQueue(db).claim("w")
            with getattr(db, place)() as conn:
                for name, promised in PRODUCTION_PRAGMAS.items():
                    value = conn.execute(f"PRAGMA {name}").fetchone()[0]
                    assert value == values.get(name, promised), name


def test_full_synchronous_can_be_chosen(path: Path) -> None:
    """synchronous="FULL" reaches the connection."""
    with QueueDatabase(path, synchronous="FULL") as db:
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_an_unknown_synchronous_is_refused(path: Path) -> None:
    """synchronous="OFF" raises QueueInputError."""
    with pytest.raises(QueueInputError, match="synchronous='OFF'"):
        QueueDatabase(path, synchronous="OFF")  # type: ignore[arg-type] # the point


class TestTotalChanges:
    """conn.total_changes counts the rows that a block changed itself."""

    def test_of_several_statements(self, db: QueueDatabase) -> None:
        """Plain statements, executemany(), RETURNING and WITH add up."""
        with db.transaction() as conn:
            conn.execute("INSERT INTO task_queue (type) VALUES ('a'), ('b')")
            assert conn.total_changes == 2
            conn.executemany("INSERT INTO task_queue (type) VALUES (?)", [("c",), ("d",), ("e",)])
            assert conn.total_changes == 5
            conn.execute("UPDATE task_queue SET priority = 1 RETURNING id").fetchall()
            assert conn.total_changes == 10
            conn.execute("WITH q AS (SELECT 1) DELETE FROM task_queue WHERE id < 3")
            conn.cursor().execute("SELECT * FROM task_queue").fetchall()
            assert conn.total_changes == 12

    def test_starts_at_zero(self, db: QueueDatabase) -> None:
        """The count excludes earlier changes of the connection."""
        add_raw(db)
        with db.transaction() as conn:
            assert conn.total_changes == 0
        with db.connection() as conn:
            conn.execute("INSERT INTO task_queue (type) VALUES ('a')")
            assert conn.total_changes == 1

    def test_without_cascades_and_triggers(self, db: QueueDatabase) -> None:
        """Rows deleted by a cascade or changed by a trigger do not count."""
        task = add_raw(db)
        with db.transaction() as conn:
            conn.execute("INSERT INTO task_logs (task_id) VALUES (?), (?)", (task, task))
            conn.execute("UPDATE task_queue SET status = 'completed'")
            assert conn.total_changes == 3
            conn.execute("DELETE FROM task_queue")
            assert conn.total_changes == 4

    def test_of_a_block_around(self, db: QueueDatabase) -> None:
        """A block inside connection() adds to the count of the outer block."""
        with db.connection() as conn:
            conn.execute("INSERT INTO task_queue (type) VALUES ('a')")
            with db.transaction() as inner:
                inner.execute("INSERT INTO task_queue (type) VALUES ('b')")
                assert inner.total_changes == 1
            assert conn.total_changes == 2


def test_a_busy_database_raises_after_the_wait(path: Path) -> None:
    """A locked database raises QueueBusyError after busy_seconds."""
    with QueueDatabase(path, busy_seconds=0.3) as db:
        queue = TaskQueue(db)
        queue.enqueue("t", None)
        for operation in (
            lambda: queue.claim("w"),
            lambda: queue.enqueue("t", None),
            lambda: db.execute("DELETE FROM task_queue"),
            lambda: db.initialize_schema(),
        ):
            with locked(path):
                began = time.perf_counter()
                with pytest.raises(QueueBusyError, match="locked"):
                    operation()
                assert 0.25 < time.perf_counter() - began < 3
        assert queue.stats().queued == 1


def test_the_default_wait_is_five_seconds(db: QueueDatabase, path: Path) -> None:
    """A transaction waits five seconds for the lock, as busy_timeout=5000 promises."""
    db.execute("SELECT 1")
    with locked(path):
        began = time.perf_counter()
        with pytest.raises(QueueBusyError), db.transaction():
            pass
        assert 4.5 < time.perf_counter() - began < 8


def test_waits_between_calls_of_the_queue(db: QueueDatabase) -> None:
    """Calls of the queue leave the busy_timeout of a lent connection as it was."""
    queue = TaskQueue(db)
    with db.connection() as conn:
        for call in (
            lambda: queue.enqueue("t", None),
            lambda: queue.enqueue_many("t", [None]),
            lambda: queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM),
        ):
            call()
            assert conn.execute("PRAGMA busy_timeout").fetchone()[0] == 5000


def test_a_wait_ends_when_the_lock_is_free(db: QueueDatabase, path: Path) -> None:
    """A waiting operation continues when the lock becomes free."""
    queue = TaskQueue(db)
    queue.enqueue("t", None)
    with locked(path) as holder:
        tries = []

        def release(_: object) -> None:
            tries.append(1)
            if len(tries) == 3:
                holder.execute("ROLLBACK")

        with db.connection() as conn:
            conn.set_trace_callback(release)
        assert queue.claim("w") is not None
    assert len(tries) >= 3


@pytest.mark.parametrize(
    ("sql", "kind", "match"),
    [
        ("SELEKT 1", QueueDatabaseError, "syntax error"),
        ("SELECT * FROM nowhere", QueueSchemaError, "no such table"),
    ],
)
def test_sqlites_errors_are_translated(
    db: QueueDatabase, sql: str, kind: type[Exception], match: str
) -> None:
    """SQLite errors become QueueDatabaseErrors, with the original as their cause."""
    with pytest.raises(kind, match=match) as caught, db.transaction() as conn:
        conn.execute(sql)
    assert isinstance(caught.value.__cause__, sqlite3.Error)
    with pytest.raises(kind, match=match):
        db.execute(sql)


def test_a_full_disk_is_named_and_changes_nothing(path: Path) -> None:
    """A full disk changes nothing, and the queue works again when there is room."""
    limits: list[sqlite3.Connection] = []
    with QueueDatabase(path, on_connect=limits.append) as db:
        queue = TaskQueue(db)
        queue.enqueue("t", "small")
        pages = limits[0].execute("PRAGMA page_count").fetchone()[0]
        limits[0].execute(f"PRAGMA max_page_count={pages + 1}")
        with pytest.raises(QueueDiskFullError, match="Make room"):
            queue.enqueue("t", "x" * 100_000)
        with pytest.raises(QueueDiskFullError):
            queue.enqueue_many("t", ["x" * 50_000] * 2)
        assert queue.stats().queued == 1
        limits[0].execute("PRAGMA max_page_count=100000")
        queue.enqueue("t", "x" * 100_000)
        assert queue.stats().queued == 2


def test_a_closed_database_says_so(path: Path) -> None:
    """Calls after close() raise QueueClosedError; a second close() is harmless."""
    with QueueDatabase(path) as db:
        db.execute("SELECT 1")
    db.close()
    for use in (lambda: db.execute("SELECT 1"), lambda: TaskQueue(db).claim("w")):
        with pytest.raises(QueueClosedError, match="closed"):
            use()


def test_a_snapshot_does_not_move(db: QueueDatabase, path: Path) -> None:
    """A snapshot does not change when another connection commits."""
    add_raw(db)
    with QueueDatabase(path) as other, db.snapshot() as read:
        assert read("SELECT count(*) FROM task_queue") == [(1,)]
        add_raw(other)
        assert read("SELECT count(*) FROM task_queue") == [(1,)]
    assert count(db) == 2


@pytest.mark.parametrize("goes_on", ["not at all", "by hand", "by the queue"])
def test_a_transaction_that_an_error_has_undone(db: QueueDatabase, goes_on: str) -> None:
    """A block that catches such an error commits nothing and raises QueueDatabaseError."""
    queue = TaskQueue(db)

    def work(conn: sqlite3.Connection) -> None:
        queue.enqueue("before", None)
        with suppress(sqlite3.IntegrityError):
            conn.execute("INSERT OR ROLLBACK INTO task_queue (id, type) VALUES (1, 'again')")
        if goes_on == "by hand":
            conn.execute("INSERT INTO task_queue (type) VALUES ('after')")
        elif goes_on == "by the queue":
            queue.enqueue("after", None)

    first = queue.enqueue("t", None)
    assert first == 1
    refused = pytest.raises(QueueDatabaseError, match="rolled back this whole transaction")
    with refused, db.transaction() as conn:
        work(conn)
    assert queue.stats().queued == 1
    with db.transaction() as conn:
        conn.execute("INSERT INTO task_queue (type) VALUES ('next')")
    assert queue.stats().queued == 2


def test_a_queue_cannot_be_pickled(queue: TaskQueue, path: Path) -> None:
    """As an argument for another process, it says what to pass instead."""
    with pytest.raises(TypeError, match=f"pass path={str(path)!r} to the other process"):
        pickle.dumps(queue)
