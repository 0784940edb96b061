"""On a server, workers that wait are woken, also after their connection was lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_queuekit.queue import Task
from pytest_queuekit.queue.postgres import PostgresDatabase, PostgresTaskQueue
from tests.queue.engines import own_schema
from tests.queue.server import Connection, end_backends, other_connection

pytestmark = pytest.mark.server
NEVER = 3600.0


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the URL of a new schema; in this test no worker looks for tasks by itself."""
    monkeypatch.setattr("pytest_queuekit.queue.idle.POLL_SECONDS", NEVER)
    with own_schema() as url:
        yield url


@pytest.fixture
def queue(url: str) -> Iterator[PostgresTaskQueue]:
    """Yield a queue that adds tasks."""
    with PostgresTaskQueue(PostgresDatabase(url)) as queue:
        queue.db.initialize_schema()
        yield queue


@pytest.fixture
def other(queue: PostgresTaskQueue) -> Iterator[Connection]:
    """Yield a connection that is not the queue's."""
    with other_connection(queue.db.schema) as conn:
        yield conn


def until_listening(other: Connection, name: str) -> None:
    """Return once a connection with this application name listens and rests."""
    sql = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND state = 'idle' "
        "AND query LIKE 'LISTEN%%'"
    )
    for _ in range(3000):
        if other.execute(sql, (name,)).fetchone() != (0,):
            return
        time.sleep(0.01)  # the other thread runs in real time
    pytest.fail("nobody listens")


def in_a_transaction(queue: PostgresTaskQueue, _held: Task) -> None:
    with queue.db.transaction():
        queue.enqueue("t", None)


WAKES: dict[str, Callable[[PostgresTaskQueue, Task], object]] = {
    "enqueue": lambda queue, held: queue.enqueue("t", None),
    "enqueue with a key": lambda queue, held: queue.enqueue("t", None, idempotency_key="k"),
    "enqueue in a transaction": in_a_transaction,
    "release": lambda queue, held: queue.release(held),
}


@pytest.mark.parametrize("wake", WAKES.values(), ids=WAKES)
@pytest.mark.parametrize("is_lost", [False, True], ids=["", "after a lost connection"])
def test_a_waiting_worker_is_woken(
    url: str,
    queue: PostgresTaskQueue,
    other: Connection,
    wake: Callable[[PostgresTaskQueue, Task], object],
    is_lost: bool,
) -> None:
    """A new task of another process ends the wait without a further look of the worker."""
    queue.enqueue("t", None)
    held = queue.claim("w")
    assert held is not None
    named = f"{url}&application_name={queue.db.schema}"
    with PostgresTaskQueue(PostgresDatabase(named)) as idle, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(idle.wait, 120)
        until_listening(other, queue.db.schema)
        if is_lost:
            end_backends(other, queue.db.schema)
            until_listening(other, queue.db.schema)
        time.sleep(0.05)  # the last look before the rest, and the least time between wake-ups
        wake(queue, held)
        assert waiting.result(timeout=30) is True
