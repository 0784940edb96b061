"""The life of a task: the effects and the rejections of each call."""

from __future__ import annotations

import random
from typing import Any

import pytest

from pytest_queuekit.queue import (
    Queue,
    QueueInputError,
    RetryPolicy,
    Task,
    TaskNotFoundError,
)
from tests.queue.engines import EVERY_ENGINE, queue_in
from tests.queue.world import Clock, Database, change_raw, column, rows_of

ENGINES = EVERY_ENGINE


def claimed(queue: Queue) -> Task:
    """Claim the next task; there must be one."""
    task = queue.claim("w")
    assert task is not None
    return task


def test_enqueue_keeps_all_its_arguments(queue: Queue) -> None:
    """The task has every argument of enqueue()."""
    task_id = queue.enqueue(
        "mail",
        {"to": ["a", "b"]},
        priority=7,
        delay=10,
        idempotency_key="k",
        compatibility={"region": "EU"},
        max_attempts=3,
    )
    task = queue.get(task_id)
    assert (task.type, task.get_payload(), task.priority) == ("mail", {"to": ["a", "b"]}, 7)
    assert (task.idempotency_key, task.get_compatibility()) == ("k", {"region": "EU"})
    assert (task.status, task.attempts, task.max_attempts) == ("queued", 0, 3)
    assert task.run_after_utc == "2027-01-15 08:00:10"
    assert task.created_at_utc == "2027-01-15 08:00:00"


def test_the_defaults_are_those_of_the_tables(queue: Queue, db: Database) -> None:
    """enqueue() and a plain INSERT use the same defaults."""
    enqueued = queue.get(queue.enqueue("t", {}))
    rows_of(db, "INSERT INTO task_queue (type) VALUES ('t') RETURNING id")
    inserted = queue.get(2)
    for name in ("priority", "payload", "compatibility", "status", "attempts", "max_attempts"):
        assert getattr(enqueued, name) == getattr(inserted, name), name


def test_a_claim_names_the_holder_and_the_end_of_the_lease(queue: Queue) -> None:
    """The returned task and the row show the holder and the end of the lease."""
    queue.enqueue("t", None)
    task = queue.claim("worker-7", lease_seconds=90)
    assert task is not None
    assert (task.status, task.locked_by) == ("leased", "worker-7")
    assert task.reserved_at_utc == "2027-01-15 08:00:00"
    assert task.lease_until_utc == "2027-01-15 08:01:30"
    assert queue.get(task.id) == task
    assert queue.claim("worker-8") is None


def test_complete_keeps_the_result(queue: Queue) -> None:
    """complete() ends the task, clears the holder and stores the result as JSON."""
    queue.enqueue("t", None)
    done = queue.complete(claimed(queue), {"frames": 12})
    assert (done.status, done.get_result()) == ("completed", {"frames": 12})
    assert (done.locked_by, done.lease_until_utc) == (None, None)
    assert queue.get(done.id) == done
    assert queue.claim("w") is None


def test_a_result_that_is_not_json_changes_nothing(queue: Queue) -> None:
    """A result that is not JSON changes nothing, and complete() can be repeated."""
    queue.enqueue("t", None)
    task = claimed(queue)
    with pytest.raises(QueueInputError, match="result"):
        queue.complete(task, {1, 2})
    assert queue.complete(task, [1, 2]).get_result() == [1, 2]


def test_fail_waits_longer_each_time_and_then_gives_up(queue: Queue, clock: Clock) -> None:
    """Five attempts have four waits of 1, 2, 4 and 8 s, plus or minus a tenth."""
    task_id = queue.enqueue("t", None)
    for attempt, wait in enumerate((1, 2, 4, 8), start=1):
        failed = queue.fail(claimed(queue), ValueError(f"attempt {attempt}"))
        assert (failed.status, failed.attempts) == ("queued", attempt)
        assert failed.error_message == f"ValueError: attempt {attempt}"
        clock.advance(wait * 0.9 - 0.01)
        assert queue.claim("w") is None
        clock.advance(wait * 0.2 + 1)
    dead = queue.fail(claimed(queue), "the last")
    assert (dead.id, dead.status, dead.attempts) == (task_id, "failed", 5)
    assert dead.completed_at_utc == dead.finished_at_utc is not None
    clock.advance(10_000)
    assert queue.claim("w") is None
    assert queue.dead_letters() == [dead]


def test_a_failure_need_not_be_retried(queue: Queue) -> None:
    """retry=False makes a dead letter at the first failure."""
    queue.enqueue("t", None)
    dead = queue.fail(claimed(queue), "no use", retry=False)
    assert (dead.status, dead.attempts) == ("failed", 1)


def test_attempts_are_read_from_the_row(queue: Queue, db: Database) -> None:
    """fail() uses a max_attempts that other SQL lowered during the work."""
    queue.enqueue("t", None)
    task = claimed(queue)
    change_raw(db, task.id, "max_attempts = 1")
    assert queue.fail(task, "x").status == "failed"


def test_an_unprintable_error_does_not_stop_the_failure(queue: Queue) -> None:
    """fail() stores an error message with unprintable characters."""
    queue.enqueue("t", None)
    assert queue.fail(claimed(queue), "name \udcff\0").error_message == "name \\udcff\\0"


@pytest.mark.parametrize("seed", range(20))
def test_waits_follow_the_policy(seed: int) -> None:
    """Waits double from 1 s to at most 300 s, plus or minus a tenth, and never exceed the cap."""
    rng = random.Random(seed)
    policy = RetryPolicy()
    for failures in range(1, 1001):
        plain = min(2.0 ** (failures - 1), 300.0)
        wait = policy.delay(failures, rng)
        assert plain * 0.9 <= wait <= min(plain * 1.1, 300.0)


def test_waits_are_spread() -> None:
    """Tasks that failed together do not come back together."""
    rng = random.Random(1)
    waits = [RetryPolicy().delay(5, rng) for _ in range(1000)]
    assert min(waits) < 14.6
    assert max(waits) > 17.4


def test_a_seeded_queue_repeats_its_waits(db: Database) -> None:
    """A seeded generator repeats the waits."""
    waits = []
    for _ in range(2):
        queue = queue_in(db, retry=RetryPolicy(first=100, cap=1000), rng=random.Random(7))
        queue.enqueue("t", None)
        waits.append(queue.fail(claimed(queue), "x").run_after_utc)
    assert waits[0] == waits[1]


@pytest.mark.parametrize(
    "fields",
    [
        {"first": -1.0},
        {"factor": 0.5},
        {"factor": float("inf")},
        {"cap": 0.5},
        {"cap": float("inf")},
        {"cap": 1e12},
        {"jitter": 2.0},
        {"first": float("nan")},
        {"first": "1"},
    ],
)
def test_an_invalid_policy(fields: dict[str, Any]) -> None:
    """A RetryPolicy with invalid numbers raises QueueInputError at its creation."""
    with pytest.raises(QueueInputError, match="0 <= first"):
        RetryPolicy(**fields)


def test_an_error_without_a_text(queue: Queue) -> None:
    """fail() records an error with a broken __str__."""

    class Mute(Exception):  # noqa: N818 - users may name it so
        def __str__(self) -> str:
            raise LookupError

    queue.enqueue("t", None)
    task = queue.claim("w")
    assert task is not None
    assert "Mute" in (queue.fail(task, Mute()).error_message or "")


def test_release_counts_no_attempt(queue: Queue) -> None:
    """A released task is ready at once, without a holder and without an attempt."""
    queue.enqueue("t", None, max_attempts=1)
    for _ in range(3):
        released = queue.release(claimed(queue))
        assert (released.status, released.attempts) == ("queued", 0)
        assert (released.locked_by, released.lease_until_utc) == (None, None)


def test_extend_counts_from_now_and_never_shortens(queue: Queue, clock: Clock) -> None:
    """extend() counts from now and never shortens the lease; both Tasks can be acknowledged."""
    queue.enqueue("t", None)
    task = queue.claim("w", lease_seconds=60)
    assert task is not None
    clock.advance(30)
    assert queue.extend(task, 10).lease_until_utc == "2027-01-15 08:01:00"
    extended = queue.extend(task, 60)
    assert extended.lease_until_utc == "2027-01-15 08:01:30"
    clock.advance(59)
    assert queue.claim("other") is None
    assert queue.complete(extended).status == "completed"


def test_cancel_takes_waiting_tasks_only(queue: Queue) -> None:
    """cancel() cancels only queued tasks; an unknown id raises TaskNotFoundError."""
    ready, waiting = queue.enqueue("t", None), queue.enqueue("t", None, delay=100)
    task = claimed(queue)
    assert queue.cancel(waiting) is True
    assert queue.cancel(waiting) is False
    assert queue.cancel(ready) is False
    assert queue.complete(task).status == "completed"
    assert queue.get(waiting).status == "cancelled"
    with pytest.raises(TaskNotFoundError, match="task_id=99"):
        queue.cancel(99)


def test_a_dead_letter_can_be_queued_again(queue: Queue) -> None:
    """requeue() makes a dead letter ready at once with all its attempts, and no other task."""
    task_id = queue.enqueue("t", None, max_attempts=2)
    queue.fail(claimed(queue), "x", retry=False)
    again = queue.requeue(task_id)
    assert (again.status, again.attempts, again.completed_at_utc) == ("queued", 0, None)
    assert claimed(queue).id == task_id
    with pytest.raises(TaskNotFoundError, match="no dead letter"):
        queue.requeue(task_id)


def test_dead_letters_come_the_latest_first(queue: Queue, clock: Clock) -> None:
    """dead_letters() returns the latest first, and at most `limit`."""
    for _ in range(3):
        queue.enqueue("t", None)
        queue.fail(claimed(queue), "x", retry=False)
        clock.advance(5)
    assert [task.id for task in queue.dead_letters()] == [3, 2, 1]
    assert [task.id for task in queue.dead_letters(limit=1)] == [3]


def test_get_of_no_task(queue: Queue) -> None:
    """get() of an unknown id raises a LookupError."""
    with pytest.raises(LookupError, match="task_id=1"):
        queue.get(1)


def test_a_batch_is_enqueued_whole_or_not_at_all(queue: Queue) -> None:
    """A bad payload is named in the error, and no task of the batch is added."""
    assert queue.enqueue_many("t", [1, 2, 3], priority=5) == [1, 2, 3]
    assert [queue.get(number).payload for number in (1, 2, 3)] == ["1", "2", "3"]
    with pytest.raises(QueueInputError, match=r"payloads\[1\]"):
        queue.enqueue_many("t", [4, (5,), 6])
    assert queue.stats().queued == 3
    assert queue.enqueue_many("t", []) == []


def test_a_batch_is_claimed_in_order(queue: Queue) -> None:
    """A batch is claimed by priority, then by arrival, and ends with the last ready task."""
    for priority in (30, 10, 20, 10):
        queue.enqueue("t", None, priority=priority)
    assert [task.id for task in queue.claim_many("w", limit=3)] == [2, 4, 3]
    assert [task.id for task in queue.claim_many("w", limit=3)] == [1]
    assert queue.claim_many("w", limit=3) == []


def test_calls_take_part_in_a_transaction(queue: Queue, db: Database) -> None:
    """A rollback also undoes calls of the queue inside the transaction."""
    queue.enqueue("t", None)
    with pytest.raises(KeyError), db.transaction():
        queue.complete(claimed(queue))
        queue.enqueue_many("t", [1, 2])
        assert queue.stats().queued == 2
        raise KeyError
    assert queue.stats().queued == 1
    assert column(db, 1, "lease_token") == 0


def test_work_marked_as_processing_is_leased(queue: Queue, db: Database) -> None:
    """A task with status processing counts as leased and can be completed."""
    queue.enqueue("t", None)
    task = claimed(queue)
    change_raw(db, task.id, "status = 'processing'")
    assert queue.claim("other") is None
    assert queue.stats().leased == 1
    assert queue.complete(task).status == "completed"
