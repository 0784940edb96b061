"""The suite of team 03."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.plugin.fixtures.clock import QueueClock
from pytest_queuekit.queue import QueueDatabase, TaskQueue
from tests.workers.worker_engine import engine
from tests.workers.worker_engine.engine import Engine

pytestmark = [pytest.mark.queue_worker(3), pytest.mark.queue_integration]

Fill = Callable[..., list[int]]


def _fails(payload: Any) -> None:
    raise RuntimeError(f"no luck with {payload}")


def test_a_task_is_done_and_its_result_is_kept(
    queue_tasks: TaskQueue, queue_worker_id: str
) -> None:
    """The handler gets the payload, and its return value is the task's result."""
    task_id = queue_tasks.enqueue("double", 21)
    assert Engine(queue_tasks, queue_worker_id, {"double": lambda n: 2 * n}).run_once()
    done = queue_tasks.get(task_id)
    assert (done.status, done.result) == ("completed", "42")


def test_an_empty_queue_is_not_an_error(queue_tasks: TaskQueue) -> None:
    """The engine returns False, so that its caller can sleep."""
    assert not Engine(queue_tasks, "worker-1", {}).run_once()


def test_a_handler_that_fails_is_tried_again_and_then_given_up(
    queue_tasks: TaskQueue, queue_clock: QueueClock
) -> None:
    """The dead letter keeps the message of the last failure."""
    worker = Engine(queue_tasks, "worker-1", {"mail": _fails})
    queue_tasks.enqueue("mail", "ada", max_attempts=2)
    assert worker.run_once()
    assert not worker.run_once()
    queue_clock.advance(2)
    assert worker.run_once()
    (dead,) = queue_tasks.dead_letters()
    assert dead.error_message == "RuntimeError: no luck with ada"


def test_a_type_without_a_handler_is_given_up_at_once(queue_tasks: TaskQueue) -> None:
    """The task is dead after one attempt, because another would fail in the same way."""
    queue_tasks.enqueue("unknown", None)
    assert Engine(queue_tasks, "worker-1", {}).run_once()
    assert queue_tasks.stats().dead == 1


def test_the_result_of_a_lost_claim_is_dropped(
    queue_tasks: TaskQueue, queue_clock: QueueClock
) -> None:
    """A worker that slept past its lease does not overwrite its successor's work."""
    heirs = []

    def sleep_past_the_lease(_payload: Any) -> str:
        queue_clock.advance(61)
        heirs.append(queue_tasks.claim("heir"))
        return "too late"

    task_id = queue_tasks.enqueue("slow", None)
    assert Engine(queue_tasks, "late", {"slow": sleep_past_the_lease}).run_once()
    (heir,) = heirs
    assert heir is not None
    assert queue_tasks.get(task_id).locked_by == "heir"
    assert queue_tasks.complete(heir, "in time").result == '"in time"'
    assert "result dropped" in queue_tasks.logs(task_id)[0].message


def test_a_worker_reports_that_it_lives(queue_tasks: TaskQueue, queue_clock: QueueClock) -> None:
    """The engine sends a heartbeat every half minute, and is stale five minutes after the last."""
    worker = Engine(queue_tasks, "worker-1", {}, capabilities={"region": "EU"})
    for _ in range(20):
        worker.run_once()
        queue_clock.advance(31)
    assert queue_tasks.stale_workers() == []
    queue_clock.advance(301)
    assert [worker.worker_id for worker in queue_tasks.stale_workers()] == ["worker-1"]


def test_capabilities_are_honoured(queue_tasks: TaskQueue) -> None:
    """A worker in the US does not get a task for the EU."""
    queue_tasks.enqueue("mail", None, compatibility={"region": "EU"})
    handlers = {"mail": str}
    assert not Engine(queue_tasks, "us", handlers, capabilities={"region": "US"}).run_once()
    assert Engine(queue_tasks, "eu", handlers, capabilities={"region": "EU"}).run_once()


@pytest.mark.queue_stress
def test_four_workers_do_everything_once(queue_tasks: TaskQueue, queue_fill: Fill) -> None:
    """Each task is done by one of them, and they stop on request."""
    queue_fill(60, type="count")
    calls: Counter[int] = Counter()
    guard, stop = threading.Lock(), threading.Event()

    def count(payload: dict[str, int]) -> None:
        with guard:
            calls[payload["number"]] += 1
            if len(calls) == 60:
                stop.set()

    engines = [Engine(queue_tasks, f"worker-{n}", {"count": count}) for n in range(4)]
    threads = [threading.Thread(target=each.run, args=(stop,)) for each in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert calls == Counter(range(1, 61))
    assert queue_tasks.stats().completed == 60


@pytest.mark.queue_stress
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM to handle")
def test_a_worker_finishes_its_task_before_it_stops(
    queue_db: QueueDatabase, queue_db_path: Path, queue_tasks: TaskQueue, tmp_path: Path
) -> None:
    """After SIGTERM during a task, that task is done and the next one stays in the queue."""
    for name in ("first", "second"):
        queue_tasks.enqueue("write", {"name": name})
    command = [sys.executable, "-m", engine.__name__, str(queue_db_path), str(tmp_path)]
    with subprocess.Popen(command) as worker:
        deadline = time.monotonic() + 30
        while not (tmp_path / "first").exists() and time.monotonic() < deadline:
            time.sleep(0.01)  # another process, whose clock the test cannot move
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    assert (tmp_path / "first").read_text(encoding="utf-8") == "done"
    assert not (tmp_path / "second").exists()
    stats = queue_tasks.stats()
    assert (stats.completed, stats.queued, stats.leased) == (1, 1, 0)


def test_the_integration(queue_integration_check: Callable[..., None]) -> None:
    """validate_worker_integration() finds no problem with the queue."""
    queue_integration_check()
