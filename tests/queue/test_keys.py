"""An idempotency key admits only one task."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_queuekit.queue import (
    Queue,
    QueueIntegrityError,
)
from tests.queue.engines import EVERY_ENGINE
from tests.queue.world import Database, add_raw, rows_of

ENGINES = EVERY_ENGINE


def end_well(queue: Queue) -> None:
    queue.complete(queue.claim("w") or pytest.fail("nothing to claim"))


def end_badly(queue: Queue) -> None:
    queue.fail(queue.claim("w") or pytest.fail("nothing to claim"), "x", retry=False)


def test_the_second_enqueue_returns_the_first_task(queue: Queue) -> None:
    """A second enqueue with the key returns the first task unchanged; another key adds a task."""
    first = queue.enqueue("t", 1, idempotency_key="k", priority=5)
    assert queue.enqueue("t", 2, idempotency_key="k", priority=9) == first
    assert (queue.get(first).payload, queue.get(first).priority) == ("1", 5)
    assert queue.enqueue("t", 2, idempotency_key="other") != first
    assert queue.enqueue("t", 2) != queue.enqueue("t", 2)


@pytest.mark.parametrize("end", [end_well, end_badly])
def test_a_key_outlives_its_task(queue: Queue, end: Callable[[Queue], None]) -> None:
    """An ended task keeps its key, so a late repetition adds no task."""
    assert queue.KEY_HELD == "for ever"
    first = queue.enqueue("t", 1, idempotency_key="k")
    end(queue)
    assert queue.enqueue("t", 1, idempotency_key="k") == first
    assert queue.stats().queued == 0


def test_a_purge_frees_the_key(queue: Queue) -> None:
    """A purged task frees its key."""
    first = queue.enqueue("t", 1, idempotency_key="k")
    end_well(queue)
    queue.purge(older_than=0)
    assert queue.enqueue("t", 1, idempotency_key="k") > first


def test_cancelling_frees_the_key(queue: Queue) -> None:
    """A cancelled task frees its key, because it will never run."""
    first = queue.enqueue("t", 1, idempotency_key="k")
    queue.cancel(first)
    assert queue.enqueue("t", 1, idempotency_key="k") > first


def test_keys_of_a_batch(queue: Queue) -> None:
    """In a batch, held and repeated keys return the task that holds them."""
    queue.enqueue("t", 0, idempotency_key="a")
    ids = queue.enqueue_many("t", [1, 2, 3, 4], idempotency_keys=["a", "b", "b", None])
    assert ids[0] == 1
    assert ids[1] == ids[2]
    assert len(set(ids)) == 3
    assert queue.stats().queued == 3


def test_a_key_for_each_payload(queue: Queue) -> None:
    """Too few keys for a batch raise an error."""
    with pytest.raises(ValueError, match="1 for 2 payloads"):
        queue.enqueue_many("t", [1, 2], idempotency_keys=["a"])


def test_other_sql_cannot_use_a_key_twice(queue: Queue, db: Database) -> None:
    """The table rejects a second task with a key from other SQL, and supports ON CONFLICT."""
    queue.enqueue("t", 1, idempotency_key="k")
    with pytest.raises(QueueIntegrityError, match="idempotency_key"):
        add_raw(db, idempotency_key="k")
    rows_of(
        db,
        "INSERT INTO task_queue (type, idempotency_key) VALUES ('t', 'k') "
        "ON CONFLICT (idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING",
    )
    assert queue.stats().queued == 1
