"""open_queue(): a queue by its place, and clear errors for a place that is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pytest_queuekit.queue import (
    Queue,
    QueueClosedError,
    QueueConnectionError,
    QueueDatabase,
    QueueDriverError,
    QueueInputError,
    TaskQueue,
    open_queue,
)
from pytest_queuekit.queue.postgres import PostgresDatabase, PostgresTaskQueue
from tests.queue.engines import own_schema

SECRET = "s3cr3t"  # noqa: S105 - no password of any server


def test_a_path_opens_a_file(path: Path) -> None:
    """A path opens a queue in a file, with the options of TaskQueue."""
    with open_queue(path, max_payload_bytes=16) as queue:
        assert isinstance(queue, TaskQueue)
        assert isinstance(queue, Queue)
        queue.enqueue("t", 1)
        with pytest.raises(QueueInputError, match="max_payload_bytes=16"):
            queue.enqueue("t", "x" * 100)
    with pytest.raises(QueueClosedError):
        queue.enqueue("t", 1)
    with QueueDatabase(path) as db:
        assert TaskQueue(db).stats().queued == 1


@pytest.mark.server
def test_a_url_opens_a_schema() -> None:
    """A URL opens a queue on a server, with the options of TaskQueue."""
    with own_schema() as url:
        with open_queue(url, max_payload_bytes=16) as queue:
            assert isinstance(queue, PostgresTaskQueue)
            assert isinstance(queue, Queue)
            assert queue.enqueue("t", 1) == 1
            with pytest.raises(QueueInputError, match="max_payload_bytes=16"):
                queue.enqueue("t", "x" * 100)
        with pytest.raises(QueueClosedError):
            queue.enqueue("t", 1)


def test_sqlite_needs_no_driver(tmp_path: Path) -> None:
    """A queue in a file loads nothing of psycopg, and a URL without it says what to do."""
    script = """
import sys
from pytest_queuekit.queue import QueueDriverError, open_queue
with open_queue("queue.db") as queue:
    queue.enqueue("t", 1)
assert not [name for name in sys.modules if "psycopg" in name or "queue.postgres" in name]
sys.modules["psycopg"] = None
try:
    open_queue("postgresql://localhost/x")
except QueueDriverError as error:
    print(error)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "pip install 'pytest-queuekit[postgres]'" in ran.stdout
    assert issubclass(QueueDriverError, ImportError)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"postgresql://u:{SECRET}%zz@h/d", "is not a URL of PostgreSQL; write postgresql://USER"),
        (f"postgresql://u:{SECRET}@h:port/d", "is not a URL of PostgreSQL"),
        (f"postgresql://u:{SECRET}@h/d?no_such_option=1", "is not a URL of PostgreSQL"),
        (f"postgresql://u:{SECRET}@h/d?schema=", "schema='': must be lower-case letters"),
        (f"postgresql://u:{SECRET}@h/d?schema=Big", "schema='Big'"),
        (f"postgresql://u:{SECRET}@h/d?schema=pg_mine", "schema='pg_mine'"),
        (f"postgresql://u:{SECRET}@h/d?schema=a%22b", "schema='a\"b'"),
        (f"postgresql://u:{SECRET}@h/d?schema={'x' * 64}", "at most 63"),
    ],
)
def test_a_wrong_url(url: str, message: str) -> None:
    """A URL that cannot be read is explained, and no message shows its password."""
    with pytest.raises(QueueInputError) as caught:
        open_queue(url)
    assert message in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("url", [None, 3, "queue.db", "mysql://h/d"])
def test_a_database_on_a_server_needs_a_url(url: str) -> None:
    """Anything but the URL of a PostgreSQL server raises QueueInputError."""
    with pytest.raises(QueueInputError, match="url: must be text such as postgresql://"):
        PostgresDatabase(url)


@pytest.mark.parametrize(
    ("option", "value"),
    [("busy_seconds", 0), ("statement_seconds", None), ("max_connections", 0)],
)
def test_wrong_options(option: str, value: object) -> None:
    """Each option of a database on a server is checked."""
    with pytest.raises(QueueInputError, match=f"{option}={value}"):
        PostgresDatabase("postgresql://h/d", **{option: value})  # type: ignore[arg-type] # the point


def test_no_server_answers() -> None:
    """An unreachable server raises QueueConnectionError, without the password."""
    url = f"postgresql://u:{SECRET}@127.0.0.1:1/d?connect_timeout=2"
    with open_queue(url) as queue, pytest.raises(QueueConnectionError) as caught:
        queue.claim("w")
    message = str(caught.value)
    assert message.startswith("postgresql://u@127.0.0.1:1/d?schema=queuekit: the server cannot be")
    assert "\n" not in message
    assert SECRET not in "".join((message, repr(queue), str(caught.value.__cause__)))
    assert isinstance(caught.value, ConnectionError)


def test_a_database_hides_its_password() -> None:
    """repr() and str() of a database and its address show no password."""
    db = PostgresDatabase(f"postgresql://u:{SECRET}@h/d?password={SECRET}2")
    assert SECRET not in f"{db!r} {db.address!r} {db.address}"
