"""A trigger of the user that ignores a change ends in an error, not in a loop or a wrong answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_queuekit.queue import QueueDatabase, QueueIntegrityError, TaskQueue

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
