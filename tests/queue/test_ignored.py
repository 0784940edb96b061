"""A trigger of the user that ignores a change ends in an error, not in a loop or a wrong answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_queuekit.queue import (
    QueueDatabase,
    QueueIntegrityError,
    SchedulingStrategy,
    TaskQueue,
)
from tests.queue.world import Clock, column

pytestmark = pytest.mark.usefixtures("ignoring")


@pytest.fixture
def ignoring(db: QueueDatabase) -> None:
    """Make the database ignore each new task of the type 'ignored'."""
    with db.transaction() as conn:
        conn.execute(
            "CREATE TRIGGER ignores BEFORE INSERT ON task_queue WHEN NEW.type = 'ignored' "
            "BEGIN SELECT RAISE(IGNORE); END"
        )


CALLS: dict[str, Callable[[TaskQueue], object]] = {
    "enqueue": lambda queue: queue.enqueue("ignored", None),
    "enqueue with a key": lambda queue: queue.enqueue("ignored", None, idempotency_key="k"),
    "enqueue with a delay": lambda queue: queue.enqueue("ignored", None, delay=9),
    "enqueue_many": lambda queue: queue.enqueue_many("ignored", [1, 2]),
    "enqueue_many with keys": lambda queue: queue.enqueue_many(
        "ignored", [1, 2], idempotency_keys=["k", None]
    ),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_ignored_task_is_an_error(queue: TaskQueue, call: Callable[[TaskQueue], object]) -> None:
    """An enqueue that a trigger ignores raises QueueIntegrityError that names the trigger."""
    queue.enqueue("welcome", None)
    with pytest.raises(QueueIntegrityError, match=r"a trigger .* ignored the new task"):
        call(queue)
    assert queue.stats().queued == 1
    assert queue.enqueue("welcome", None, idempotency_key="k") == 2


def test_the_holder_of_a_key_is_found_beside_such_a_trigger(queue: TaskQueue) -> None:
    """A second enqueue with a key returns the first task, whatever its own type."""
    first = queue.enqueue("welcome", None, idempotency_key="k")
    assert queue.enqueue("welcome", None, idempotency_key="k") == first


def test_an_archive_that_a_trigger_ignores(db: QueueDatabase, queue: TaskQueue) -> None:
    """A task that did not reach the archive stays in the queue."""
    queue.enqueue_many("welcome", [1, 2])
    queue.complete_many(queue.claim_many("worker", limit=2))
    db.execute(
        "CREATE TRIGGER full BEFORE INSERT ON task_archive WHEN NEW.id = 2 "
        "BEGIN SELECT RAISE(IGNORE); END"
    )
    with pytest.raises(QueueIntegrityError, match="ignored the copy of a task to the archive"):
        queue.archive(0)
    assert queue.stats().completed == 2


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("RAISE(ABORT, 'logs are closed')", "logs are closed"),
        ("RAISE(IGNORE)", "a trigger of this database ignored the new line"),
    ],
)
def test_a_log_line_that_a_trigger_refuses(
    db: QueueDatabase, queue: TaskQueue, action: str, message: str
) -> None:
    """A refused line is not reported as a missing task."""
    task_id = queue.enqueue("welcome", None)
    db.execute(f"CREATE TRIGGER logs BEFORE INSERT ON task_logs BEGIN SELECT {action}; END")
    with pytest.raises(QueueIntegrityError, match=message):
        queue.log(task_id, "INFO", "hello")
    assert queue.logs(task_id) == []


@pytest.mark.timeout(20)
@pytest.mark.parametrize("strategy", SchedulingStrategy)
@pytest.mark.parametrize("columns", ["race_draw", "status"])
@pytest.mark.parametrize("capabilities", [None, {"a": 1}])
def test_a_claim_that_a_trigger_ignores(
    db: QueueDatabase,
    queue: TaskQueue,
    strategy: SchedulingStrategy,
    columns: str,
    capabilities: dict[str, int] | None,
) -> None:
    """A claim raises an error that names the trigger, and leaves the task queued."""
    task_id = queue.enqueue("welcome", None)
    db.execute(
        f"CREATE TRIGGER holds BEFORE UPDATE OF {columns} ON task_queue "
        "BEGIN SELECT RAISE(IGNORE); END"
    )
    for claim in (
        lambda: queue.claim("w", capabilities, strategy=strategy),
        lambda: queue.claim_many("w", capabilities, limit=2, strategy=strategy),
    ):
        with pytest.raises(QueueIntegrityError, match=f"ignored the claim of task {task_id};"):
            claim()
    assert column(db, task_id, "status") == "queued"
    db.execute("DROP TRIGGER holds")
    assert queue.claim("w", capabilities, strategy=strategy) is not None


@pytest.mark.timeout(20)
@pytest.mark.parametrize("strategy", SchedulingStrategy)
def test_a_batch_with_an_ignored_task(
    db: QueueDatabase, queue: TaskQueue, strategy: SchedulingStrategy
) -> None:
    """A batch with a task that a trigger ignores claims nothing."""
    ids = queue.enqueue_many("welcome", [1, 2, 3])
    db.execute(
        f"CREATE TRIGGER holds BEFORE UPDATE OF status ON task_queue WHEN OLD.id = {ids[1]} "
        "BEGIN SELECT RAISE(IGNORE); END"
    )
    with pytest.raises(QueueIntegrityError, match=f"ignored the claim of task {ids[1]};"):
        queue.claim_many("w", limit=9, strategy=strategy)
    assert queue.stats().leased == 0


@pytest.mark.timeout(20)
@pytest.mark.parametrize("strategy", SchedulingStrategy)
@pytest.mark.parametrize("change", ["due_stamp", "attempts"])
def test_upkeep_that_a_trigger_ignores(
    db: QueueDatabase,
    queue: TaskQueue,
    clock: Clock,
    strategy: SchedulingStrategy,
    change: str,
) -> None:
    """A trigger that keeps a due task or a lapsed lease as it is is named too."""
    task_id = queue.enqueue("welcome", None, delay=5 if change == "due_stamp" else 0)
    if change == "attempts":
        assert queue.claim("w", lease_seconds=1) is not None
    clock.advance(10)
    db.execute(
        f"CREATE TRIGGER holds BEFORE UPDATE OF {change} ON task_queue "
        "BEGIN SELECT RAISE(IGNORE); END"
    )
    for claim in (
        lambda: queue.claim("w", strategy=strategy),
        lambda: queue.claim_many("w", limit=2, strategy=strategy),
    ):
        with pytest.raises(QueueIntegrityError, match=f"ignored a change of task {task_id};"):
            claim()
    db.execute("DROP TRIGGER holds")
    assert queue.claim("w", strategy=strategy) is not None
