"""The models of tasks, workers and logs."""

from __future__ import annotations

import dataclasses

import pytest

from pytest_queuekit.queue import (
    QueueDatabase,
    QueueInputError,
    QueuePayloadError,
    Task,
    TaskLog,
    TaskQueue,
    Worker,
)
from tests.queue.world import add_raw


def test_a_task_from_a_row_and_from_a_dict(queue: TaskQueue, db: QueueDatabase) -> None:
    """Task.from_dict() of a row or a dict equals the task from get()."""
    task_id = queue.enqueue("t", {"a": 1}, compatibility={"region": "US"})
    row = db.execute("SELECT * FROM task_queue").fetchone()
    assert Task.from_dict(row) == Task.from_dict(dict(row)) == queue.get(task_id)


def test_a_task_from_few_columns(db: QueueDatabase) -> None:
    """Missing columns get their defaults; a record without names raises QueueInputError."""
    add_raw(db)
    task = Task.from_dict(db.execute("SELECT id, type FROM task_queue").fetchone())
    assert (task.id, task.type, task.status) == (1, "raw", "queued")
    assert Task.from_dict({"type": "t"}).id is None
    with pytest.raises(QueueInputError, match=r"record: must be a dict .* not a value of type tup"):
        Task.from_dict((1, "t"))  # type: ignore[arg-type] # the point


def test_a_claimed_task_is_like_any_other(queue: TaskQueue) -> None:
    """A claimed Task has all fields and is frozen."""
    queue.enqueue("t", {"a": 1})
    task = queue.claim("w")
    assert task is not None
    assert task == Task(**dataclasses.asdict(task))
    assert "lease_token=1" in repr(task)
    with pytest.raises(dataclasses.FrozenInstanceError):
        task.id = 2  # type: ignore[misc] # the point


def test_payloads_are_decoded_when_asked_for() -> None:
    """get_payload() decodes any payload; get_payload_dict() requires an object."""
    task = Task(id=1, type="t", payload='{"a": [1]}', compatibility='{"region": "US"}')
    assert task.get_payload() == task.get_payload_dict() == {"a": [1]}
    assert task.get_compatibility() == {"region": "US"}
    assert task.get_result() is None
    assert Task(id=1, type="t", payload="[1]").get_payload() == [1]
    with pytest.raises(QueuePayloadError, match="not a JSON object"):
        Task(id=1, type="t", payload="[1]").get_payload_dict()


def test_a_payload_that_is_not_json() -> None:
    """A payload that is not JSON raises QueuePayloadError."""
    with pytest.raises(QueuePayloadError, match=r"payload=<5 characters> is not JSON"):
        Task(id=1, type="t", payload="{oops").get_payload()


def test_workers_and_logs(queue: TaskQueue, db: QueueDatabase) -> None:
    """Worker and TaskLog are made from rows and decode their JSON."""
    queue.enqueue("t", None)
    queue.heartbeat("w", {"region": ["US", "EU"]})
    queue.log(1, "INFO", "hello", {"a": 1})
    worker = Worker.from_dict(db.execute("SELECT * FROM workers").fetchone())
    assert worker.get_capabilities() == {"region": ["US", "EU"]}
    log = TaskLog.from_dict(db.execute("SELECT * FROM task_logs").fetchone())
    assert (log.level, log.message, log.get_details()) == ("INFO", "hello", {"a": 1})
    assert TaskLog(log_id=1, task_id=1).get_details() is None
