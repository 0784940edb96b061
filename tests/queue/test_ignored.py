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
from tests.queue.world import column

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


@pytest.mark.parametrize("columns", ["race_draw", "status"])
@pytest.mark.parametrize("capabilities", [None, {"a": 1}])
def test_a_weighted_claim_that_a_trigger_ignores(
    db: QueueDatabase, queue: TaskQueue, columns: str, capabilities: dict[str, int] | None
) -> None:
    """A weighted claim raises an error that names the trigger, and leaves the task queued."""
    task_id = queue.enqueue("welcome", None)
    db.execute(
        f"CREATE TRIGGER holds BEFORE UPDATE OF {columns} ON task_queue "
        "BEGIN SELECT RAISE(IGNORE); END"
    )
    for claim in (
        lambda: queue.claim("w", capabilities, strategy=SchedulingStrategy.WEIGHTED_RANDOM),
        lambda: queue.claim_many(
            "w", capabilities, limit=2, strategy=SchedulingStrategy.WEIGHTED_RANDOM
        ),
    ):
        with pytest.raises(QueueIntegrityError, match="a trigger of this database ignored"):
            claim()
    assert column(db, task_id, "status") == "queued"
    db.execute("DROP TRIGGER holds")
    assert queue.claim("w", strategy=SchedulingStrategy.WEIGHTED_RANDOM) is not None
