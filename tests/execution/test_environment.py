"""The environment: actors by name, time, and an ending after which a missing task is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.clock import virtual_time
from pytest_queuekit.execution.environment import Environment, Halt
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.clock import Clock, RealClock
from pytest_queuekit.recording.recorder import Recorder
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import BusyError, SmallSqliteQueue
from tests.queues.variants import LeasesByTask


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Return a virtual clock in force."""
    with virtual_time() as clock:
        yield clock


def environment_of(
    adapter: type[QueueAdapter], folder: Path, clock: Clock, *, lease: float = 60.0
) -> Environment:
    """Return an environment with a new queue."""
    return Environment(
        QueueUnderTest.of(adapter), folder, clock=clock, lease=lease, effort=Effort()
    )


class Backwards(SmallSqliteQueue):
    """Counts an expired lease as a failure, and delays the task."""

    name = "backwards"

    def _return_expired(self) -> None:
        changes = "state = 'queued', attempts = attempts + 1, due = lease_end + 1"
        self._run(f"UPDATE task SET {changes} WHERE state = 'leased' AND {self._expired()}")  # noqa: S608 - no user's text


class Endless(MemoryQueue):
    """Delivers the same task forever."""

    name = "endless"

    def complete(self, claim: Any) -> None:
        self.store.tasks[claim.task_id].state = "queued"


class BusyAtFirst(MemoryQueue):
    """Is busy for the first three claims."""

    name = "busy-at-first"
    busy = (BusyError,)
    refusals = 3

    def claim(self, worker: str, **options: Any) -> Any:
        if self.refusals:
            self.refusals -= 1
            raise BusyError
        return super().claim(worker, **options)


class Shut(MemoryQueue):
    """Cannot be opened."""

    name = "shut"

    def __init__(self, location: str) -> None:
        raise OSError("no such place")


def test_an_actor_opens_the_queue_once(tmp_path: Path, clock: Clock) -> None:
    """A name stands for one actor, and the first operation of the actor is the opening."""
    env = environment_of(SmallSqliteQueue, tmp_path, clock)
    assert env.actor("ann") is env.actor("ann")
    env.actor("bob")
    env.close()
    opened = [
        (operation.actor, operation.number)
        for operation in env.log.operations()
        if operation.verb is Verb.OPEN
    ]
    assert opened == [("ann", 0), ("bob", 0)]


def test_actors_share_an_instance_if_only_one_is_allowed(tmp_path: Path, clock: Clock) -> None:
    """A queue for the threads of one process is opened once, for all actors."""
    env = environment_of(MemoryQueue, tmp_path, clock)
    env.actor("ann").enqueue("task")
    assert env.actor("bob").claim() is not None
    assert [operation.verb for operation in env.log.operations()] == ["open", "enqueue", "claim"]


@pytest.mark.parametrize("adapter", [MemoryQueue, SmallSqliteQueue])
def test_a_successor_has_a_new_instance(
    adapter: type[QueueAdapter], tmp_path: Path, clock: Clock
) -> None:
    """Reopening closes an instance and opens another, which has the enqueued tasks."""
    env = environment_of(adapter, tmp_path, clock)
    env.actor("ann").enqueue("task")
    successor = env.reopen("ann")
    assert successor.actor == "ann'"
    assert successor.claim() is not None
    env.close()
    verbs = [operation.verb for operation in env.log.operations()]
    assert verbs == ["open", "enqueue", "close", "open", "claim"]


def test_a_shared_instance_is_closed_after_a_move(tmp_path: Path, clock: Clock) -> None:
    """The end of the run closes the shared instance of each location, and none before."""
    closed: list[str] = []

    class Closing(MemoryQueue):
        name = "closing"

        def __init__(self, location: str) -> None:
            super().__init__(location)
            self.place = location

        def close(self) -> None:
            closed.append(self.place)

    env = environment_of(Closing, tmp_path, clock)
    env.actor("here").enqueue("task")
    first = env.location
    env.move("elsewhere")
    env.actor("there").enqueue("task")
    assert closed == []
    env.close()
    assert sorted(closed) == sorted([first, "elsewhere"])


def test_a_queue_that_cannot_be_opened_halts_the_script(tmp_path: Path, clock: Clock) -> None:
    """A failed opening is an operation with unknown outcome, and ends the script."""
    env = environment_of(Shut, tmp_path, clock)
    with pytest.raises(Halt, match="no such place"):
        env.actor("ann")
    (opened,) = env.history("sequence")
    assert (opened.outcome, opened.error) == (Outcome.UNKNOWN, "OSError: no such place")
    assert opened.end is not None


def _complete_half(actor: Recorder) -> None:
    for label in ("done", "held"):
        actor.enqueue(label)
    taken = actor.claim()
    assert taken is not None
    actor.complete(taken)
    actor.claim()


def _fail_twice(actor: Recorder) -> None:
    actor.enqueue("failing")
    for wait in (2.0, 0.0):
        taken = actor.claim()
        assert taken is not None
        actor.fail(taken)
        actor.clock.wait(wait)


PENDING = {
    "nothing": lambda actor: None,
    "waiting": lambda actor: actor.enqueue("waiting"),
    "held": _complete_half,
    "delayed": lambda actor: actor.enqueue("later", delay=7000.0),
    "failing": _fail_twice,
}


@pytest.mark.parametrize("adapter", [MemoryQueue, SmallSqliteQueue, Backwards])
@pytest.mark.parametrize("pending", PENDING)
def test_after_settling_nothing_is_left(
    adapter: type[QueueAdapter], pending: str, tmp_path: Path, clock: Clock
) -> None:
    """Settling outlasts leases, delays and retries, so that every remaining task is delivered."""
    env = environment_of(adapter, tmp_path, clock)
    PENDING[pending](env.actor("ann"))
    env.settle()
    assert env.drained
    assert env.actor("ann").stats()["queued"] == 0
    env.close()
    put = {operation.task for operation in env.log.operations() if operation.verb is Verb.ENQUEUE}
    done = {
        operation.task
        for operation in env.log.operations()
        if operation.verb is Verb.COMPLETE and operation.ok
    }
    assert put == done


def test_settling_does_not_wait_for_completed_tasks(tmp_path: Path) -> None:
    """If every task is completed, settling does not wait by the real clock."""
    env = environment_of(SmallSqliteQueue, tmp_path, RealClock(), lease=3600.0)
    env.actor("ann").enqueue("done")
    env.claim_all("ann")
    env.settle()
    env.close()
    assert env.drained


def test_settling_outlasts_the_leases_of_completed_tasks(tmp_path: Path, clock: Clock) -> None:
    """By the virtual clock, a completion without effect shows: the task comes again."""
    deaf = type("_", (SmallSqliteQueue,), {"complete": lambda self, claim: True})
    env = environment_of(deaf, tmp_path, clock)
    env.actor("ann").enqueue("done")
    env.claim_all("ann")
    env.settle()
    env.close()
    deliveries = [operation for operation in env.log.operations() if operation.is_delivery]
    assert len(deliveries) > 1


@pytest.mark.parametrize("adapter", [MemoryQueue, SmallSqliteQueue])
def test_a_lease_that_is_too_long_for_the_real_clock_leaves_the_queue_undrained(
    adapter: type[QueueAdapter], tmp_path: Path
) -> None:
    """By the real clock settling does not wait an hour, and the history is not drained."""
    env = environment_of(adapter, tmp_path, RealClock(), lease=3600.0)
    actor = env.actor("ann")
    actor.enqueue("held")
    actor.claim()
    env.settle()
    env.close()
    assert not env.history("threads").drained


def test_a_script_that_waits_too_long_is_not_run(tmp_path: Path) -> None:
    """A script that needs a longer real wait than the level allows is not run."""
    env = environment_of(MemoryQueue, tmp_path, RealClock())
    with pytest.raises(NotRunError) as raised:
        env.wait(3600)
    assert (raised.value.kind, str(raised.value)) == (
        "clock",
        "needs to wait 3600 s by the real clock, longer than the 10 s of this level",
    )
    with pytest.raises(NotRunError, match="of this level: use --queue-level deep"):
        env.outlast(300)


def test_progress_reports_real_waits_only(tmp_path: Path) -> None:
    """A wait by the real clock is reported with its seconds, a virtual one is not."""
    heard: list[tuple[str, float]] = []

    def progress(awaited: str, seconds: float) -> None:
        heard.append((awaited, seconds))

    with virtual_time() as virtual:
        for clock in (virtual, RealClock()):
            Environment(
                QueueUnderTest.of(MemoryQueue),
                tmp_path,
                clock=clock,
                lease=60.0,
                effort=Effort(),
                progress=progress,
            ).wait(0.01, "the kettle")
    assert heard == [("the kettle", 0.01)]


def test_busy_is_not_empty(tmp_path: Path, clock: Clock) -> None:
    """Claiming all tasks continues while the queue is busy."""
    env = environment_of(BusyAtFirst, tmp_path, clock)
    env.actor("ann").enqueue("task")
    assert [delivery.label for delivery in env.claim_all("ann")] == ["task"]


def test_a_queue_without_end_is_stopped(tmp_path: Path, clock: Clock) -> None:
    """Claiming all tasks stops, even if the queue delivers one task forever."""
    env = environment_of(Endless, tmp_path, clock)
    env.actor("ann").enqueue("task")
    env.settle()
    assert not env.drained


def test_a_fixed_lease_of_the_queue_counts(tmp_path: Path, clock: Clock) -> None:
    """If a claim cannot choose its lease, the run has the queue's lease."""

    class Fixed(MemoryQueue):
        name = "fixed"
        lease_seconds = 7.0

    assert environment_of(Fixed, tmp_path, clock).lease == 7.0
    assert environment_of(MemoryQueue, tmp_path, clock).lease == 60.0


def test_the_lease_of_a_run_is_not_that_of_tasks_that_bring_none(
    tmp_path: Path, clock: Clock
) -> None:
    """A batch cannot ask for a lease, so its tasks have one of a length that nobody knows."""
    env = environment_of(LeasesByTask, tmp_path, clock)
    env.actor("ann").enqueue_many(["task"])
    assert env.actor("ann").claim() is not None
    assert env.history("sequence").lease is None
