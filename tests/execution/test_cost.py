"""The cost of a call: steps of SQLite on every connection, or processor time."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from pytest_queuekit.execution.cost import processor_time_of, step_counter

SCAN = "SELECT sum(number) FROM task"


def _filled(path: Path, rows: int) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE task (number INTEGER)")
    connection.executemany("INSERT INTO task VALUES (?)", [(row,) for row in range(rows)])
    connection.commit()
    return connection


def test_steps_are_those_of_the_counted_call(tmp_path: Path) -> None:
    """The same call takes the same steps; a scan of ten times as many rows takes many more."""
    with step_counter() as counter:
        few, many = (_filled(tmp_path / f"{rows}.db", rows) for rows in (10, 100))
        many.execute(SCAN).fetchall()
        value, steps = counter.steps_of(lambda: few.execute(SCAN).fetchall())
        assert value == [(45,)]
        assert counter.steps_of(lambda: few.execute(SCAN).fetchall())[1] == steps
        assert counter.steps_of(lambda: many.execute(SCAN).fetchall())[1] > 5 * steps
        few.close()
        assert counter.steps_of(lambda: None) == (None, 0)
        many.close()


def test_a_connection_that_the_call_opens_counts(tmp_path: Path) -> None:
    """A queue may open a connection for each call."""
    _filled(tmp_path / "queue.db", 10).close()

    def call() -> None:
        connection = sqlite3.connect(tmp_path / "queue.db")
        connection.execute(SCAN).fetchall()
        connection.close()

    with step_counter() as counter:
        assert counter.steps_of(call)[1] > 10


def test_waiting_takes_no_processor_time() -> None:
    """A pause counts for nothing, and work counts."""
    _, waiting = processor_time_of(lambda: time.sleep(0.05))
    value, working = processor_time_of(lambda: sum(range(3_000_000)))
    assert value == 4_499_998_500_000
    assert working > waiting
