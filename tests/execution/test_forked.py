"""Actors in forked processes: calls, answers and errors cross, and a dead process is noticed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.errors import ActorError
from pytest_queuekit.execution.forked import ForkServer, RemoteAdapter, RemoteRefusedError
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.operation_log import Gone

WALL = 1_750_000_000_000_000_000


class UncarriedError(Exception):
    """An error that pickle cannot restore."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


class Odd(QueueAdapter):
    """Answers with what does not cross to another process, and dies when asked to."""

    name = "odd"
    refuses = (UncarriedError,)

    def __init__(self, location: str) -> None:
        self.location = location

    def enqueue(self, payload: Any) -> Any:
        if payload == "die":
            os.kill(os.getpid(), signal.SIGTERM)
        if payload == "hang":
            time.sleep(60)
        if payload == "refuse":
            raise UncarriedError("it is", "refused")
        return lambda: payload

    def claim(self, worker: str) -> Claim | None:
        return Claim(task_id=lambda: 1, payload=str(os.getpid()), worker=worker, handle=iter("a"))

    def complete(self, claim: Claim) -> Any:
        return next(claim.handle)

    def cancel(self, task_id: Any) -> Any:
        return task_id()

    def stats(self) -> Any:
        return {"queued": int(time.time())}


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[RemoteAdapter]:
    """An instance in another process."""
    with ForkServer(QueueUnderTest.of(Odd), tmp_path) as server:
        adapter = RemoteAdapter(server, lambda: WALL, patience=1.0)
        adapter.call("__init__", "somewhere")
        yield adapter
        adapter.kill()


def test_a_call_runs_in_another_process_under_the_clock_of_the_run(remote: RemoteAdapter) -> None:
    """A claim and an id that pickle cannot carry are put back when they return."""
    claim = remote.claim("a")
    assert isinstance(claim, Claim)
    assert int(claim.payload) != os.getpid()
    assert remote.complete(claim) == "a"
    assert remote.cancel(remote.enqueue("task")) == "task"
    assert remote.stats() == {"queued": WALL // 10**9}


def test_an_error_keeps_its_meaning(remote: RemoteAdapter) -> None:
    """An error that pickle cannot carry comes as its text."""
    with pytest.raises(RemoteRefusedError, match="UncarriedError: it is refused"):
        remote.enqueue("refuse")
    assert RemoteRefusedError in remote.refuses
    claim = remote.claim("a")
    assert isinstance(claim, Claim)
    remote.complete(claim)
    with pytest.raises(StopIteration):
        remote.complete(claim)


def test_a_process_that_hangs_is_killed(remote: RemoteAdapter) -> None:
    """Its call has no end, and it makes no other."""
    with pytest.raises(Gone):
        remote.enqueue("hang")
    with pytest.raises(Gone):
        remote.stats()
    remote.close()


def test_a_process_that_dies_by_itself_is_an_error(remote: RemoteAdapter) -> None:
    """The error says how, and in which call."""
    with pytest.raises(ActorError, match=r"ended with status -15 in enqueue\(\)"):
        remote.enqueue("die")


def test_a_process_dies_before_the_chosen_line(remote: RemoteAdapter) -> None:
    """Its next call ends with it."""
    remote.die_in_next_call(0, by_line=True)
    with pytest.raises(Gone):
        remote.stats()
