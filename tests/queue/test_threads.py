"""One object, many threads: in a file, and in memory."""

from __future__ import annotations

import gc
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pytest_queuekit.queue import (
    QueueBusyError,
    QueueClosedError,
    QueueDatabase,
    SchedulingStrategy,
    TaskQueue,
)
from tests.queue.world import output, started

TASKS, THREADS = 300, 4


@pytest.fixture(params=["file", "memory"])
def shared(request: pytest.FixtureRequest, path: Path) -> Iterator[QueueDatabase]:
    """Yield a database for several threads, in a file and in memory."""
    with QueueDatabase(path if request.param == "file" else ":memory:") as db:
        yield db


def in_threads(work: Callable[[int], object]) -> list[object]:
    """Run `work` in several threads at once; errors pass through."""
    together = threading.Barrier(THREADS)

    def run(number: int) -> object:
        together.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


@pytest.mark.parametrize("strategy", SchedulingStrategy)
def test_each_task_goes_to_one_thread(shared: QueueDatabase, strategy: SchedulingStrategy) -> None:
    """Each task goes to exactly one thread, with every strategy."""
    queue = TaskQueue(shared)
    queue.enqueue_many("t", range(TASKS))
    claimed: list[int] = []

    def work(number: int) -> None:
        while task := queue.claim(f"worker-{number}", strategy=strategy):
            claimed.append(task.id)
            queue.complete(task)

    in_threads(work)
    assert sorted(claimed) == list(range(1, TASKS + 1))
    assert queue.stats().completed == TASKS


def test_transactions_of_threads_do_not_mix(shared: QueueDatabase) -> None:
    """A rollback in a thread does not undo a commit of another thread."""

    def work(number: int) -> None:
        for turn in range(20):
            try:
                with shared.transaction() as conn:
                    conn.execute("INSERT INTO task_queue (type) VALUES (?)", (f"{number}",))
                    if turn % 2:
                        raise KeyError
            except KeyError:
                continue

    in_threads(work)
    assert shared.execute("SELECT count(*) FROM task_queue").fetchone()[0] == THREADS * 10


def test_one_key_in_many_threads(shared: QueueDatabase) -> None:
    """All threads with the same key get the same task."""
    queue = TaskQueue(shared)
    ids = in_threads(
        lambda _: [queue.enqueue("t", None, idempotency_key=f"k{n}") for n in range(20)]
    )
    assert all(task_id == ids[0] for task_id in ids)
    assert queue.stats().queued == 20


def test_first_use_by_all_at_once(path: Path) -> None:
    """Threads that open a new file at once create the schema without an error."""
    for number in range(5):
        with QueueDatabase(path.with_name(f"{number}.db")) as db:
            queue = TaskQueue(db)
            in_threads(lambda _, queue=queue: queue.enqueue("t", None))  # type: ignore[misc] # bound
            assert queue.stats().queued == THREADS


def test_a_thread_has_its_own_connection(path: Path) -> None:
    """Each thread has one connection, which closes when the thread ends."""
    opened: list[weakref.ref[sqlite3.Connection]] = []
    with QueueDatabase(path, on_connect=lambda conn: opened.append(weakref.ref(conn))) as db:
        db.execute("SELECT 1")
        for _ in range(5):
            thread = threading.Thread(target=lambda: [db.execute("SELECT 1") for _ in range(3)])
            thread.start()
            thread.join()
        gc.collect()
        assert len(opened) == 6
        alive = [conn for reference in opened if (conn := reference()) is not None]
        assert len(alive) == 1
        alive[0].execute("SELECT 1")


def test_close_closes_the_connections_of_all_threads(path: Path) -> None:
    """close() removes the WAL; later calls in other threads raise QueueClosedError."""
    db = QueueDatabase(path)
    opened, closed = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    def work() -> None:
        db.execute("SELECT 1")
        opened.set()
        closed.wait(timeout=30)
        try:
            db.execute("SELECT 1")
        except QueueClosedError as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    opened.wait(timeout=30)
    db.close()
    assert [file.name for file in path.parent.iterdir()] == ["queue.db"]
    closed.set()
    thread.join()
    assert len(errors) == 1


def test_closing_while_other_threads_work(path: Path) -> None:
    """During close(), each call in another thread completes or raises QueueClosedError."""
    body = """
import sys, threading, time
from pytest_queuekit.queue import QueueClosedError, QueueDatabase, TaskQueue
def work(db, queue, ends):
    try:
        while True:
            queue.enqueue("t", None)
            queue.claim("w")
            with db.transaction() as conn:
                conn.execute("INSERT INTO task_queue (type) VALUES ('raw')")
            queue.stats()
    except BaseException as error:
        ends.append(type(error))
for number in range(12):
    db = QueueDatabase(f"{sys.argv[1]}-{number}")
    queue, ends = TaskQueue(db), []
    queue.stats()
    threads = [threading.Thread(target=work, args=(db, queue, ends)) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.03)
    db.close()
    for thread in threads:
        thread.join()
    assert ends == [QueueClosedError] * 4, ends
"""
    output(started(body, path))


def test_closing_inside_a_block(path: Path) -> None:
    """close() inside a block lets the block finish and keeps its writes."""
    db = QueueDatabase(path)
    with db.transaction() as conn:
        conn.execute("INSERT INTO task_queue (type) VALUES ('t')")
        db.close()
    assert [file.name for file in path.parent.iterdir()] == ["queue.db"]
    with QueueDatabase(path) as again:
        assert TaskQueue(again).stats().queued == 1


def test_a_forgotten_database_is_closed(path: Path) -> None:
    """A forgotten database closes without a warning about unclosed connections."""
    for place in (path, ":memory:"):
        db = QueueDatabase(place)
        db.execute("SELECT 1")
        del db
        gc.collect()
    assert [file.name for file in path.parent.iterdir()] == ["queue.db"]


def test_memory_is_shared_by_its_object_only() -> None:
    """Two objects with ':memory:' are two databases."""
    with QueueDatabase(":memory:") as first, QueueDatabase(":memory:") as second:
        TaskQueue(first).enqueue("t", None)
        assert TaskQueue(second).stats().queued == 0


def test_a_long_transaction_in_memory_keeps_others_waiting() -> None:
    """A transaction in memory makes other threads wait, then raise QueueBusyError."""
    with (
        QueueDatabase(":memory:", busy_seconds=0.1) as db,
        db.transaction(),
        ThreadPoolExecutor(1) as pool,
    ):
        future = pool.submit(TaskQueue(db).enqueue, "t", None)
        with pytest.raises(QueueBusyError, match="another thread"):
            future.result(timeout=30)
