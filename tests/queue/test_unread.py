"""Rows of RETURNING that the caller does not read keep neither the lock nor the transaction."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from pytest_queuekit.queue import QueueDatabase, TaskQueue
from tests.queue.world import locked

INSERT = "INSERT INTO task_queue (type) VALUES ('a'), ('b'), ('c') RETURNING id"


@pytest.mark.parametrize("fetched", [0, 1, 3])
def test_unread_rows_in_a_transaction(db: QueueDatabase, queue: TaskQueue, fetched: int) -> None:
    """A transaction commits although a cursor with RETURNING has unread rows."""
    with db.transaction() as conn:
        cursor = conn.execute(INSERT)
        ids = [cursor.fetchone()["id"] for _ in range(fetched)]
    assert ids == [1, 2, 3][:fetched]
    assert queue.stats().queued == 3
    with locked(Path(queue.db.path)):
        pass


def test_unread_rows_in_a_nested_transaction(db: QueueDatabase, queue: TaskQueue) -> None:
    """A nested transaction is released although a cursor has unread rows."""
    with db.transaction():
        with db.transaction() as conn:
            cursor = conn.execute(INSERT)
        queue.enqueue("d", None)
    assert queue.stats().queued == 4
    cursor.close()


def test_unread_rows_of_several_cursors(db: QueueDatabase, queue: TaskQueue) -> None:
    """Unread cursors of an INSERT, an UPDATE and a SELECT do not keep the block from its commit."""
    with db.transaction() as conn:
        cursors = [
            conn.execute(INSERT),
            conn.execute("UPDATE task_queue SET priority = 1 RETURNING id"),
            conn.execute("SELECT id FROM task_queue"),
            conn.cursor().execute("DELETE FROM task_queue WHERE id = 1 RETURNING id"),
        ]
        cursors[1].fetchone()
    assert queue.stats().queued == 2
    for cursor in cursors:
        cursor.close()


def test_unread_rows_and_an_error(db: QueueDatabase, queue: TaskQueue) -> None:
    """A block that fails with unread rows is rolled back whole."""
    with pytest.raises(KeyError), db.transaction() as conn:
        cursor = conn.execute(INSERT)
        cursor.fetchone()
        raise KeyError
    assert queue.stats().queued == 0
    with locked(Path(db.path)):
        pass
    assert queue.enqueue("t", None) > 0


def test_a_cursor_that_is_closed_at_the_end(db: QueueDatabase) -> None:
    """A cursor that the end of a block closes raises an error, or still has its rows."""
    with db.transaction() as conn:
        cursor = conn.execute(INSERT)
        cursor.fetchone()
    with suppress(sqlite3.ProgrammingError):
        assert [row["id"] for row in cursor] == [2, 3]
