"""The suite of team 04."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import pytest

from pytest_queuekit.queue import QueueDatabase, QueueInputError, SchedulingStrategy, TaskQueue
from tests.workers.scheduling.service import FAIR, NEWEST, URGENT, SchedulingService

pytestmark = [pytest.mark.queue_worker(4), pytest.mark.queue_integration]

Fill = Callable[..., list[int]]


@pytest.mark.queue_allow("leased")
def test_the_urgent_go_first_and_the_oldest_is_not_forgotten(
    queue_db: QueueDatabase, queue_fill: Fill
) -> None:
    """After two claims by priority, the third takes the oldest task, the least urgent of all."""
    (oldest,) = queue_fill(1, priority=500)
    urgent = queue_fill(5, priority=10)
    service = SchedulingService(queue_db, {"worker-1": URGENT})
    claimed = [service.next_task("worker-1") for _ in range(4)]
    assert [task.id for task in claimed if task] == [urgent[0], urgent[1], oldest, urgent[2]]


@pytest.mark.queue_allow("leased")
def test_workers_with_different_plans_share_one_queue(
    queue_db: QueueDatabase, queue_fill: Fill
) -> None:
    """One worker takes the oldest task, the other the newest, and no task goes to both."""
    ids = queue_fill(6)
    oldest_first = (SchedulingStrategy.FIFO,)
    service = SchedulingService(queue_db, {"front": oldest_first, "back": NEWEST})
    taken = [service.next_task(worker) for worker in ("front", "back") * 3]
    assert [task.id for task in taken if task] == [ids[i] for i in (0, 5, 1, 4, 2, 3)]


@pytest.mark.queue_allow("leased")
def test_a_fair_plan_serves_all_priorities(queue_db: QueueDatabase, queue_fill: Fill) -> None:
    """Of two tasks with weights 1/2 and 1/20 the first is claimed about ten times as often."""
    queue_fill(1000, priority=1)
    urgent_ids = 1000
    queue_fill(1000, priority=19)
    service = SchedulingService(queue_db, {"worker-1": FAIR})
    claimed = [service.next_task("worker-1") for _ in range(400)]
    urgent = sum(task is not None and task.id <= urgent_ids for task in claimed)
    # Binomial, p = 10/11: 364 with a deviation of 6. Seven deviations are never seen by chance.
    assert 322 <= urgent <= 399


def test_a_worker_without_a_plan_is_a_mistake(queue_db: QueueDatabase) -> None:
    """The service raises an error instead of returning no task for ever."""
    with pytest.raises(KeyError):
        SchedulingService(queue_db, {"worker-2": URGENT}).next_task("worker-1")


def test_a_plan_with_too_many_workers_is_rejected(queue_db: QueueDatabase) -> None:
    """A plan for nine workers is refused before any worker waits for the lock."""
    with pytest.raises(QueueInputError):
        SchedulingService(queue_db, {f"worker-{n}": URGENT for n in range(9)})


@pytest.mark.queue_stress
def test_no_task_is_given_twice_whatever_the_plans(
    queue_db: QueueDatabase, queue_tasks: TaskQueue, queue_fill: Fill
) -> None:
    """Four workers with four strategies empty one queue, and each task goes to one of them."""
    ids = queue_fill(200)
    plans = {strategy.name: (strategy,) for strategy in SchedulingStrategy}
    service = SchedulingService(queue_db, plans)
    taken: list[int] = []

    def work(worker: str) -> None:
        while (task := service.next_task(worker)) is not None:
            queue_tasks.complete(task)
            taken.append(task.id)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert Counter(taken) == Counter(ids)


def test_the_integration(queue_integration_check: Callable[..., None]) -> None:
    """validate_worker_integration() finds no problem with the queue."""
    queue_integration_check()
