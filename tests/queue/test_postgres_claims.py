"""Claims beside each other on a server: one worker for each task, in order, whatever is locked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import chain
from typing import Any, TypeVar

import pytest

from pytest_queuekit.queue import SchedulingStrategy, Task
from pytest_queuekit.queue.postgres import PostgresDatabase, PostgresTaskQueue
from pytest_queuekit.queue.postgres.claims import _PLAIN, _ROUTED
from pytest_queuekit.queue.postgres.opening import Limits, open_connection
from pytest_queuekit.queue.postgres.race import RACE
from pytest_queuekit.queue.postgres.session import Statements
from pytest_queuekit.queue.postgres.upkeep import UPKEEP
from tests.queue.engines import own_schema, timed_schema
from tests.queue.server import Connection, other_connection
from tests.queue.world import Clock

T = TypeVar("T")
pytestmark = pytest.mark.server
THREADS, TASKS = 6, 240
EUROPE = {"region": "EU"}


@pytest.fixture
def queue(clock: Clock) -> Iterator[PostgresTaskQueue]:
    """Yield a queue on the test's clock."""
    with timed_schema() as url, PostgresTaskQueue(PostgresDatabase(url, clock=clock)) as queue:
        queue.db.initialize_schema()
        yield queue


@pytest.fixture
def other(queue: PostgresTaskQueue) -> Iterator[Connection]:
    """Yield a connection that is not the queue's."""
    with other_connection(queue.db.schema) as conn:
        yield conn


# Unlike pg_stat_activity, pg_locks shows the present inside a transaction too.
WAITING = """
    WITH next AS (
        SELECT pid FROM pg_locks
        WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))
    SELECT count(DISTINCT pid) FROM pg_locks
    WHERE NOT granted AND (pg_backend_pid() = ANY(pg_blocking_pids(pid))
        OR pg_blocking_pids(pid) && array(SELECT pid FROM next))
"""


def until_blocked(other: Connection, count: int = 1) -> None:
    """Return once so many connections wait for a lock of this one, or for each other behind it."""
    for _ in range(3000):
        if other.execute(WAITING.encode()).fetchone() == (count,):
            return
        time.sleep(0.01)  # the other threads run in real time
    pytest.fail(f"not {count} calls wait for a lock")


def all_at_once(work: Callable[[int], T]) -> list[T]:
    """Run `work` in several threads at once; errors pass through."""
    together = threading.Barrier(THREADS)

    def run(number: int) -> T:
        together.wait(timeout=30)
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


@pytest.mark.parametrize("capabilities", [None, EUROPE])
@pytest.mark.parametrize("strategy", SchedulingStrategy)
def test_each_task_goes_to_one_thread(
    queue: PostgresTaskQueue,
    strategy: SchedulingStrategy,
    capabilities: dict[str, Any] | None,
    clock: Clock,
) -> None:
    """Each task goes to exactly one worker, and no worker stops before all are taken."""
    for needed in (capabilities, None):
        queue.enqueue_many("t", range(TASKS // 4), compatibility=needed)
        queue.enqueue_many("t", range(TASKS // 4), compatibility=needed, delay=5)
    clock.advance(10)

    def work(number: int) -> list[int]:
        done: list[int] = []
        while task := queue.claim(f"w{number}", capabilities, strategy=strategy):
            done.append(task.id)
            queue.complete(task)
        return done

    claimed = [task_id for done in all_at_once(work) for task_id in done]
    assert sorted(claimed) == list(range(1, TASKS + 1))
    assert queue.stats().completed == TASKS


def test_batches_share_the_tasks(queue: PostgresTaskQueue) -> None:
    """Batches of several workers have no task in common, and each comes in order."""
    queue.enqueue_many("t", range(TASKS))
    batches = all_at_once(lambda number: queue.claim_many(f"w{number}", limit=20))
    ids = [[task.id for task in batch] for batch in batches]
    assert all(batch == sorted(batch) for batch in ids)
    assert sorted(chain.from_iterable(ids)) == list(range(1, 20 * THREADS + 1))


@pytest.mark.parametrize("strategy", list(SchedulingStrategy)[:3])
@pytest.mark.parametrize("capabilities", [None, EUROPE])
def test_a_locked_task_is_passed_over(
    queue: PostgresTaskQueue,
    other: Connection,
    strategy: SchedulingStrategy,
    capabilities: dict[str, Any] | None,
) -> None:
    """A claim does not wait for a task that another transaction holds; it takes the next."""
    queue.enqueue_many("t", range(20), compatibility=capabilities)
    with other.transaction():
        other.execute("SELECT 1 FROM task_queue WHERE id <= 2 OR id >= 19 FOR UPDATE")
        task = queue.claim("w", capabilities, strategy=strategy)
    assert task is not None
    assert task.id == (18 if strategy is SchedulingStrategy.LIFO else 3)


def test_a_locked_head_hides_nothing(queue: PostgresTaskQueue, other: Connection) -> None:
    """A claim by capabilities finds a task behind more locked ones than it compares at first."""
    queue.enqueue_many("t", range(40), compatibility=EUROPE)
    with other.transaction():
        other.execute("SELECT 1 FROM task_queue WHERE id <= 39 FOR UPDATE")
        task = queue.claim("w", EUROPE)
    assert task is not None
    assert task.id == 40


def test_a_new_line_of_a_log_hides_no_task(queue: PostgresTaskQueue, other: Connection) -> None:
    """A task whose log is being written can be claimed."""
    queue.enqueue_many("t", range(2))
    with other.transaction():
        other.execute("INSERT INTO task_logs (task_id, message) VALUES (1, 'x')")
        task = queue.claim("w")
    assert task is not None
    assert task.id == 1


def hold_upkeep(queue: PostgresTaskQueue, other: Connection) -> None:
    """Take the lock under which tasks are promoted and reclaimed."""
    other.execute("SELECT pg_advisory_xact_lock(%s, %s)", (UPKEEP, queue.db.lock_number))


@pytest.mark.parametrize("strategy", SchedulingStrategy)
def test_a_due_task_is_not_missed_while_another_promotes_it(
    queue: PostgresTaskQueue, other: Connection, clock: Clock, strategy: SchedulingStrategy
) -> None:
    """A claim waits for the worker that promotes, and then finds the task."""
    queue.enqueue("t", None, delay=5)
    clock.advance(10)
    with ThreadPoolExecutor(1) as pool:
        with other.transaction():
            hold_upkeep(queue, other)
            claim = pool.submit(lambda: queue.claim("w", strategy=strategy))
            until_blocked(other)
        assert claim.result(timeout=30) is not None


def test_weighted_claims_take_their_turns(queue: PostgresTaskQueue, other: Connection) -> None:
    """A weighted claim waits for the one before it, which moves the time of the race."""
    weighted = SchedulingStrategy.WEIGHTED_RANDOM
    queue.enqueue_many("t", range(2))
    assert queue.claim("w", strategy=weighted) is not None
    with ThreadPoolExecutor(1) as pool:
        with other.transaction():
            other.execute("SELECT pg_advisory_xact_lock(%s, %s)", (RACE, queue.db.lock_number))
            claim = pool.submit(lambda: queue.claim("w", strategy=weighted))
            until_blocked(other)
        assert claim.result(timeout=30) is not None


def test_a_lease_begins_after_the_wait(
    queue: PostgresTaskQueue, other: Connection, clock: Clock
) -> None:
    """The lease of a claim that waited for a lock counts from the end of the wait."""
    queue.enqueue("t", None, delay=5)
    clock.advance(10)
    with ThreadPoolExecutor(1) as pool:
        with other.transaction():
            hold_upkeep(queue, other)
            claim: Future[Task | None] = pool.submit(lambda: queue.claim("w", lease_seconds=60))
            until_blocked(other)
            clock.advance(100)
        task = claim.result(timeout=30)
    assert task is not None
    assert task.lease_until_utc == "2027-01-15 08:02:50"


@pytest.mark.parametrize("commits", [True, False])
def test_a_key_of_an_open_transaction(
    queue: PostgresTaskQueue, other: Connection, commits: bool
) -> None:
    """enqueue() waits for the transaction that holds the key, and adds a task if it rolls back."""
    with ThreadPoolExecutor(1) as pool:
        other.execute("BEGIN")
        other.execute("INSERT INTO task_queue (type, idempotency_key) VALUES ('raw', 'k')")
        added = pool.submit(lambda: queue.enqueue("t", 1, idempotency_key="k"))
        until_blocked(other)
        other.execute("COMMIT" if commits else "ROLLBACK")
        task = queue.get(added.result(timeout=30))
    assert task.type == ("raw" if commits else "t")
    assert queue.stats().queued == 1


def test_batches_with_the_same_keys_do_not_lock_each_other(
    queue: PostgresTaskQueue, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two batches name the same keys in opposite order: one waits for the other, and no deadlock.

    A third transaction holds the key in the middle until both are under way.
    """
    monkeypatch.setattr("pytest_queuekit.queue.postgres.database._ATTEMPTS", 1)
    keys = ["a", "b", "c", "d", "e"]
    with ThreadPoolExecutor(2) as pool:
        other.execute("BEGIN")
        other.execute("INSERT INTO task_queue (type, idempotency_key) VALUES ('raw', 'c')")
        batches = [
            pool.submit(queue.enqueue_many, "t", order, idempotency_keys=order)
            for order in (keys, keys[::-1])
        ]
        until_blocked(other, len(batches))
        other.execute("ROLLBACK")
        first, second = (batch.result(timeout=30) for batch in batches)
    assert first == second[::-1]
    assert queue.stats().queued == len(keys)


def test_a_batch_keeps_its_order(queue: PostgresTaskQueue) -> None:
    """The ids of a batch follow its payloads, although its keys are inserted in another order."""
    ids = queue.enqueue_many("t", range(5), idempotency_keys=["e", "a", None, "d", "b"])
    assert ids == sorted(ids)
    assert [queue.get(task_id).payload for task_id in ids] == ["0", "1", "2", "3", "4"]


def touched(conn: Connection, schema: str, sql: str) -> int:
    """Return the pages that a claim touches; undo the claim."""
    parameters = {"worker": "w", "lease": 60, "routes": ['{"region":"EU"}', "{}"]}
    explained = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + Statements(schema)[sql]
    pages = []
    for _ in range(2):  # the first change after an INSERT looks for free space
        with conn.transaction(force_rollback=True):
            plan = (conn.execute(explained, parameters).fetchone() or ([{}],))[0][0]["Plan"]
        pages.append(int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]))
    return min(pages)


ADD = """
    INSERT INTO task_queue (type, priority, compatibility, run_after_utc)
    SELECT 't', CASE WHEN n %% 10 = 0 THEN 500 ELSE 1 END,
        CASE WHEN n %% 20 = 0 THEN '{"region":"EU"}' ELSE '{}' END,
        date_trunc('second', now()) + (n %% 10) * interval '1 day'
    FROM generate_series(1, %s) AS n
"""
"""Adds tasks, nine of ten of them in the future and of better priority."""


@pytest.mark.slow
def test_a_claim_costs_the_same_at_any_depth() -> None:
    """A claim touches at most twice the pages with 100,000 tasks that it touches with 1,000.

    The server has no statistics of the table, as after a burst of enqueued tasks.
    """
    sql = [table[strategy].fast for table in (_PLAIN, _ROUTED) for strategy in table]
    costs: list[list[int]] = []
    with own_schema() as url, PostgresDatabase(url) as db:
        for tasks in (1_000, 99_000):
            with db.transaction() as conn:
                conn.execute(f"SET LOCAL search_path TO {db.schema}".encode())
                conn.execute(ADD.encode(), (tasks,))
            with closing(open_connection(db.address, Limits(lock=5, statement=60))) as conn:
                costs.append([touched(conn, db.schema, statement) for statement in sql])
    for small, large in zip(*costs, strict=True):
        assert large <= 2 * small, costs
        assert large < 200, costs
