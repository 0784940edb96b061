"""The suite of team 05."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pytest_queuekit.plugin.fixtures.benchmark import QueueBenchmark
from pytest_queuekit.plugin.fixtures.clock import QueueClock
from pytest_queuekit.plugin.fixtures.databases import QueueDatabases
from pytest_queuekit.queue import QueueDatabase, TaskQueue
from tests.workers.observability.exporter import TYPES_SHOWN, metrics

pytestmark = [pytest.mark.queue_worker(5), pytest.mark.queue_integration]

Fill = Callable[..., list[int]]
Figures = dict[tuple[str, str], float]


def _read(db: QueueDatabase) -> Figures:
    """Return each figure of a scrape by its name and the value of its label."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(metrics(db))
        for sample in family.samples
    }


def test_an_empty_queue_has_figures_too(queue_db: QueueDatabase) -> None:
    """The figures are zero, because an alarm cannot watch an absent figure."""
    figures = _read(queue_db)
    assert figures["queue_up", ""] == 1
    assert figures["queue_tasks", "ready"] == 0
    assert figures["queue_oldest_ready_seconds", ""] == 0


@pytest.mark.queue_allow("leased")
def test_each_state_is_counted(
    queue_db: QueueDatabase, queue_tasks: TaskQueue, queue_fill: Fill, queue_clock: QueueClock
) -> None:
    """Ready and delayed tasks are separate figures, because only ready ones are a backlog."""
    queue_fill(5)
    queue_fill(2, delay=3600)
    done, dead, held = (queue_tasks.claim("worker-1") for _ in range(3))
    assert done is not None
    assert dead is not None
    assert held is not None
    queue_tasks.complete(done)
    queue_tasks.fail(dead, "broken", retry=False)
    figures = _read(queue_db)
    counts = {state: value for (name, state), value in figures.items() if name == "queue_tasks"}
    assert counts == {
        "ready": 2,
        "waiting": 2,
        "leased": 1,
        "lapsed": 0,
        "completed": 1,
        "dead": 1,
        "cancelled": 0,
    }
    queue_clock.advance(61)
    assert _read(queue_db)["queue_tasks", "lapsed"] == 1


def test_a_backlog_has_an_age(
    queue_db: QueueDatabase, queue_fill: Fill, queue_clock: QueueClock
) -> None:
    """The age is in seconds, of the task that has been ready longest."""
    queue_fill(1)
    queue_clock.advance(90)
    assert _read(queue_db)["queue_oldest_ready_seconds", ""] == pytest.approx(90, abs=1)


def test_stale_workers_are_counted(
    queue_db: QueueDatabase, queue_tasks: TaskQueue, queue_clock: QueueClock
) -> None:
    """A worker is stale after five minutes without a heartbeat."""
    queue_tasks.heartbeat("worker-1")
    queue_clock.advance(299)
    assert _read(queue_db)["queue_stale_workers", ""] == 0
    queue_clock.advance(2)
    assert _read(queue_db)["queue_stale_workers", ""] == 1


def test_types_are_labels_but_not_without_end(
    queue_db: QueueDatabase, queue_tasks: TaskQueue
) -> None:
    """The most frequent types are shown, and a quote in a name does not break the format."""
    for number in range(TYPES_SHOWN + 5):
        queue_tasks.enqueue(f"type-{number}", None)
    queue_tasks.enqueue_many('a "b"\n', [None, None])
    figures = _read(queue_db)
    shown = [value for (name, value) in figures if name == "queue_tasks_by_type"]
    assert len(shown) == TYPES_SHOWN
    assert figures["queue_tasks_by_type", 'a "b"\n'] == 2


def test_a_queue_that_cannot_be_read_is_reported(queue_db_factory: QueueDatabases) -> None:
    """The scrape has queue_up 0, and no figures that would be old or wrong."""
    db = queue_db_factory()
    db.close()
    assert _read(db) == {("queue_up", ""): 0}


@pytest.mark.queue_perf
def test_reading_the_figures_is_fast(
    queue_db: QueueDatabase, queue_fill: Fill, queue_benchmark: QueueBenchmark
) -> None:
    """A scrape meets the target for statistics, 50 ms, with ten thousand waiting tasks."""
    queue_fill(10_000)
    queue_benchmark("stats", lambda: metrics(queue_db), depth=10_000)


def test_the_integration(queue_integration_check: Callable[..., None]) -> None:
    """validate_worker_integration() finds no problem with the queue."""
    queue_integration_check()
