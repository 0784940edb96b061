"""The adapter of the queue on PostgreSQL: its server, its schemas and its clock."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from pytest_queuekit.adapters.postgres import SERVER_VARIABLE, PostgresQueue
from pytest_queuekit.errors import UsageError
from pytest_queuekit.execution.clock import virtual_time
from tests.queue.engines import SERVER, need_server

SECRET = "s3cr3t"  # noqa: S105 - no password of any server


@pytest.fixture
def _server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the adapter use the server of the tests."""
    need_server()
    monkeypatch.setenv(SERVER_VARIABLE, SERVER)


def schemas() -> set[str]:
    """Return the schemas of the kit on the server."""
    with psycopg.connect(SERVER) as conn:
        sql = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'queuekit!_%' ESCAPE '!'"
        return {name for (name,) in conn.execute(sql.encode()).fetchall()}


@pytest.mark.server
@pytest.mark.usefixtures("_server")
def test_a_queue_is_a_schema_of_its_own(tmp_path: Path) -> None:
    """provision() makes a schema, and dispose() drops it with all tasks."""
    first, second = PostgresQueue.provision(tmp_path), PostgresQueue.provision(tmp_path)
    assert {first, second} <= schemas()
    queue = PostgresQueue(first)
    queue.enqueue("a")
    queue.close()
    other = PostgresQueue(second)
    assert other.claim("w") is None
    other.close()
    PostgresQueue.dispose(first)
    PostgresQueue.dispose(second)
    assert not {first, second} & schemas()


@pytest.mark.server
@pytest.mark.usefixtures("_server")
def test_the_queue_follows_the_kits_clock(tmp_path: Path) -> None:
    """Under the virtual clock a wait takes no time; without it, the time is the server's."""
    location = PostgresQueue.provision(tmp_path)
    with virtual_time() as clock:
        queue = PostgresQueue(location)
        queue.enqueue("a", delay=3600)
        assert queue.claim("w") is None
        clock.wait(3601)
        queue.complete(queue.claim("w") or pytest.fail("it is due"))
        queue.close()
    queue = PostgresQueue(location)
    queue.enqueue("b", delay=3600)
    assert queue.claim("w") is None
    queue.close()
    PostgresQueue.dispose(location)


def test_a_missing_server_is_one_line(tmp_path: Path) -> None:
    """Without a server the run says what to do, without the password."""
    url = f"postgresql://u:{SECRET}@127.0.0.1:1/d"
    command = [sys.executable, "-m", "pytest", "--queue-validate", "--queue-impl", "postgres"]
    done = subprocess.run(
        [*command, "-q", "-p", "no:randomly", "--queue-level", "quick", "-k", "ACK"],
        cwd=tmp_path,
        env=os.environ | {SERVER_VARIABLE: url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    text = " ".join(done.stdout.split())
    assert done.returncode == 1
    assert f"could not be judged: start a PostgreSQL server, or set {SERVER_VARIABLE} to" in text
    assert SECRET not in done.stdout + done.stderr


def test_a_wrong_url_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is no URL is explained with its name."""
    monkeypatch.setenv(SERVER_VARIABLE, "localhost")
    with pytest.raises(UsageError, match=f"set {SERVER_VARIABLE} to the URL.*url: must be text"):
        PostgresQueue.provision(tmp_path)
