"""On a server, no acknowledged change is lost, and each failure has an error of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest

from pytest_queuekit.queue import (
    QueueBusyError,
    QueueCommitUnknownError,
    QueueConnectionError,
    QueueDatabaseError,
    QueueOutcomeUnknownError,
    Task,
)
from pytest_queuekit.queue.postgres import PostgresDatabase, PostgresTaskQueue
from tests.queue.engines import own_schema
from tests.queue.server import Connection, Proxy, end_backends, other_connection

pytestmark = pytest.mark.server


@pytest.fixture
def url() -> Iterator[str]:
    """Yield the URL of a new schema; the connections have a name of their own."""
    with own_schema() as url:
        yield f"{url}&application_name={url.rpartition('=')[2]}"


@pytest.fixture
def queue(url: str) -> Iterator[PostgresTaskQueue]:
    """Yield a queue in a schema that has its tables."""
    with PostgresTaskQueue(PostgresDatabase(url, busy_seconds=0.2)) as queue:
        queue.db.initialize_schema()
        yield queue


@pytest.fixture
def other(queue: PostgresTaskQueue) -> Iterator[Connection]:
    """Yield a connection that is not the queue's."""
    with other_connection(queue.db.schema) as conn:
        yield conn


def claimed(queue: PostgresTaskQueue) -> Task:
    """Claim the next task; there must be one."""
    return queue.claim("w") or pytest.fail("nothing to claim")


def at_each_insert(conn: Connection, body: str) -> None:
    """Let the server run PL/pgSQL at the insertion of each task."""
    conn.execute(
        f"CREATE FUNCTION strike() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} RETURN NEW; END $$".encode()
    )
    conn.execute(
        "CREATE TRIGGER strike BEFORE INSERT ON task_queue FOR EACH ROW EXECUTE FUNCTION strike()"
    )


def test_a_connection_that_the_server_ended_is_replaced(
    queue: PostgresTaskQueue, other: Connection
) -> None:
    """After the end of an idle connection, the next call opens another and succeeds."""
    queue.enqueue("t", 1)
    assert end_backends(other, queue.db.schema) == 1
    assert queue.enqueue("t", 2) == 2
    assert end_backends(other, queue.db.schema) == 1
    assert queue.stats().queued == 2


def test_a_connection_that_dies_unseen(
    url: str, queue: PostgresTaskQueue, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the end of a connection shows only in a call, a read is repeated and a change is not."""
    monkeypatch.setattr("pytest_queuekit.queue.postgres.connections._has_news", lambda conn: False)
    with PostgresTaskQueue(PostgresDatabase(url, max_connections=1)) as alone:
        assert alone.enqueue("t", 1) == 1
        end_backends(other, queue.db.schema)
        assert alone.get(1).status == "queued"
        end_backends(other, queue.db.schema)
        with pytest.raises(QueueCommitUnknownError):
            alone.enqueue("t", 2)
        assert alone.stats().queued == 1


def test_a_backend_killed_in_a_transaction_changes_nothing(
    queue: PostgresTaskQueue, other: Connection
) -> None:
    """A connection lost before COMMIT leaves nothing changed, and the error says so."""
    queue.enqueue("t", 1)
    with pytest.raises(QueueConnectionError), queue.db.transaction():
        task = claimed(queue)
        queue.enqueue("t", 2)
        end_backends(other, queue.db.schema)
        queue.complete(task)
    assert queue.get(1).status == "queued"
    assert queue.stats().queued == 1


def test_a_killed_statement_has_an_unknown_outcome(
    queue: PostgresTaskQueue, other: Connection
) -> None:
    """The connection is lost while the server inserts; the error says what to do."""
    at_each_insert(other, "PERFORM pg_terminate_backend(pg_backend_pid());")
    with pytest.raises(QueueCommitUnknownError, match=r"repeat enqueue\(\) with") as caught:
        queue.enqueue("t", 1)
    assert isinstance(caught.value, QueueOutcomeUnknownError)
    other.execute("DROP TRIGGER strike ON task_queue")
    assert queue.enqueue("t", 2) == 2
    assert queue.stats().queued == 1


def test_a_commit_without_an_answer_may_have_taken_effect(queue: PostgresTaskQueue) -> None:
    """The answer to COMMIT is lost: the task is there, and repeating the key adds no other."""
    proxy = Proxy()
    with PostgresTaskQueue(PostgresDatabase(proxy.url_to(queue.db.schema))) as far:
        far.enqueue("t", 0)
        proxy.loses_commits = True
        with pytest.raises(QueueCommitUnknownError, match="may have taken effect or not"):
            far.enqueue("t", 1, idempotency_key="k")
        assert not proxy.loses_commits
        assert far.enqueue("t", 1, idempotency_key="k") == 2
        assert far.stats().queued == 2
    proxy.close()


@pytest.mark.parametrize("state", ["40P01", "40001"])
def test_a_deadlock_is_tried_again(queue: PostgresTaskQueue, other: Connection, state: str) -> None:
    """Deadlocks and serialization failures are repeated, for a statement and a transaction."""
    other.execute("CREATE SEQUENCE tries")
    condition = "IF nextval(TG_TABLE_SCHEMA || '.tries') % 3 <> 0"
    at_each_insert(other, f"{condition} THEN RAISE EXCEPTION USING ERRCODE = '{state}'; END IF;")
    queue.enqueue("t", 1)
    queue.enqueue("t", 2, idempotency_key="k")
    assert queue.stats().queued == 2
    assert other.execute("SELECT last_value FROM tries").fetchone() == (6,)


def test_a_deadlock_that_lasts(queue: PostgresTaskQueue, other: Connection) -> None:
    """A deadlock at every attempt ends with QueueBusyError, and nothing was changed."""
    at_each_insert(other, "RAISE EXCEPTION USING ERRCODE = '40P01';")
    with pytest.raises(QueueBusyError, match="nothing was changed"):
        queue.enqueue("t", 1)
    assert queue.stats().queued == 0


def test_a_lock_that_stays_taken(queue: PostgresTaskQueue, other: Connection) -> None:
    """A task that another transaction holds is busy for an acknowledgement, and can be retried."""
    queue.enqueue("t", 1)
    task = claimed(queue)
    with other.transaction():
        other.execute("SELECT 1 FROM task_queue FOR UPDATE")
        for call in (queue.complete, queue.release, lambda held: queue.complete_many([held])):
            with pytest.raises(QueueBusyError, match="nothing was changed"):
                call(task)
    assert queue.complete(task).status == "completed"


def test_a_statement_that_takes_too_long(
    url: str, queue: PostgresTaskQueue, other: Connection
) -> None:
    """A statement is cancelled after statement_seconds, and nothing was changed."""
    at_each_insert(other, "PERFORM pg_sleep(60);")
    with PostgresTaskQueue(PostgresDatabase(url, statement_seconds=1)) as hasty:
        with pytest.raises(QueueBusyError, match="cancelled a statement"):
            hasty.enqueue("t", 1)
        assert hasty.stats().queued == 0


def test_all_connections_in_use(url: str) -> None:
    """With all connections in blocks of other threads, a call ends as busy, and then works."""
    db = PostgresDatabase(url, max_connections=1, busy_seconds=0.2)
    with PostgresTaskQueue(db) as queue:
        queue.db.initialize_schema()
        begun, end = threading.Event(), threading.Event()

        def hold() -> None:
            with db.transaction():
                begun.set()
                end.wait(timeout=30)

        holder = threading.Thread(target=hold)
        holder.start()
        assert begun.wait(timeout=30)
        with pytest.raises(QueueBusyError, match="all 1 connections of this process"):
            queue.enqueue("t", 1)
        end.set()
        holder.join()
        assert queue.enqueue("t", 1) == 1


def test_an_error_that_the_block_swallowed(queue: PostgresTaskQueue) -> None:
    """A block that caught an error of the server cannot commit half of its work."""
    with (
        pytest.raises(QueueDatabaseError, match="nothing was changed; let the error leave"),
        queue.db.transaction() as conn,
    ):
        queue.enqueue("t", 1)
        with pytest.raises(psycopg.errors.DivisionByZero):
            conn.execute("SELECT 1 / 0")
    assert queue.stats().queued == 0


def test_an_exception_of_the_caller_rolls_back(queue: PostgresTaskQueue) -> None:
    """Ctrl-C in a block undoes the block, and the connection serves the next call."""
    with pytest.raises(KeyboardInterrupt), queue.db.transaction():
        queue.enqueue("t", 1)
        with queue.db.transaction():
            queue.enqueue("t", 2)
        raise KeyboardInterrupt
    assert queue.stats().queued == 0
    with pytest.raises(KeyError), queue.db.transaction():
        raise KeyError
    assert queue.enqueue("t", 3)


def test_a_pooler_is_refused(queue: PostgresTaskQueue) -> None:
    """Behind a pooler, another session may be in force for each transaction: the queue says so."""
    proxy = Proxy()
    proxy.hides_backends = True
    with (
        PostgresTaskQueue(PostgresDatabase(proxy.url_to(queue.db.schema))) as far,
        pytest.raises(QueueDatabaseError, match="a pooler such as pgbouncer"),
    ):
        far.enqueue("t", 1)
    proxy.close()
    assert queue.stats().queued == 0
