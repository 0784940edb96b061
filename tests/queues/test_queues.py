"""The two correct queues do what they declare, seen without the kit's rules."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.execution.clock import VirtualClock, virtual_time
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.capabilities import KeyHold
from pytest_queuekit.model.contract import Contract
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import BusyError, SmallSqliteQueue

Queue = Any
KINDS: tuple[type[QueueAdapter], ...] = (MemoryQueue, SmallSqliteQueue)


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    """Time that only the test moves."""
    with virtual_time() as clock:
        yield clock


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def queue(request: pytest.FixtureRequest, clock: VirtualClock, tmp_path: Path) -> Iterator[Queue]:
    """Each queue in turn, new and open."""
    adapter = request.param(str(tmp_path / "queue.db"))
    yield adapter
    adapter.close()


def payloads(queue: Queue, **options: Any) -> list[Any]:
    """Claim until the queue is empty; return what came."""
    taken = []
    while (claim := queue.claim("w", **options)) is not None:
        taken.append(claim.payload)
    return taken


def refused(call: Callable[[], object]) -> bool:
    """Return True if a call is refused with an error that the queue declares."""
    try:
        call()
    except Exception as error:
        if type(error).__name__ != "RefusedError":
            raise
        return True
    return False


def test_lower_priorities_go_first_and_equals_in_turn(queue: Queue) -> None:
    """Priority before age, age among equals."""
    for text, priority in (("a", 5), ("b", 1), ("c", 5), ("d", 1)):
        queue.enqueue(text, priority=priority)
    assert payloads(queue) == ["b", "d", "a", "c"]


def test_a_delayed_task_waits_exactly(queue: Queue, clock: VirtualClock) -> None:
    """Not a moment too early, and no later than the declared resolution."""
    queue.enqueue("late", delay=0.9)
    clock.wait(0.88)
    assert queue.claim("w") is None
    clock.wait(0.02 + queue.resolution)
    assert payloads(queue) == ["late"]


def test_a_lease_keeps_others_out_until_it_ends(queue: Queue, clock: VirtualClock) -> None:
    """A task is claimed again after the lease, with another token, and not before."""
    queue.enqueue("task")
    first = queue.claim("one", lease=10)
    clock.wait(9.9)
    assert queue.claim("two") is None
    clock.wait(0.2)
    second = queue.claim("two")
    assert second.payload == "task"
    assert second.token != first.token


@pytest.mark.parametrize("verb", ["complete", "release", "fail", "extend"])
def test_an_old_claim_is_refused(queue: Queue, clock: VirtualClock, verb: str) -> None:
    """A worker that lost its lease cannot change the task of its present holder."""
    queue.enqueue("task")
    old = queue.claim("one", lease=10)
    clock.wait(11)
    new = queue.claim("two", lease=10)
    arguments = {"fail": ("no",), "extend": (5.0,)}.get(verb, ())
    assert refused(lambda: getattr(queue, verb)(old, *arguments))
    assert queue.stats()["leased"] == 1
    queue.complete(new)
    assert queue.stats()["completed"] == 1


def test_an_extended_lease_lasts_longer(queue: Queue, clock: VirtualClock) -> None:
    """The seconds are added to what is left."""
    queue.enqueue("task")
    claim = queue.extend(queue.claim("w", lease=10), 10)
    clock.wait(19)
    assert queue.claim("other") is None
    queue.complete(claim)
    assert payloads(queue) == []


def test_a_released_task_is_there_at_once(queue: Queue) -> None:
    """And it keeps its place in the line."""
    queue.enqueue("first")
    queue.enqueue("second")
    queue.release(queue.claim("w"))
    assert payloads(queue) == ["first", "second"]


def test_a_failed_task_waits_longer_each_time_and_dies(queue: Queue, clock: VirtualClock) -> None:
    """1, 2, 4, 8 seconds; after the fifth failure it is a dead letter."""
    queue.enqueue("task")
    for wait in (1, 2, 4, 8):
        queue.fail(queue.claim("w"), "no")
        clock.wait(wait - 0.1)
        assert queue.claim("w") is None
        clock.wait(0.2)
    queue.fail(queue.claim("w"), "no")
    assert queue.dead_letters() == ["task"]
    clock.wait(1000)
    assert queue.claim("w") is None


def test_a_task_that_kills_its_workers_dies(queue: Queue, clock: VirtualClock) -> None:
    """A lease that expires is an attempt."""
    queue.enqueue("task", max_attempts=2)
    for _ in range(2):
        assert queue.claim("w", lease=1) is not None
        clock.wait(2)
    assert queue.claim("w") is None
    assert queue.dead_letters() == ["task"]


def test_a_key_keeps_a_second_task_out(queue: Queue) -> None:
    """While it is held the first task's id comes back; afterwards as the queue declares."""
    first = queue.enqueue("task", key="k")
    assert queue.enqueue("other", key="k") == first
    queue.complete(queue.claim("w"))
    again = queue.enqueue("task", key="k")
    assert (again == first) is (queue.key_hold is KeyHold.FOR_EVER)
    queue.purge()
    assert queue.enqueue("task", key="k") == again


def test_a_worker_gets_only_what_it_is_capable_of(queue: Queue) -> None:
    """Its value must equal the task's, or its list have it; a task without a key is anyone's."""
    queue.enqueue("eu", capabilities={"region": "EU"})
    queue.enqueue("any")
    assert payloads(queue, capabilities={"region": "US"}) == ["any"]
    assert payloads(queue) == []
    assert payloads(queue, capabilities={"region": ["US", "EU"]}) == ["eu"]


def test_only_a_waiting_task_can_be_cancelled(queue: Queue) -> None:
    """A cancelled one never comes; a claimed one stays claimed."""
    gone, held = queue.enqueue("gone"), queue.enqueue("held")
    queue.cancel(gone)
    assert payloads(queue) == ["held"]
    assert refused(lambda: queue.cancel(held))
    assert refused(lambda: queue.cancel(gone))
    assert queue.stats() == {"queued": 0, "leased": 1, "completed": 0, "dead": 0}


def test_purge_deletes_the_completed_and_nothing_else(queue: Queue) -> None:
    """Waiting, held and dead tasks stay."""
    for text in ("done", "dead", "held", "waiting"):
        queue.enqueue(text, max_attempts=1)
    queue.complete(queue.claim("w"))
    queue.fail(queue.claim("w"), "no")
    queue.claim("w")
    queue.purge()
    assert queue.stats() == {"queued": 1, "leased": 1, "completed": 0, "dead": 1}


@pytest.mark.parametrize(
    "options",
    [
        {"delay": -1},
        {"delay": float("nan")},
        {"delay": float("inf")},
        {"max_attempts": 0},
        {"priority": True},
    ],
)
def test_senseless_options_are_refused(queue: Queue, options: dict[str, Any]) -> None:
    """Nothing is enqueued with them."""
    assert refused(lambda: queue.enqueue("task", **options))
    assert queue.claim("w") is None


@pytest.mark.parametrize("lease", [0, -1, float("nan"), float("inf"), True])
def test_a_senseless_lease_is_refused(queue: Queue, lease: float) -> None:
    """And the task stays where it is."""
    queue.enqueue("task")
    assert refused(lambda: queue.claim("w", lease=lease))
    assert payloads(queue) == ["task"]


def test_threads_never_share_a_task(tmp_path: Path) -> None:
    """Four instances in four threads claim 200 tasks, each exactly once."""
    for kind in KINDS:
        location = str(tmp_path / f"{kind.name}.db")
        producer: Queue = kind(location)
        for number in range(200):
            producer.enqueue(str(number))
        together = threading.Barrier(4)

        def drain(kind: type[Queue] = kind, location: str = location) -> list[str]:
            together.wait()  # noqa: B023 - each round waits for its own threads
            consumer = kind(location)
            taken = payloads(consumer)
            consumer.close()
            return taken

        with ThreadPoolExecutor(4) as pool:
            taken = [
                label for done in [pool.submit(drain) for _ in range(4)] for label in done.result()
            ]
        assert sorted(map(int, taken)) == list(range(200))
        producer.close()


def test_batches_are_whole_and_in_order(tmp_path: Path) -> None:
    """A batch with one bad payload adds nothing; a batch claim takes the first ones."""
    queue = MemoryQueue(str(tmp_path))
    assert refused(lambda: queue.enqueue_many(["a", object()]))
    assert queue.stats()["queued"] == 0
    queue.enqueue_many(["a", "b", "c"])
    assert [claim.payload for claim in queue.claim_many("w", 2)] == ["a", "b"]


def test_a_backup_goes_its_own_way(tmp_path: Path) -> None:
    """A change of the queue does not change the copy."""
    queue = MemoryQueue(str(tmp_path / "a"))
    queue.enqueue("task")
    queue.backup(str(tmp_path / "b"))
    assert payloads(queue) == ["task"]
    assert payloads(MemoryQueue(str(tmp_path / "b"))) == ["task"]


@pytest.mark.parametrize("payload", [(1,), {1: "a"}, float("nan"), {"a": object()}, b"x", {1, 2}])
def test_memory_refuses_what_json_would_change(payload: Any, tmp_path: Path) -> None:
    """A payload comes back equal; a payload that would not is refused."""
    queue = MemoryQueue(str(tmp_path))
    assert refused(lambda: queue.enqueue(payload))


@pytest.mark.parametrize("payload", [1, None, b"x", "\ud800"])
def test_small_sqlite_rejects_payloads_other_than_text(payload: Any, tmp_path: Path) -> None:
    """Its domain is text that UTF-8 can carry."""
    queue = SmallSqliteQueue(str(tmp_path / "queue.db"))
    assert refused(lambda: queue.enqueue(payload))
    queue.close()


def test_small_sqlite_says_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another connection keeps the write lock, it does not say that the queue is empty."""
    monkeypatch.setattr("tests.queues.small_sqlite.PATIENCE", 0.0)
    first, second = (SmallSqliteQueue(str(tmp_path / "queue.db")) for _ in range(2))
    first.enqueue("task")
    first.connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError):
        second.claim("w")
    first.connection.execute("ROLLBACK")
    assert payloads(second) == ["task"]
    first.close()
    second.close()


def test_memory_declares_every_capability_but_those_that_exclude_each_other() -> None:
    """A variant fails tasks for good; its mutants need not know the option."""
    missing = set(map(str, Contract.of(MemoryQueue).lacks(list(_all_capabilities()))))
    assert missing == {
        "lifo",
        "key-until-claim",
        "key-for-a-time",
        "notices-death",
        "heartbeat",
        "at-most-once",
        "durable",
        "text-payload",
        "bytes-payload",
        "object-payload",
        "integer-payload",
        "processes",
        "forks",
        "final-failure",
    }


def _all_capabilities() -> Iterator[Any]:
    from pytest_queuekit.model.capabilities import Capability

    yield from Capability
