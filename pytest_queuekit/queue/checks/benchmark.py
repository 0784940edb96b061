"""Times the queue's operations on a scratch database; the times do not affect the verdict."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..database import QueueDatabase
from ..inputs import check_whole
from ..models import Task
from ..tasks import TaskQueue
from .scratch import scratch_database

DEPTH = 1000
"""Tasks that stay queued during the measurement."""
ROUNDS = 200
MOST_TASKS = 1_000_000

_TARGETS = {"Task Enqueue": 10, "Task Claim": 5, "Task Update": 5, "Queue Stats": 50}


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The time of one operation.

    name: as in the table of targets. median, target: milliseconds.
    """

    name: str
    median: float
    target: float


def measure() -> tuple[Timing, ...]:
    """Time enqueue, claim, update and statistics, each many times."""
    times: dict[str, list[float]] = {name: [] for name in _TARGETS}
    with scratch_database() as db:
        queue = TaskQueue(db)
        queue.enqueue_many("benchmark", range(DEPTH))
        for _ in range(ROUNDS):
            _round(queue, times)
    return tuple(
        Timing(name=name, median=statistics.median(times[name]), target=target)
        for name, target in _TARGETS.items()
    )


def _round(queue: TaskQueue, times: dict[str, list[float]]) -> None:
    times["Task Enqueue"].append(_milliseconds(lambda: queue.enqueue("benchmark", {"n": 1})))
    claimed: list[Task | None] = []
    times["Task Claim"].append(_milliseconds(lambda: claimed.append(queue.claim("benchmark"))))
    task = claimed[0]
    if task is not None:
        times["Task Update"].append(_milliseconds(lambda: queue.complete(task)))
    times["Queue Stats"].append(_milliseconds(queue.stats))


def measure_tasks(count: int, kind: type[QueueDatabase]) -> dict[str, float]:
    """Insert, select, claim and update `count` tasks; return the total time and the rates."""
    check_whole("num_tasks", count, 1, MOST_TASKS)
    with scratch_database(kind) as db:
        queue = TaskQueue(db)
        ids: list[int] = []
        claimed: list[Task] = []
        steps: dict[str, Callable[[int], object]] = {
            "insert": lambda number: ids.append(queue.enqueue("benchmark", {"n": number})),
            "select": lambda number: queue.get(ids[number]),
            "claim": lambda number: claimed.extend(filter(None, [queue.claim("benchmark")])),
            "update": lambda number: queue.complete(claimed[number]),
        }
        times = {name: _total(step, count) for name, step in steps.items()}
    return {f"{name}_time_ms": time for name, time in times.items()} | {
        f"{name}_rate_per_sec": 1000 * count / time for name, time in times.items()
    }


def _total(step: Callable[[int], object], count: int) -> float:
    return _milliseconds(lambda: [step(number) for number in range(count)])


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def lines(timings: tuple[Timing, ...]) -> Iterator[str]:
    """Yield the times as lines of text."""
    yield f"Benchmark (scratch database, {DEPTH} queued tasks, median of {ROUNDS})"
    for timing in timings:
        yield f"  {timing.name:<13} {timing.median:8.3f} ms   target < {timing.target} ms"
    task = sum(timing.median for timing in timings if timing.name != "Queue Stats")
    yield f"  {'Throughput':<13} {60_000 / task:8.0f} tasks/min, one worker   target 200-400"
