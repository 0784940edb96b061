"""An idle worker waits until it may find a task."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pytest_queuekit.queue import Queue, QueueInputError
from tests.queue.engines import EVERY_ENGINE
from tests.queue.world import Clock

ENGINES = EVERY_ENGINE
EUROPE = {"region": "EU"}


def test_a_ready_task_ends_the_wait(queue: Queue) -> None:
    """wait() returns True at once for a task that is ready."""
    queue.enqueue("t", None)
    assert queue.wait(3600) is True


def test_nothing_to_do(queue: Queue) -> None:
    """wait() returns False after its timeout if no task is ready."""
    assert queue.wait(0) is False
    queue.enqueue("t", None, delay=10)
    assert queue.wait(0.01) is False


def test_tasks_of_others_do_not_end_the_wait(queue: Queue) -> None:
    """A task that the worker may not take, or that another holds, is nothing to wait for."""
    queue.enqueue("t", None, compatibility=EUROPE)
    assert queue.wait(0) is False
    assert queue.wait(0, {"region": "US"}) is False
    assert queue.wait(0, EUROPE) is True
    assert queue.claim("w", EUROPE) is not None
    assert queue.wait(0, EUROPE) is False


def test_due_and_lapsed_tasks_end_the_wait(queue: Queue, clock: Clock) -> None:
    """A task that comes due, and one with a lapsed lease, can be claimed."""
    queue.enqueue("t", None, delay=10)
    clock.advance(11)
    assert queue.wait(0) is True
    assert queue.claim("w", lease_seconds=10) is not None
    assert queue.wait(0) is False
    clock.advance(11)
    assert queue.wait(0) is True


def test_a_task_that_comes_during_the_wait(queue: Queue) -> None:
    """A wait in one thread ends with the enqueue in another."""
    queue.stats()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.wait, 60)
        queue.enqueue("t", None)
        assert waiting.result(timeout=30) is True


@pytest.mark.parametrize("timeout", [-1, None, True, "1", float("nan"), 1e9])
def test_timeouts(queue: Queue, timeout: Any) -> None:
    """A timeout that is not seconds from 0 to a day raises QueueInputError."""
    with pytest.raises(QueueInputError, match="timeout="):
        queue.wait(timeout)
