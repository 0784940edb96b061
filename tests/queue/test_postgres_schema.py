"""The schema on a server: created once, by whoever has the right, and nothing beside it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import psycopg
import pytest

from pytest_queuekit.queue import (
    QueueDatabaseError,
    QueueInputError,
    QueuePermissionError,
    QueueSchemaError,
    SchedulingStrategy,
    open_queue,
)
from pytest_queuekit.queue.postgres import PostgresDatabase, PostgresTaskQueue
from tests.queue.engines import SERVER, own_schema
from tests.queue.server import other_connection
from tests.queue.world import output, started

pytestmark = pytest.mark.server


@pytest.fixture
def url() -> Iterator[str]:
    """Yield the URL of a new schema."""
    with own_schema() as url:
        yield url


def schema_of(url: str) -> str:
    return url.rpartition("=")[2]


def test_eight_processes_start_at_once(url: str) -> None:
    """Eight processes create the schema at the same time, and each of them works."""
    script = """
import sys
from pytest_queuekit.queue import open_queue
print("ready", flush=True)
sys.stdin.readline()
with open_queue(sys.argv[1]) as queue:
    print(queue.enqueue("t", None))
"""
    processes = [started(script, url) for _ in range(8)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ids = [int(output(process)) for process in processes]
    assert sorted(ids) == list(range(1, 9))


def test_a_newer_version_is_refused(url: str) -> None:
    """A schema of a newer version is left alone."""
    with open_queue(url) as queue:
        queue.enqueue("t", None)
    with other_connection(schema_of(url)) as conn:
        conn.execute("UPDATE queue_version SET version = 99")
    with open_queue(url) as queue, pytest.raises(QueueSchemaError, match="version 99: a newer"):
        queue.claim("w")


def test_tables_of_others_are_refused(url: str) -> None:
    """A schema with a task_queue of another program is left as it is."""
    with psycopg.connect(SERVER) as conn:
        conn.execute(f"CREATE SCHEMA {schema_of(url)}".encode())
        conn.execute(f"CREATE TABLE {schema_of(url)}.task_queue (id integer)".encode())
    with open_queue(url) as queue, pytest.raises(QueueSchemaError, match="names: task_queue; pass"):
        queue.enqueue("t", None)
    with other_connection(schema_of(url)) as conn:
        tables = conn.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace", (schema_of(url),)
        ).fetchall()
    assert tables == [("task_queue",)]


def test_nothing_beside_the_schema_is_touched(url: str) -> None:
    """All that a queue creates is in its schema, which may exist before, and goes with it."""
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'test!_%' ESCAPE '!'"
    others = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    with psycopg.connect(SERVER, autocommit=True) as conn:
        conn.execute(f"CREATE SCHEMA {schema_of(url)}".encode())
        before = conn.execute(schemas).fetchall(), conn.execute(others).fetchall()
        with open_queue(url) as queue:
            queue.enqueue("t", None)
            queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM)
        assert (conn.execute(schemas).fetchall(), conn.execute(others).fetchall()) == before


@pytest.mark.parametrize(
    ("assignments", "ended"),
    [
        ("status = 'completed'", True),
        ("status = 'completed', finished_at_utc = '2026-01-01 00:00:00+00'", True),
        ("status = 'completed', completed_at_utc = '2026-01-01 00:00:00+00'", True),
        ("finished_at_utc = '2026-01-01 00:00:00+00'", False),
    ],
)
def test_both_times_of_an_end_agree(url: str, assignments: str, ended: bool) -> None:
    """Other SQL may end a task with either time or none, and an unended task has neither."""
    with open_queue(url) as queue:
        queue.enqueue("t", None)
        with other_connection(schema_of(url)) as conn:
            conn.execute(f"UPDATE task_queue SET {assignments}".encode())
        task = queue.get(1)
        assert task.completed_at_utc == task.finished_at_utc
        assert (task.completed_at_utc is not None) is ended
        if "2026" in assignments and ended:
            assert task.finished_at_utc == "2026-01-01 00:00:00"


def test_a_schema_that_vanished(url: str) -> None:
    """A schema that was dropped while in use raises QueueSchemaError, and can be created again."""
    with open_queue(url) as queue, psycopg.connect(SERVER, autocommit=True) as conn:
        queue.enqueue("t", None)
        conn.execute(f"DROP SCHEMA {schema_of(url)} CASCADE".encode())
        with pytest.raises(QueueSchemaError, match="open the queue again"):
            queue.enqueue("t", None)
        with open_queue(url) as again:
            assert again.enqueue("t", None) == 1


@contextmanager
def own_role(*grants: str) -> Iterator[str]:
    """Yield the name of a new role, and drop it at the end."""
    name = f"queuekit_{uuid.uuid4().hex}"
    with psycopg.connect(SERVER, autocommit=True) as conn:
        try:
            conn.execute(f"CREATE ROLE {name}".encode())
        except psycopg.errors.InsufficientPrivilege:
            pytest.skip("the role of the tests may create no other role")
        try:
            for grant in grants:
                conn.execute(f"{grant} TO {name}".encode())
            yield name
        finally:
            conn.execute(f"DROP OWNED BY {name}".encode())
            conn.execute(f"DROP ROLE {name}".encode())


def as_role(url: str, role: str) -> PostgresTaskQueue:
    return PostgresTaskQueue(
        PostgresDatabase(url.replace("options=", f"options=-crole%3D{role}%20"))
    )


def test_a_role_without_rights(url: str) -> None:
    """A role that may not create a schema, or not use it, gets the name of the missing right."""
    with own_role() as role:
        with as_role(url, role) as queue, pytest.raises(QueuePermissionError, match="permission"):
            queue.enqueue("t", None)
        with open_queue(url) as owner:
            owner.enqueue("t", None)
        with (
            as_role(url, role) as queue,
            pytest.raises(PermissionError, match=r"docs/postgres\.md"),
        ):
            queue.claim("w")


def test_a_role_with_the_documented_rights(url: str) -> None:
    """The rights in docs/postgres.md suffice for all work, but not to create or drop tables."""
    schema = schema_of(url)
    with open_queue(url) as owner:
        owner.enqueue("t", None)
    grants = (
        f"GRANT USAGE ON SCHEMA {schema}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema}",
    )
    with own_role(*grants) as role, as_role(url, role) as queue:
        queue.enqueue("t", 1, idempotency_key="k", delay=5)
        for end in (queue.complete, queue.release, lambda task: queue.fail(task, "x", retry=False)):
            task = queue.claim("w", {"region": "EU"})
            assert task is not None
            end(task)
            queue.enqueue("t", 1)
        queue.log(1, "INFO", "x")
        queue.heartbeat("w")
        queue.sweep()
        queue.archive(0)
        assert queue.stats().dead == 1
        with pytest.raises(QueuePermissionError, match="let the owner make one such claim"):
            queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM)
        with open_queue(url) as owner:
            owner.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM)
        queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM)


def test_nobody_moves_the_time_of_a_real_queue(url: str) -> None:
    """Only a schema made for tests follows a clock."""
    db = PostgresDatabase(url, clock=lambda: 0.0)
    with PostgresTaskQueue(db) as queue, pytest.raises(QueueInputError, match="are the server's"):
        queue.enqueue("t", None)
    with open_queue(url) as real, psycopg.connect(SERVER, autocommit=True) as conn:
        conn.execute("SELECT set_config('queuekit.test_now', '0', false)")
        task = real.get(real.enqueue("t", None))
        assert str(task.created_at_utc) > "2020"


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/St_Johns"])
def test_time_zones_do_not_matter(url: str, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks and leases are the same whatever the zones of the server's session and the client."""
    monkeypatch.setenv("TZ", "Pacific/Chatham")
    elsewhere = url.replace("options=", f"options=-ctimezone%3D{quote(zone, '')}%20")
    with open_queue(elsewhere) as there, open_queue(url) as here:
        here.enqueue("t", None)
        later = there.enqueue("t", None, delay=1000)
        task = there.claim("w", lease_seconds=1000)
        assert task is not None
        assert here.get(task.id) == task
        assert here.claim("w") is None
        assert here.get(later) == there.get(later)
        assert here.complete(task) == there.get(task.id)


def test_a_fork_opens_its_own_connections(url: str) -> None:
    """Parent and child of a fork use the queue, and neither disturbs the other."""
    with open_queue(url) as queue:
        queue.enqueue("t", 1)
        child = os.fork()
        if not child:
            try:
                queue.enqueue("t", 2)
            except BaseException:  # noqa: BLE001 - the child ends here
                os._exit(1)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        queue.enqueue("t", 3)
        assert queue.stats().queued == 3


def test_a_fork_inside_a_block(url: str) -> None:
    """The block of a parent is not the child's: the child gets an error, and the parent commits."""
    with open_queue(url) as queue:
        assert isinstance(queue, PostgresTaskQueue)
        with queue.db.transaction():
            queue.enqueue("t", 1)
            child = os.fork()
            if not child:
                try:
                    queue.enqueue("t", 2)
                except QueueDatabaseError:
                    os._exit(0)
                os._exit(1)
            assert os.waitpid(child, 0)[1] == 0
        assert queue.stats().queued == 1
