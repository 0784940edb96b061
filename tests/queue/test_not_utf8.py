"""Text that is not UTF-8, stored by other SQL, neither stops the queue nor hides a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from pytest_queuekit.queue import (
    QueueDatabase,
    QueueInputError,
    QueuePayloadError,
    SchedulingStrategy,
    Task,
    TaskQueue,
)
from tests.queue.world import add_raw, change_raw

SPOILT = ("type", "payload", "error_message", "result", "idempotency_key")
STRATEGIES = list(SchedulingStrategy)


def _spoil(db: QueueDatabase, task: int, name: str) -> None:
    change_raw(db, task, f"{name} = CAST(x'22ff22' AS TEXT)")  # "\xff"


def _claim_each(queue: TaskQueue, strategy: SchedulingStrategy) -> list[Task]:
    return [task for _ in range(3) if (task := queue.claim("w", strategy=strategy))]


@pytest.mark.parametrize("name", SPOILT)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_claim_delivers_the_task(
    db: QueueDatabase, queue: TaskQueue, strategy: SchedulingStrategy, name: str
) -> None:
    """Each claim delivers its task, with a lone surrogate for the byte, and the next ones too."""
    spoilt = add_raw(db)
    _spoil(db, spoilt, name)
    others = queue.enqueue_many("good", [1, 2])
    claimed = {task.id: task for task in _claim_each(queue, strategy)}
    assert sorted(claimed) == [spoilt, *others]
    assert getattr(claimed[spoilt], name) == '"\udcff"'
    for task in claimed.values():
        queue.complete(task)
    assert queue.stats().completed == 3


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_batch_delivers_the_tasks(
    db: QueueDatabase, queue: TaskQueue, strategy: SchedulingStrategy
) -> None:
    """A batch has the tasks before and behind the spoilt one, each once and unchanged."""
    first = queue.enqueue("good", "ä")
    spoilt = add_raw(db)
    _spoil(db, spoilt, "payload")
    last = queue.enqueue("good", "ö")
    tasks = queue.claim_many("w", limit=9, strategy=strategy)
    payloads = {task.id: task.payload for task in tasks}
    assert len(tasks) == 3
    assert payloads[spoilt] == '"\udcff"'
    assert {task.id: task.get_payload() for task in tasks if task.id != spoilt} == {
        first: "ä",
        last: "ö",
    }


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("capabilities", [None, {"a": 1}])
def test_no_worker_serves_a_spoilt_compatibility(
    db: QueueDatabase,
    queue: TaskQueue,
    strategy: SchedulingStrategy,
    capabilities: Mapping[str, object] | None,
) -> None:
    """A task with a spoilt compatibility stays queued, and the others are claimed."""
    spoilt = add_raw(db)
    change_raw(db, spoilt, "compatibility = CAST(x'7b2261223a22ff227d' AS TEXT)")  # {"a":"\xff"}
    good = queue.enqueue("good", None, compatibility=capabilities)
    claim = queue.claim("w", capabilities, strategy=strategy)
    assert claim is not None
    assert claim.id == good
    assert queue.claim("w", capabilities, strategy=strategy) is None
    assert queue.claim_many("w", capabilities, limit=2, strategy=strategy) == []
    assert queue.get(spoilt).status == "queued"


def test_the_payload_raises_and_the_task_can_fail(db: QueueDatabase, queue: TaskQueue) -> None:
    """get_payload() raises for bytes that are not UTF-8, and the task becomes a dead letter."""
    _spoil(db, add_raw(db), "payload")
    task = queue.claim("w")
    assert task is not None
    with pytest.raises(QueuePayloadError, match="payload=<3 characters>"):
        task.get_payload()
    queue.fail(task, "not UTF-8", retry=False)
    assert [dead.payload for dead in queue.dead_letters()] == ['"\udcff"']


def test_own_sql_still_raises(db: QueueDatabase, queue: TaskQueue) -> None:
    """A claim of a spoilt task leaves the decoding of the caller's own SQL as it is."""
    _spoil(db, add_raw(db), "payload")
    with db.connection() as conn:
        assert queue.claim("w") is not None
        assert conn.text_factory is str


def test_the_holder_is_not_utf8(db: QueueDatabase, queue: TaskQueue) -> None:
    """No call acknowledges a claim of other SQL whose worker is not UTF-8; its lease lapses."""
    task_id = queue.enqueue("t", None)
    assert queue.claim("w") is not None
    change_raw(db, task_id, "locked_by = CAST(x'ff' AS TEXT)")
    task = queue.get(task_id)
    calls: tuple[Callable[[], object], ...] = (
        lambda: queue.complete(task),
        lambda: queue.complete_many([task]),
        lambda: queue.fail(task, "x"),
        lambda: queue.extend(task),
        lambda: queue.release(task),
    )
    for call in calls:
        with pytest.raises(QueueInputError, match="lone surrogate"):
            call()
    assert queue.get(task_id) == task
    change_raw(db, task_id, "lease_until_utc = '2026-01-01 00:00:00'")
    assert queue.claim("heir") is not None
