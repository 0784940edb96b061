"""The adapter of Redis streams: its server, its keys, and how it takes over what a worker keeps."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from pytest_queuekit.adapters.redis_streams import (
    DEFAULT_SERVER,
    SERVER_VARIABLE,
    RedisStreamQueue,
)
from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.errors import UsageError
from pytest_queuekit.model.adapter import Claim
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.verdict import Status
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import by_id, judge

RULES = by_id(CATALOGUE)
SERVER = os.environ.get(SERVER_VARIABLE, DEFAULT_SERVER)
ENTRY = "queue-validate::CLAIM-1"


@functools.cache
def server_problem() -> str:
    """Return why no server answers in this process, or an empty text."""
    try:
        with redis.Redis.from_url(SERVER) as client:
            client.ping()
    except redis.RedisError as error:
        return f"no Redis server for the tests: {error}"
    return ""


def need_server() -> None:
    """Skip the test if no server answers; on a machine of CI, fail."""
    if server_problem():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(server_problem())


@pytest.fixture
def server() -> Iterator[redis.Redis]:
    """A client of the server."""
    need_server()
    with redis.Redis.from_url(SERVER, decode_responses=True) as client:
        yield client


@pytest.fixture
def queue(server: redis.Redis, tmp_path: Path) -> Iterator[Any]:
    """An open queue of its own."""
    location = RedisStreamQueue.provision(tmp_path)
    instance = RedisStreamQueue(location)
    yield instance
    instance.close()
    RedisStreamQueue.dispose(location)
    assert not server.exists(location)


@pytest.mark.server
def test_queues_do_not_meet(queue: Any, tmp_path: Path) -> None:
    """Each provision chooses a key of its own."""
    queue.enqueue("task")
    location = RedisStreamQueue.provision(tmp_path)
    other = RedisStreamQueue(location)
    assert other.claim("worker") is None
    other.close()
    RedisStreamQueue.dispose(location)


@pytest.mark.server
def test_a_second_worker_uses_the_group_of_the_first(queue: Any) -> None:
    """A task goes to one of them."""
    queue.enqueue("task")
    other = RedisStreamQueue(queue.stream)
    claims = [queue.claim("worker"), other.claim("other")]
    assert [claim is None for claim in claims] == [False, True]
    other.close()


@pytest.mark.server
def test_an_entry_that_stays_idle_goes_to_another_worker(queue: Any) -> None:
    """The time of its last delivery is the server's; it is set back here."""
    queue.enqueue("task")
    first = queue.claim("worker")
    hour = 3_600_000
    queue.redis.xclaim(queue.stream, "workers", "worker", 0, [first.task_id], idle=hour)
    second = queue.claim("other")
    assert (second.task_id, second.worker) == (first.task_id, "other")


@pytest.mark.server
def test_a_completed_entry_is_gone(queue: Any) -> None:
    """A second completion is refused."""
    queue.enqueue("task")
    claim = queue.claim("worker")
    assert queue.stats() == {"queued": 0, "leased": 1}
    assert queue.complete(claim) is True
    assert queue.complete(claim) is False
    assert queue.stats() == {"queued": 0, "leased": 0}


@pytest.mark.server
def test_a_batch_takes_lapsed_entries_first(queue: Any) -> None:
    """Then those that nobody has read."""
    queue.enqueue_many(["a", "b", "c"])
    first = queue.claim("worker")
    hour = 3_600_000
    queue.redis.xclaim(queue.stream, "workers", "worker", 0, [first.task_id], idle=hour)
    assert [claim.payload for claim in queue.claim_many("other", 5)] == ["a", "b", "c"]


@pytest.mark.server
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("rule", ["CLAIM-1", "RACE-1", "ACK-1", "ENQUEUE-1"])
def test_the_recipe_keeps_its_promises(rule: str, tmp_path: Path) -> None:
    """In sequence, in threads and in processes."""
    verdict = judge(RULES[rule], resolve("redis-streams"), tmp_path, Effort.at(Level.QUICK))
    assert verdict.status is Status.PASS


class AcksFirst(RedisStreamQueue):
    """Acknowledges an entry when it is read."""

    def claim(self, worker: str) -> Claim | None:
        claim = super().claim(worker)
        if claim is not None:
            self.redis.xack(self.stream, "workers", claim.task_id)
        return claim


@pytest.mark.slow  # leases end in real time
@pytest.mark.server
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("spec", "rule", "status"),
    [
        ("redis-streams", "LEASE-1", Status.PASS),
        ("redis-streams", "ACK-6", Status.FAIL),  # XACK knows no deliveries
        (f"{__name__}:AcksFirst", "LEASE-1", Status.FAIL),
    ],
)
def test_leases_are_judged_in_real_time(
    spec: str, rule: str, status: Status, tmp_path: Path
) -> None:
    """The kit waits for the server's clock."""
    verdict = judge(RULES[rule], resolve(spec), tmp_path, Effort.at(Level.STANDARD))
    assert verdict.status is status


def test_a_wrong_url_names_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that is no URL is explained before anything runs."""
    monkeypatch.setenv(SERVER_VARIABLE, "localhost")
    with pytest.raises(
        UsageError, match=f"set {SERVER_VARIABLE} to the URL of one: Redis URL must"
    ):
        RedisStreamQueue.provision(tmp_path)


def test_without_a_server_the_run_says_what_to_do(tmp_path: Path) -> None:
    """One line, and no traceback."""
    env = {**os.environ, SERVER_VARIABLE: "redis://127.0.0.1:1/0"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--queue-validate"]
    run = subprocess.run(
        [*command, "--queue-impl=redis-streams", ENTRY],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode != 0
    assert f"start a Redis server, or set {SERVER_VARIABLE} to the URL of one" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr
