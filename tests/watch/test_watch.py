"""The watch without pytest, as in a REPL."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.queue import QueueDatabase, TaskQueue
from pytest_queuekit.watch.finding import WatchFinding, pack, unpack
from pytest_queuekit.watch.holding import LIMIT, Holding
from pytest_queuekit.watch.notebook import Notebook
from pytest_queuekit.watch.watch import Watch

ADD = "INSERT INTO task_queue (type, payload) VALUES ('mail', '{}')"


@pytest.fixture
def watch() -> Iterator[Watch]:
    """A watch that is on."""
    made = Watch()
    made.start()
    made.begin("a test")
    yield made
    made.stop()


def _kinds(found: list[WatchFinding]) -> list[str]:
    return [one.kind for one in found]


def test_what_is_seen_is_said_once(watch: Watch, tmp_path: Path) -> None:
    """With its line, the test and how often; and then forgotten."""
    with QueueDatabase(tmp_path / "queue.db") as db:
        for _ in range(3):
            db.execute(ADD)
        (found,) = watch.after_call()
        assert found.place is not None
        assert (found.kind, found.test, found.count) == ("write-outside", "a test", 3)
        assert (found.place.path, found.place.text.strip()) == (__file__, "db.execute(ADD)")
        assert unpack(pack(found)) == found
        assert watch.after_call() == []


def test_everything_is_put_back(tmp_path: Path) -> None:
    """Nothing of ours is left in sqlite3, nor in the queue's error."""
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


def test_a_pause_is_one(watch: Watch, tmp_path: Path) -> None:
    """What is done meanwhile is not seen, what is opened neither."""
    watch.pause()
    with QueueDatabase(tmp_path / "queue.db") as db:
        db.execute(ADD)
        watch.begin("another")
        db.execute(ADD)
        assert watch.after_call() == []
    with QueueDatabase(tmp_path / "queue.db") as db:
        db.execute(ADD)
        assert _kinds(watch.after_call()) == ["write-outside"]


def test_a_trace_of_the_users_own_is_kept(watch: Watch, tmp_path: Path) -> None:
    """SQLite has room for one callback; both are called."""
    heard: list[str] = []
    with QueueDatabase(
        tmp_path / "queue.db", on_connect=lambda conn: conn.set_trace_callback(heard.append)
    ) as db:
        db.execute(ADD)
    assert ADD in heard
    assert _kinds(watch.after_call()) == ["write-outside"]


def test_a_lease_is_told_once(watch: Watch, tmp_path: Path) -> None:
    """Not by the next test that uses the file; a new lease of the same task is."""
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


def test_to_look_for_leases_leaves_nothing_behind(watch: Watch, tmp_path: Path) -> None:
    """No log beside a file that is closed."""
    with QueueDatabase(tmp_path / "queue.db") as db:
        TaskQueue(db).enqueue("mail", None)
        TaskQueue(db).claim("worker-1")
    assert _kinds(watch.after_call()) == ["leased"]
    assert [path.name for path in tmp_path.iterdir()] == ["queue.db"]


def test_an_index_of_the_users_counts(watch: Watch, tmp_path: Path) -> None:
    """The file is asked, not only an empty queue."""
    with QueueDatabase(tmp_path / "queue.db") as db:
        look = "SELECT id FROM task_queue WHERE type = 'mail'"
        db.execute(look).fetchall()
        assert _kinds(watch.after_call()) == ["slow-plan"]
        db.execute("CREATE INDEX by_type ON task_queue (type)")
        db.execute(look).fetchall()
        assert watch.after_call() == []


def test_a_forked_child_notes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """And does not wait for a lock that nobody there will release."""
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


def test_a_file_that_is_gone_stays_gone(watch: Watch, tmp_path: Path) -> None:
    """To ask for a plan makes no file, whatever the name of it."""
    path = os.fsdecode(os.fsencode(tmp_path) + b"/q\xff.db")
    with QueueDatabase(path) as db:
        db.execute("SELECT id FROM task_queue WHERE type = 'mail'").fetchall()
    for one in list(tmp_path.iterdir()):
        one.unlink()
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
        (found,) = watch.after_call()
    assert (found.kind, found.test) == ("long-transaction", "a test")


def test_what_only_has_the_name_is_left_alone(watch: Watch) -> None:
    """A factory that is no class of connections, or of no module."""

    def QueueConnection(*arguments: Any, **options: Any) -> sqlite3.Connection:  # noqa: N802
        return sqlite3.Connection(*arguments, **options)

    sqlite3.connect(":memory:", factory=QueueConnection).close()  # type: ignore[call-overload]
    nowhere = type("QueueConnection", (sqlite3.Connection,), {"__module__": "no.such.module"})
    sqlite3.connect(":memory:", factory=nowhere).close()
    assert watch.after_call() == []


def test_an_error_with_a_constructor_gets_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of a copy that somebody has changed."""
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
