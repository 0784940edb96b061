"""The watch without pytest, as in a REPL."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.queue import QueueDatabase, TaskQueue
from pytest_queuekit.watch.finding import WatchFinding, pack, unpack
from pytest_queuekit.watch.holding import LIMIT, Holding
from pytest_queuekit.watch.internal_errors import InternalErrors
from pytest_queuekit.watch.notebook import Notebook
from pytest_queuekit.watch.watch import Watch

ADD = "INSERT INTO task_queue (type, payload) VALUES ('mail', '{}')"


@pytest.fixture
def watch() -> Iterator[Watch]:
    """A watch that is on."""
    watch = Watch()
    watch.start()
    watch.begin("a test")
    yield watch
    watch.stop()


def _kinds(findings: list[WatchFinding]) -> list[str]:
    return [finding.kind for finding in findings]


def test_a_finding_is_returned_once(watch: Watch, tmp_path: Path) -> None:
    """It has its line, its test and a count, and is then forgotten."""
    with QueueDatabase(tmp_path / "queue.db") as db:
        for _ in range(3):
            db.execute(ADD)
        (finding,) = watch.after_call()
        assert finding.place is not None
        assert (finding.kind, finding.test, finding.count) == ("write-outside", "a test", 3)
        assert (finding.place.path, finding.place.text.strip()) == (__file__, "db.execute(ADD)")
        assert unpack(pack(finding)) == finding
        assert watch.after_call() == []


def test_stop_restores_sqlite3_and_the_queue(tmp_path: Path) -> None:
    """Neither sqlite3 nor the queue's error keeps a function of the watch."""
    from pytest_queuekit.queue import QueueBusyError

    before = (sqlite3.connect, sqlite3.dbapi2.connect, QueueBusyError.__init__)
    watch = Watch()
    watch.start()
    with QueueDatabase(tmp_path / "queue.db") as db:
        db.execute("SELECT 1")
        assert (sqlite3.connect, QueueBusyError.__init__) != (before[0], before[2])
        watch.stop()
        db.execute(ADD)  # the connection goes on
        assert watch.after_call() == []
    assert (sqlite3.connect, sqlite3.dbapi2.connect, QueueBusyError.__init__) == before


def test_a_pause_ignores_what_happens(watch: Watch, tmp_path: Path) -> None:
    """A connection that is opened during a pause stays unwatched."""
    watch.pause()
    with QueueDatabase(tmp_path / "queue.db") as db:
        db.execute(ADD)
        watch.begin("another")
        db.execute(ADD)
        assert watch.after_call() == []
    with QueueDatabase(tmp_path / "queue.db") as db:
        db.execute(ADD)
        assert _kinds(watch.after_call()) == ["write-outside"]


def test_the_users_trace_callback_is_called_too(watch: Watch, tmp_path: Path) -> None:
    """SQLite holds one callback only, so the watch calls the user's."""
    traced: list[str] = []
    with QueueDatabase(
        tmp_path / "queue.db", on_connect=lambda conn: conn.set_trace_callback(traced.append)
    ) as db:
        db.execute(ADD)
    assert ADD in traced
    assert _kinds(watch.after_call()) == ["write-outside"]


def test_a_lease_is_reported_once(watch: Watch, tmp_path: Path) -> None:
    """The next test that uses the file does not report it; a new lease of the task is new."""
    with QueueDatabase(tmp_path / "queue.db") as db:
        queue = TaskQueue(db)
        queue.enqueue("mail", None)
        task = queue.claim("worker-1")
        assert _kinds(watch.after_call()) == ["leased"]
        watch.begin("the next")
        assert queue.stats().leased == 1
        assert watch.after_call() == []
        assert task is not None
        queue.release(task)
        assert queue.claim("worker-1") is not None
        assert _kinds(watch.after_call()) == ["leased"]


def test_searching_for_leases_leaves_no_file(watch: Watch, tmp_path: Path) -> None:
    """A closed database has no log beside it afterwards."""
    with QueueDatabase(tmp_path / "queue.db") as db:
        TaskQueue(db).enqueue("mail", None)
        TaskQueue(db).claim("worker-1")
    assert _kinds(watch.after_call()) == ["leased"]
    assert [path.name for path in tmp_path.iterdir()] == ["queue.db"]


def test_an_index_of_the_user_counts(watch: Watch, tmp_path: Path) -> None:
    """The plan comes from the file, not only from an empty queue."""
    with QueueDatabase(tmp_path / "queue.db") as db:
        look = "SELECT id FROM task_queue WHERE type = 'mail'"
        db.execute(look).fetchall()
        assert _kinds(watch.after_call()) == ["slow-plan"]
        db.execute("CREATE INDEX by_type ON task_queue (type)")
        db.execute(look).fetchall()
        assert watch.after_call() == []


def test_a_forked_child_records_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not wait for a lock that no thread of the child can release."""
    notebook = Notebook()
    held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with notebook._lock:
            held.set()
            may_end.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(30)
    monkeypatch.setattr(os, "getpid", lambda: 0)
    noting = threading.Thread(
        target=notebook.note, args=("busy", ""), kwargs={"test": "", "line": None}, daemon=True
    )
    noting.start()
    noting.join(10)
    assert not noting.is_alive()
    assert notebook.take() == []
    may_end.set()
    holder.join()


def test_a_deleted_file_is_not_created_again(watch: Watch, tmp_path: Path) -> None:
    """Asking for a query plan creates no file, whatever its name."""
    path = os.fsdecode(os.fsencode(tmp_path) + b"/q\xff.db")
    with QueueDatabase(path) as db:
        db.execute("SELECT id FROM task_queue WHERE type = 'mail'").fetchall()
    for file in list(tmp_path.iterdir()):
        file.unlink()
    assert _kinds(watch.after_call()) == ["slow-plan"]
    assert list(tmp_path.iterdir()) == []


def test_a_long_transaction_belongs_to_the_test_that_began_it(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although another test runs when the transaction ends."""
    monkeypatch.setattr(Holding, "seconds", lambda _: 2 * LIMIT)
    with QueueDatabase(tmp_path / "queue.db") as db:
        with db.transaction():
            watch.begin("another test")
        (finding,) = watch.after_call()
    assert (finding.kind, finding.test) == ("long-transaction", "a test")


@pytest.mark.parametrize(("size", "kind"), [(4000, "long-read"), (4, "long-transaction")])
def test_a_snapshot_that_makes_the_log_grow(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, kind: str
) -> None:
    """A long transaction that only reads is reported as such if others write meanwhile."""
    monkeypatch.setattr(Holding, "seconds", lambda _: 2 * LIMIT)
    path = tmp_path / "queue.db"
    with QueueDatabase(path) as db, db.connection() as conn:
        conn.execute("BEGIN")
        conn.execute("SELECT count(*) FROM task_queue").fetchone()
        with closing(sqlite3.connect(path)) as other, other:
            other.executemany(
                "INSERT INTO task_queue (type, payload) VALUES ('t', ?)",
                [(f'"{"x" * size}"',)] * 500,
            )
        conn.execute("COMMIT")
    (found,) = watch.after_call()
    assert found.kind == kind
    assert ("the -wal file grew by" in found.detail) == (kind == "long-read")


def test_a_factory_with_the_name_alone_is_not_watched(watch: Watch) -> None:
    """The queue's factory is a class of connections in a loaded module."""

    def QueueConnection(*arguments: Any, **options: Any) -> sqlite3.Connection:  # noqa: N802
        return sqlite3.Connection(*arguments, **options)

    sqlite3.connect(":memory:", factory=QueueConnection).close()  # type: ignore[call-overload]
    nowhere = type("QueueConnection", (sqlite3.Connection,), {"__module__": "no.such.module"})
    sqlite3.connect(":memory:", factory=nowhere).close()
    assert watch.after_call() == []


def test_stop_restores_the_constructor_of_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed copy of the queue may define one for QueueBusyError."""
    from pytest_queuekit.queue import QueueBusyError

    def own(self: Exception, *arguments: object) -> None:
        Exception.__init__(self, *arguments)

    monkeypatch.setattr(QueueBusyError, "__init__", own, raising=False)
    watch = Watch()
    watch.start()
    with QueueDatabase(tmp_path / "queue.db") as db:
        db.execute("SELECT 1")
        assert QueueBusyError.__init__ is not own
    watch.stop()
    assert QueueBusyError.__init__ is own


@pytest.mark.parametrize("content", ["gone", "text", "another schema"])
def test_a_file_without_a_queue_has_no_leases(watch: Watch, tmp_path: Path, content: str) -> None:
    """A test may delete or replace its database; that is not an error of the watch."""
    path = tmp_path / "queue.db"
    with QueueDatabase(path) as db:
        assert TaskQueue(db).stats().queued == 0
    path.unlink()
    if content == "text":
        path.write_text("no database" * 1000)
    elif content == "another schema":
        with closing(sqlite3.connect(path)) as conn:
            conn.execute("CREATE TABLE other (id)")
    assert watch.after_call() == []
    assert not watch.errors.total


def test_a_file_that_cannot_be_read_is_an_internal_error(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its leases are unknown, so the watch does not report a clean run."""
    monkeypatch.setattr("pytest_queuekit.watch.leases.PATIENCE", 0)
    path = tmp_path / "queue.db"
    with QueueDatabase(path) as db:
        assert TaskQueue(db).stats().queued == 0
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("PRAGMA locking_mode = EXCLUSIVE")
        conn.execute("BEGIN EXCLUSIVE")
        conn.execute("DELETE FROM task_queue")
        assert watch.after_call() == []
    errors = watch.errors.total
    assert errors.count == 1
    assert re.fullmatch(
        r"OperationalError in watch/leases\.py:\d+: database is locked", errors.first
    )
    assert watch.errors.take("a test") == errors
    assert not watch.errors.take("a test")


def test_internal_errors_of_several_processes_add_up() -> None:
    """The sum counts all and keeps the first."""
    none = InternalErrors()
    first, second = (InternalErrors(count=2, first=name) for name in ("a", "b"))
    assert none + first + second == InternalErrors(count=4, first="a")
    assert not none
    assert str(second) == "2 internal errors, first: b"
