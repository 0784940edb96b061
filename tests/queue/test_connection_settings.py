"""A caller may change settings of the queue's connections; no call of the queue breaks by that."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.queue import (
    QueueBusyError,
    QueueDatabase,
    QueueDatabaseError,
    QueueValidator,
    TaskQueue,
)


@pytest.mark.parametrize(
    ("name", "value"),
    [("isolation_level", ""), ("isolation_level", "IMMEDIATE"), ("autocommit", False)],
)
def test_a_connection_stays_in_autocommit(
    db: QueueDatabase, queue: TaskQueue, path: Path, name: str, value: object
) -> None:
    """A transaction mode of sqlite3 is refused: it would undo answers of the queue."""
    conn = db.get_connection()
    with pytest.raises(QueueDatabaseError, match=rf"{name}=.* stay in autocommit"):
        setattr(conn, name, value)
    ids = [queue.enqueue("t", number) for number in range(3)]
    with QueueDatabase(path) as other:
        assert [TaskQueue(other).get(number).id for number in ids] == [1, 2, 3]


def test_autocommit_may_be_confirmed(db: QueueDatabase, queue: TaskQueue) -> None:
    """Code that sets the mode of the queue goes on, also in a transaction, which stays open."""
    with db.transaction() as conn:
        queue.enqueue("t", 1)
        conn.isolation_level = None
        assert conn.in_transaction
        assert conn.isolation_level is None


def as_dict(cursor: Any, row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip([column[0] for column in cursor.description], row, strict=True))


CALLS: dict[str, Callable[[TaskQueue], object]] = {
    "vacuum": TaskQueue.vacuum,
    "integrity_check": TaskQueue.integrity_check,
    "initialize_schema": lambda queue: queue.db.initialize_schema(),
    "enqueue": lambda queue: queue.enqueue("t", 1, idempotency_key="k"),
    "stats": TaskQueue.stats,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_rows_as_dicts(
    db: QueueDatabase, queue: TaskQueue, call: Callable[[TaskQueue], object]
) -> None:
    """The queue's own calls do not depend on the form of the caller's rows."""
    expected = call(queue)
    db.get_connection().row_factory = as_dict
    assert call(queue) == expected


def test_validation_beside_rows_as_dicts(db: QueueDatabase) -> None:
    """The validator reports nothing about a sound file, and keeps the caller's setting."""
    db.get_connection().row_factory = as_dict
    assert [result for result in QueueValidator(db).run_all() if not result.passed] == []
    assert db.get_connection().row_factory is as_dict


def test_rows_as_dicts_in_a_transaction(db: QueueDatabase) -> None:
    """total_changes counts the statements of a block beside rows of any form."""
    db.get_connection().row_factory = as_dict
    with db.transaction() as conn:
        for _ in range(2):
            conn.execute("INSERT INTO task_queue (type) VALUES ('t')")
        assert conn.total_changes == 2
        assert conn.execute("SELECT max(id) AS last FROM task_queue").fetchone() == {"last": 2}


def test_a_busy_thread_leaves_the_transaction_of_another_alone() -> None:
    """In memory, execute() that waits in vain undoes nothing of the thread that it waits for."""
    begun, waiting, refused = (threading.Event() for _ in range(3))

    with QueueDatabase(":memory:", busy_seconds=0.2) as db:
        queue = TaskQueue(db)

        def wait_in_vain() -> None:
            begun.wait(20)
            waiting.set()
            with pytest.raises(QueueBusyError):
                db.execute("SELECT 1")
            refused.set()

        thread = threading.Thread(target=wait_in_vain)
        thread.start()
        with db.connection():
            begun.set()
            waiting.wait(20)
            time.sleep(0.05)  # it fails only if the thread waits before the transaction begins
            with db.transaction():
                queue.enqueue("t", 1)
                assert refused.wait(20)
        thread.join()
        assert queue.stats().queued == 1
