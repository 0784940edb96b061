"""A worker that lost its claim cannot acknowledge the task, and its attempt changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_queuekit.queue import (
    Queue,
    QueueInputError,
    StaleClaimError,
    Task,
)
from tests.queue.engines import EVERY_ENGINE
from tests.queue.world import Clock, Database, add_raw, change_raw, rows_of

ENGINES = EVERY_ENGINE

Acknowledge = Callable[[Queue, Task], Task]

ACKNOWLEDGE: dict[str, Acknowledge] = {
    "complete": lambda queue, task: queue.complete(task),
    "fail": lambda queue, task: queue.fail(task, "x"),
    "fail for good": lambda queue, task: queue.fail(task, "x", retry=False),
    "extend": lambda queue, task: queue.extend(task, 1000),
    "release": lambda queue, task: queue.release(task),
}
every_acknowledgement = pytest.mark.parametrize(
    "acknowledge", ACKNOWLEDGE.values(), ids=ACKNOWLEDGE.keys()
)


def claim(queue: Queue, worker: str = "slow") -> Task:
    """Claim the next task for ten seconds."""
    task = queue.claim(worker, lease_seconds=10)
    assert task is not None
    return task


def refused(queue: Queue, task: Task, acknowledge: Acknowledge) -> str:
    """Acknowledge, expect a rejection without any change, and return its message."""
    before = queue.get(task.id)
    with pytest.raises(StaleClaimError, match="nothing was changed") as caught:
        acknowledge(queue, task)
    assert queue.get(task.id) == before
    return str(caught.value)


@every_acknowledgement
@pytest.mark.parametrize("taker", ["other", "slow"])
def test_after_a_take_over(
    queue: Queue, clock: Clock, acknowledge: Acknowledge, taker: str
) -> None:
    """A claim is stale after a takeover, also by the same worker."""
    queue.enqueue("t", None)
    old = claim(queue)
    clock.advance(11)
    new = claim(queue, taker)
    assert new.lease_token > old.lease_token
    message = refused(queue, old, acknowledge)
    assert f"lease_token={old.lease_token}" in message
    assert f"lease_token={new.lease_token} by '{taker}'" in message
    assert acknowledge(queue, new).id == old.id


@every_acknowledgement
@pytest.mark.parametrize("end", ["complete", "release"])
def test_after_it_was_acknowledged(queue: Queue, acknowledge: Acknowledge, end: str) -> None:
    """A claim can be acknowledged only once."""
    queue.enqueue("t", None)
    task = claim(queue)
    getattr(queue, end)(task)
    refused(queue, task, acknowledge)


@every_acknowledgement
def test_after_it_was_reclaimed(queue: Queue, clock: Clock, acknowledge: Acknowledge) -> None:
    """A claim is stale after its task was reclaimed."""
    queue.enqueue("t", None)
    task = claim(queue)
    clock.advance(11)
    assert queue.reclaim() == 1
    refused(queue, task, acknowledge)


@every_acknowledgement
def test_late_but_before_a_take_over(queue: Queue, clock: Clock, acknowledge: Acknowledge) -> None:
    """A late acknowledgement counts if no other worker has claimed the task."""
    queue.enqueue("t", None)
    task = claim(queue)
    clock.advance(500)
    assert acknowledge(queue, task).id == task.id


@every_acknowledgement
def test_after_the_task_was_deleted(queue: Queue, db: Database, acknowledge: Acknowledge) -> None:
    """A claim is stale after its task was deleted."""
    queue.enqueue("t", None)
    task = claim(queue)
    rows_of(db, "DELETE FROM task_queue")
    with pytest.raises(StaleClaimError, match="the task no longer exists; nothing was changed"):
        acknowledge(queue, task)


@every_acknowledgement
def test_after_other_sql_took_the_lease(
    queue: Queue, db: Database, acknowledge: Acknowledge
) -> None:
    """A claim is stale after other SQL claimed the task for another worker."""
    queue.enqueue("t", None)
    task = claim(queue)
    change_raw(db, task.id, "locked_by = 'raw', lease_until_utc = datetime('now', '+60 seconds')")
    refused(queue, task, acknowledge)


def test_after_other_sql_gave_the_task_back(queue: Queue, db: Database, clock: Clock) -> None:
    """A claim is stale after other SQL requeued the task, also if the same worker gets it."""
    queue.enqueue("t", None)
    task = claim(queue)
    change_raw(db, task.id, "status = 'queued'")
    refused(queue, task, ACKNOWLEDGE["complete"])
    clock.advance(1)
    change_raw(db, task.id, "status = 'leased', reserved_at_utc = datetime('now')")
    refused(queue, task, ACKNOWLEDGE["complete"])


def test_a_claim_by_other_sql_can_be_acknowledged(queue: Queue, db: Database) -> None:
    """A row claimed by the SQL of pattern 2 can be completed."""
    task_id = add_raw(db)
    change_raw(
        db,
        task_id,
        "status = 'leased', locked_by = 'raw', reserved_at_utc = datetime('now'), "
        "lease_until_utc = datetime('now', '+60 seconds')",
    )
    assert queue.complete(queue.get(task_id)).status == "completed"


def test_a_plain_update_needs_no_token(queue: Queue, db: Database) -> None:
    """A plain UPDATE can complete a task without a token."""
    queue.enqueue("t", None)
    task = claim(queue)
    change_raw(db, task.id, "status = 'completed'")
    assert queue.get(task.id).status == "completed"
    assert queue.claim("w") is None


def test_tokens_only_grow(queue: Queue, clock: Clock) -> None:
    """Each claim of a task has a higher token than all earlier claims."""
    queue.enqueue("t", None, max_attempts=1000)
    tokens = []
    for number in range(12):
        task = claim(queue)
        tokens.append(task.lease_token)
        (queue.release, lambda held: queue.fail(held, "x"), lambda _: None)[number % 3](task)
        clock.advance(400)
    assert tokens == sorted(set(tokens))


@pytest.mark.parametrize("acknowledge", ["complete", "fail", "extend", "release"])
def test_a_task_id_is_not_a_claim(queue: Queue, acknowledge: str) -> None:
    """Acknowledging with a task id instead of a Task raises QueueInputError."""
    arguments = (1, "x") if acknowledge == "fail" else (1,)
    with pytest.raises(QueueInputError, match=r"claim\(\) returned, not a value of type int"):
        getattr(queue, acknowledge)(*arguments)
