"""Tests that replace Python's clock: waits end all the same, and SQL lives in the same time."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from freezegun import freeze_time

from pytest_queuekit.execution.python_time import python_follows
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, QueueDatabaseError, TaskQueue
from pytest_queuekit.queue.clock import system_clock_replaced
from tests.queue.world import column, locked

MOMENT = 1_700_000_000.0
TEXT = "2023-11-14 22:13:20"

INSERT = "INSERT INTO task_queue (type, error_message) VALUES (?, datetime('now'))"

Frozen = Callable[..., AbstractContextManager[Any]]
"""Replaces Python's clock by a moment, in Unix seconds."""


def _freezegun(moment: float = MOMENT) -> AbstractContextManager[Any]:
    manager: AbstractContextManager[Any] = freeze_time(datetime.fromtimestamp(moment, UTC))
    return manager


def _like_time_machine(moment: float = MOMENT) -> AbstractContextManager[None]:
    """Replace the C functions of the clock, as time-machine does; time.time stays a builtin."""
    return python_follows(lambda: round(moment * 1_000_000_000))


def _patch(moment: float = MOMENT) -> AbstractContextManager[Any]:
    return mock.patch("time.time", return_value=moment)


def _replaced(moment: float = MOMENT) -> AbstractContextManager[None]:
    return system_clock_replaced(lambda: moment)


WAYS: dict[str, Frozen] = {
    "freezegun": _freezegun,
    "like time-machine": _like_time_machine,
    "a patch of time.time": _patch,
    "system_clock_replaced": _replaced,
}


@pytest.fixture(params=WAYS)
def frozen(request: pytest.FixtureRequest) -> Frozen:
    """Return a way to replace Python's clock."""
    return WAYS[request.param]


@pytest.fixture
def real(path: Path) -> Iterator[QueueDatabase]:
    """Yield a database without a clock of its own."""
    with QueueDatabase(path) as db:
        yield db


def sql_now(db: QueueDatabase) -> str:
    """Return the time that SQL tells."""
    return str(db.execute("SELECT datetime('now')").fetchone()[0])


def test_a_wait_for_the_lock_ends(path: Path) -> None:
    """freezegun freezes perf_counter and monotonic too: the pauses of a wait count as well."""
    with QueueDatabase(path, busy_seconds=0.1) as db:
        queue = TaskQueue(db)
        queue.stats()
        with (
            locked(path),
            freeze_time("2024-01-01"),
            pytest.raises(QueueBusyError, match=r"0\.1 s"),
        ):
            queue.enqueue("t", None)


def test_a_wait_ends_although_every_counter_stands_still(path: Path) -> None:
    """Even where no clock moves at all, the wait ends after its pauses."""
    with QueueDatabase(path, busy_seconds=0.1) as db, ExitStack() as stack:
        db.execute("SELECT 1")
        still = (0.0,)
        persist = "pytest_queuekit.queue.waiting._persist.__defaults__"
        stack.enter_context(mock.patch(persist, (lambda: still[0],)))
        stack.enter_context(locked(path))
        with pytest.raises(QueueBusyError, match=r"0\.1 s"):
            TaskQueue(db).enqueue("t", None)


@pytest.mark.parametrize("opened", ["before", "inside"])
def test_sql_follows_a_replaced_clock(real: QueueDatabase, frozen: Frozen, opened: str) -> None:
    """SQL's 'now' is Python's time in the block, and real time before and after it."""
    if opened == "before":
        assert sql_now(real) > TEXT
    with frozen():
        assert sql_now(real) == TEXT
        with real.transaction() as conn:
            conn.execute("INSERT INTO task_queue (type) VALUES ('raw')")
        assert column(real, 1, "created_at_utc") == TEXT
    assert sql_now(real) > TEXT


def test_raw_and_own_tasks_meet(real: QueueDatabase, frozen: Frozen) -> None:
    """A claim of the queue takes what SQL inserted, and the other way round, in a frozen past."""
    queue = TaskQueue(real)
    queue.stats()
    with frozen():
        real.execute("INSERT INTO task_queue (type) VALUES ('raw')")
        task = queue.claim("w")
        assert task is not None
        queue.enqueue("own", None)
        due = "SELECT count(*) FROM task_queue WHERE status = 'queued' AND run_after_utc <= "
        assert real.execute(due + "datetime('now')").fetchone()[0] == 1
        queue.complete(task)
        assert column(real, 1, "completed_at_utc") == TEXT


def test_a_clock_replaced_inside_a_block(real: QueueDatabase, frozen: Frozen) -> None:
    """The connection of an open block follows too."""
    with real.connection() as conn:
        assert conn.execute("SELECT datetime('now')").fetchone()[0] > TEXT
        with frozen():
            assert conn.execute("SELECT datetime('now')").fetchone()[0] == TEXT
        assert conn.execute("SELECT datetime('now')").fetchone()[0] > TEXT


BATCHES: dict[str, Callable[[sqlite3.Connection], object]] = {
    "conn.executemany": lambda conn: conn.executemany(INSERT, [("a",), ("b",)]),
    "cursor.executemany": lambda conn: conn.cursor().executemany(INSERT, [("a",), ("b",)]),
    "conn.executescript": lambda conn: conn.executescript(INSERT.replace("?", "'a'")),
    "cursor.executescript": lambda conn: conn.cursor().executescript(INSERT.replace("?", "'a'")),
}


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_batches_of_statements_follow(
    real: QueueDatabase, frozen: Frozen, batch: Callable[[sqlite3.Connection], object]
) -> None:
    """Column defaults and 'now' of executemany() and executescript() are Python's time."""
    with real.connection() as conn:
        with frozen():
            batch(conn)
        for row in conn.execute("SELECT created_at_utc, error_message FROM task_queue"):
            assert tuple(row) == (TEXT, TEXT)


@pytest.mark.parametrize("ahead", [-0.3, 0.3])
def test_a_clock_frozen_at_the_present(real: QueueDatabase, frozen: Frozen, ahead: float) -> None:
    """SQL follows a clock that differs from the present by a fraction of a second only."""
    sql_now(real)
    with frozen(time.time() + ahead):
        days = real.execute("SELECT julianday('now')").fetchone()[0]
        assert (days - 2440587.5) * 86_400 == pytest.approx(real.now(), abs=0.003)


def test_all_threads_and_databases_follow(path: Path) -> None:
    """A replaced system clock reaches each thread, file and database in memory of the process."""
    found: list[str] = []
    with (
        QueueDatabase(path) as db,
        QueueDatabase(":memory:") as memory,
        system_clock_replaced(lambda: float(MOMENT)),
    ):
        thread = threading.Thread(target=lambda: found.append(sql_now(db)))
        thread.start()
        thread.join()
        assert [sql_now(memory), sql_now(db), *found] == [TEXT] * 3
        assert db.now() == MOMENT


def test_an_own_clock_stays(path: Path, frozen: Frozen) -> None:
    """A database with a clock of its own keeps it."""
    with QueueDatabase(path, clock=lambda: 0.0) as db, frozen():
        assert (sql_now(db), db.now()) == ("1970-01-01 00:00:00", 0.0)


def test_an_unread_select_keeps_sql_from_following(real: QueueDatabase) -> None:
    """The mix of two times is refused while SQLite cannot change its functions."""
    TaskQueue(real).enqueue_many("t", [1, 2])
    cursor = real.execute("SELECT id FROM task_queue")
    cursor.fetchone()
    with system_clock_replaced(lambda: float(MOMENT)):
        with pytest.raises(QueueDatabaseError, match=r"unread.*fetch all its rows"):
            real.execute("SELECT 1")
        cursor.fetchall()
        assert sql_now(real) == TEXT


def test_real_time_stays_as_it_is(real: QueueDatabase) -> None:
    """Without a replaced clock, SQLite's own functions run, also after a step of the clock."""
    sql_now(real)
    conn = real.get_connection()
    conn.clock_offset = time.time() - 3600  # type: ignore[attr-defined] # as if the clock had jumped
    now = sql_now(real)
    assert abs(datetime.fromisoformat(now + "+00:00").timestamp() - time.time()) < 5
    assert conn.companion is None  # type: ignore[attr-defined]
