"""validate_worker_integration(): a worker's whole work, without touching real tasks."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.queue import QueueDatabase, TaskClaimerFactory, TaskQueue
from pytest_queuekit.queue.validation import validate_worker_integration
from tests.queue.validating import alter, new_queue

Log = pytest.LogCaptureFixture


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a queue with a waiting task, a held task and a task with a lapsed lease."""
    path = new_queue(tmp_path)
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        queue.enqueue_many("real work", [{"n": n} for n in range(3)])
        queue.claim("real-worker", lease_seconds=600)
        queue.claim("real-worker", lease_seconds=600)
        queue.heartbeat("real-worker")
    alter(path, "UPDATE task_queue SET lease_until_utc = '2020-01-01 00:00:00' WHERE id = 2")
    return path


def rows(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as conn:
        return list(conn.iterdump())


def test_rows_as_dicts(file: Path) -> None:
    """The form of the caller's rows does not matter."""
    with QueueDatabase(file) as db:
        db.get_connection().row_factory = lambda cursor, row: dict(
            zip([column[0] for column in cursor.description], row, strict=True)
        )
        assert validate_worker_integration(db, "worker-1")


def test_a_path_in_place_of_a_database(file: Path, caplog: Log) -> None:
    """The problem names what to pass."""
    assert not validate_worker_integration(str(file), "worker-1")  # type: ignore[arg-type]
    assert "pass QueueDatabase(path)" in caplog.text


def test_real_tasks_are_untouched(file: Path) -> None:
    """The validation of a sound worker leaves no row and takes no real task."""
    before = rows(file)
    with QueueDatabase(file) as db:
        assert validate_worker_integration(db, "real-worker") is True
        assert validate_worker_integration(db, "worker 'Ž' \" %s") is True
    assert rows(file) == before


def test_database_in_memory() -> None:
    """A worker can work on a database in memory."""
    with QueueDatabase(":memory:") as db:
        assert validate_worker_integration(db, "worker-1") is True
        assert db.execute("SELECT count(*) FROM task_queue").fetchone()[0] == 0


@pytest.mark.parametrize("worker_id", ["", " ", "x" * 256, "a\0b"])
def test_worker_without_a_usable_name(file: Path, caplog: Log, worker_id: str) -> None:
    """A worker id that the queue rejects fails, and the log names it."""
    with QueueDatabase(file) as db:
        assert validate_worker_integration(db, worker_id) is False
    assert "worker_id=" in caplog.text


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE workers",
        "DROP TABLE weighted_race",
        "DROP INDEX task_life",
        "ALTER TABLE task_queue DROP COLUMN result",
        "CREATE TRIGGER refuse BEFORE UPDATE ON task_queue BEGIN SELECT RAISE(ABORT, 'no'); END",
        "CREATE TRIGGER lose AFTER INSERT ON task_queue "
        "BEGIN DELETE FROM task_queue WHERE id = NEW.id; END",
    ],
)
def test_database_that_a_worker_cannot_work_on(file: Path, caplog: Log, statement: str) -> None:
    """A missing object or a forbidding trigger fails the validation, which leaves no row."""
    alter(file, statement)
    before = rows(file)
    with QueueDatabase(file) as db:
        assert validate_worker_integration(db, "worker-1") is False
    assert caplog.text
    assert rows(file) == before


def test_database_that_is_locked(file: Path, caplog: Log) -> None:
    """A locked database fails the validation."""
    with (
        closing(sqlite3.connect(file, isolation_level=None)) as other,
        QueueDatabase(file, busy_seconds=0.05) as db,
    ):
        other.execute("BEGIN IMMEDIATE")
        assert validate_worker_integration(db, "worker-1") is False
        other.execute("ROLLBACK")
    assert "locked" in caplog.text


def returns(value: object) -> Callable[..., object]:
    return lambda *arguments, **named: value


@pytest.mark.parametrize(
    ("owner", "name", "broken", "sentence"),
    [
        (TaskQueue, "heartbeat", returns(None), "does not add it to the list"),
        (TaskQueue, "extend", lambda self, task, seconds: task, "extend() does not move"),
        (TaskQueue, "complete", returns(None), "a completed task has status 'leased'"),
        (TaskQueue, "fail", lambda self, task, error: task, "a failed task is 'leased'"),
        (TaskQueue, "claim", returns(None), "gets no task while a task is due"),
        (TaskQueue, "release", returns(None), "gets no task while a task is due"),
        (
            TaskClaimerFactory,
            "create",
            returns(type("Blind", (), {"claim_task": returns(None)})()),
            "a FIFO claim does not get the only task",
        ),
    ],
)
def test_code_that_does_not_work(
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: Log,
    owner: type,
    name: str,
    broken: Any,
    sentence: str,
) -> None:
    """A call without effect fails the validation at its step."""
    if owner is TaskClaimerFactory:
        queue_claim = TaskQueue.claim
        real = TaskClaimerFactory.create

        def claim(self: TaskQueue, *arguments: Any, **named: Any) -> Any:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(TaskClaimerFactory, "create", staticmethod(real))
                return queue_claim(self, *arguments, **named)

        monkeypatch.setattr(TaskQueue, "claim", claim)
        broken = staticmethod(broken)
    monkeypatch.setattr(owner, name, broken)
    with QueueDatabase(file) as db:
        assert validate_worker_integration(db, "worker-1") is False
    assert sentence in caplog.text


def test_late_completion_that_is_accepted(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: Log
) -> None:
    """A queue that lets a lapsed claim complete its task fails the validation."""
    complete = TaskQueue.complete

    def forgiving(self: TaskQueue, task: Any, result: Any = None) -> Any:
        held = self.get(task.id)
        return complete(self, held, result) if held.locked_by else held

    monkeypatch.setattr(TaskQueue, "complete", forgiving)
    with QueueDatabase(file) as db:
        assert validate_worker_integration(db, "worker-1") is False
    assert "a claim with a lapsed lease can still complete the task" in caplog.text
