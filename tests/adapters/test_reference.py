"""The adapter of the reference queue translates each of its verbs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.adapters.reference import ReferenceQueue
from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.execution.clock import VirtualClock, virtual_time
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    """Time that only the test moves."""
    with virtual_time() as clock:
        yield clock


@pytest.fixture
def queue(clock: VirtualClock, tmp_path: Path) -> Iterator[Any]:
    """A new reference queue, open."""
    adapter = ReferenceQueue(str(tmp_path / "queue.db"))
    yield adapter
    adapter.close()


def test_it_declares_all_but_what_excludes_itself() -> None:
    """All is promised apart from groups, expiry, leases of tasks, and what others exclude."""
    missing = Contract.of(ReferenceQueue).lacks(list(Capability))
    assert set(missing) == {
        Capability.LIFO,
        Capability.EXPIRES,
        Capability.GROUP,
        Capability.TASK_LEASE,
        Capability.KEY_UNTIL_CLAIM,
        Capability.KEY_FOR_A_TIME,
        Capability.AT_MOST_ONCE,
        Capability.TEXT_PAYLOAD,
        Capability.BYTES_PAYLOAD,
        Capability.OBJECT_PAYLOAD,
        Capability.INTEGER_PAYLOAD,
        Capability.NOTICES_DEATH,
        Capability.HEARTBEAT,
    }


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("reference", ["urgent", "old", "new"]),
        ("reference-fifo", ["old", "new", "urgent"]),
        ("reference-lifo", ["urgent", "new", "old"]),
    ],
)
def test_each_name_has_its_order(name: str, order: list[str], tmp_path: Path) -> None:
    """By priority, oldest first, newest first."""
    queue: Any = resolve(name).adapter(str(tmp_path / "queue.db"))
    queue.enqueue("old")
    queue.enqueue("new")
    queue.enqueue("urgent", priority=1)
    assert [queue.claim("w").payload for _ in order] == order
    queue.close()


def test_by_lot_every_task_comes_once(tmp_path: Path) -> None:
    """The weighted order promises no order, but all tasks."""
    queue: Any = resolve("reference-weighted").adapter(str(tmp_path / "queue.db"))
    ids = queue.enqueue_many(list(range(20)))
    assert len(set(ids)) == 20
    assert sorted(claim.payload for claim in queue.claim_many("w", 20)) == list(range(20))
    queue.close()


def test_a_failed_task_comes_again_and_dies(queue: Any, clock: VirtualClock) -> None:
    """`fail` counts an attempt; the last one makes a dead letter."""
    queue.enqueue("task", max_attempts=2)
    queue.fail(queue.claim("w"), "no")
    assert queue.claim("w") is None
    clock.wait(queue.retry.wait(1)[1] + queue.resolution)
    queue.fail(queue.claim("w"), "no")
    assert queue.dead_letters() == ["task"]
    counts = queue.stats()
    assert {state for state in counts if counts[state]} == {"dead"}


def test_a_lease_is_extended_and_given_back(queue: Any, clock: VirtualClock) -> None:
    """`extend` returns a claim that counts; `release` makes the task claimable."""
    queue.enqueue("task")
    claim = queue.extend(queue.claim("one", lease=10), 60)
    clock.wait(30)
    assert queue.claim("two") is None
    queue.release(claim)
    assert queue.claim("two").payload == "task"


def test_an_expired_lease_is_reclaimed(queue: Any, clock: VirtualClock) -> None:
    """`reclaim` frees it without a claim, and the old claim is refused."""
    queue.enqueue("task")
    old = queue.claim("one", lease=10)
    clock.wait(10 + queue.resolution)
    queue.reclaim()
    assert queue.stats()["queued"] == 1
    with pytest.raises(queue.refuses):
        queue.complete(old)


def test_a_key_and_capabilities_are_passed_on(queue: Any) -> None:
    """Both are options of `enqueue`; the second is one of `claim` too."""
    first = queue.enqueue("task", key="k", capabilities={"region": "EU"})
    assert queue.enqueue("other", key="k") == first
    assert queue.claim("w", capabilities={"region": "US"}) is None
    assert queue.claim("w", capabilities={"region": "EU"}).task_id == first


def test_a_cancelled_task_never_comes(queue: Any) -> None:
    """A second cancel says False: refused."""
    task_id = queue.enqueue("task")
    assert queue.cancel(task_id) is True
    assert queue.cancel(task_id) is False
    assert queue.claim("w") is None


def test_completed_tasks_are_purged_at_once(queue: Any) -> None:
    """All of them, however young; the others stay."""
    queue.enqueue("done")
    queue.enqueue("waiting")
    queue.complete(queue.claim("w"))
    assert queue.stats()["completed"] == 1
    queue.purge()
    counts = queue.stats()
    assert {state for state in counts if counts[state]} == {"queued", "ready"}


def test_a_backup_is_a_queue(queue: Any, tmp_path: Path) -> None:
    """The copy hands out what waited when it was made."""
    queue.enqueue("task")
    queue.backup(str(tmp_path / "copy.db"))
    copy = ReferenceQueue(str(tmp_path / "copy.db"))
    claim = copy.claim("w")
    copy.close()
    assert claim is not None
    assert claim.payload == "task"
