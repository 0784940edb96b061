"""The stage: actors by name, time, and an ending after which what has not come is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.clock import Clock, RealClock, virtual_time
from pytest_queuekit.contract import QueueAdapter
from pytest_queuekit.errors import NotRunError
from pytest_queuekit.history import SECOND, Outcome, Verb
from pytest_queuekit.level import Effort
from pytest_queuekit.recorder import Recorder
from pytest_queuekit.stage import Halt, Stage, claim_all
from pytest_queuekit.subject import Subject
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import BusyError, SmallSqliteQueue


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Return a virtual clock in force."""
    with virtual_time() as clock:
        yield clock


def stage_of(
    adapter: type[QueueAdapter], folder: Path, clock: Clock, *, lease: float = 60.0
) -> Stage:
    """Return a stage with a new queue."""
    return Stage(Subject.of(adapter), folder, clock=clock, lease=lease, effort=Effort())


class Backwards(SmallSqliteQueue):
    """Puts a task whose lease ran out back as if it had failed: with a wait before it comes."""

    name = "backwards"

    def _return_expired(self) -> None:
        changes = "state = 'queued', attempts = attempts + 1, due = lease_end + 1"
        self._run(f"UPDATE task SET {changes} WHERE state = 'leased' AND {self._expired()}")  # noqa: S608 - no user's text


class Endless(MemoryQueue):
    """Hands out the same task for ever."""

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
    """The same name is the same actor; its opening is its first operation."""
    stage = stage_of(SmallSqliteQueue, tmp_path, clock)
    assert stage.actor("ann") is stage.actor("ann")
    stage.actor("bob")
    stage.close()
    opened = [(one.actor, one.number) for one in stage.log.operations() if one.verb is Verb.OPEN]
    assert opened == [("ann", 0), ("bob", 0)]


def test_actors_share_what_is_for_one_instance(tmp_path: Path, clock: Clock) -> None:
    """A queue for the threads of one process is opened once for all actors."""
    stage = stage_of(MemoryQueue, tmp_path, clock)
    stage.actor("ann").enqueue("task")
    assert stage.actor("bob").claim() is not None
    assert [one.verb for one in stage.log.operations()] == ["open", "enqueue", "claim"]


@pytest.mark.parametrize("adapter", [MemoryQueue, SmallSqliteQueue])
def test_a_successor_has_a_new_instance(
    adapter: type[QueueAdapter], tmp_path: Path, clock: Clock
) -> None:
    """Reopening closes one instance and opens another, which finds what was enqueued."""
    stage = stage_of(adapter, tmp_path, clock)
    stage.actor("ann").enqueue("task")
    successor = stage.reopen("ann")
    assert successor.actor == "ann'"
    assert successor.claim() is not None
    stage.close()
    verbs = [one.verb for one in stage.log.operations()]
    assert verbs == ["open", "enqueue", "close", "open", "claim"]


def test_a_queue_that_cannot_be_opened_halts_the_script(tmp_path: Path, clock: Clock) -> None:
    """Opening is an operation, unknown with its error; the script goes no further."""
    stage = stage_of(Shut, tmp_path, clock)
    with pytest.raises(Halt, match="no such place"):
        stage.actor("ann")
    (opened,) = stage.history("sequence")
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
    """Leases, delays and retries are waited for, so that every task comes that has to."""
    stage = stage_of(adapter, tmp_path, clock)
    PENDING[pending](stage.actor("ann"))
    stage.settle()
    assert stage.drained
    assert stage.actor("ann").stats()["queued"] == 0
    stage.close()
    put = {one.task for one in stage.log.operations() if one.verb is Verb.ENQUEUE}
    done = {one.task for one in stage.log.operations() if one.verb is Verb.COMPLETE and one.ok}
    assert put == done


def test_settling_waits_only_for_what_may_come(tmp_path: Path, clock: Clock) -> None:
    """When every task is completed nothing is waited for."""
    stage = stage_of(SmallSqliteQueue, tmp_path, clock)
    actor = stage.actor("ann")
    actor.enqueue("done", delay=2.0)
    actor.clock.wait(3.0)
    claim_all(actor)
    before = clock.now()
    stage.settle()
    stage.close()
    assert clock.now() - before < SECOND


@pytest.mark.parametrize("adapter", [MemoryQueue, SmallSqliteQueue])
def test_what_takes_too_long_in_real_time_is_not_waited_for(
    adapter: type[QueueAdapter], tmp_path: Path
) -> None:
    """By the real clock a long lease is left alone, and the history says: not drained."""
    stage = stage_of(adapter, tmp_path, RealClock(), lease=3600.0)
    actor = stage.actor("ann")
    actor.enqueue("held")
    actor.claim()
    stage.settle()
    stage.close()
    assert not stage.history("threads").drained


def test_a_script_that_waits_too_long_is_not_run(tmp_path: Path) -> None:
    """By the real clock nobody waits an hour: the rule is not run, and says why."""
    stage = stage_of(MemoryQueue, tmp_path, RealClock())
    with pytest.raises(NotRunError, match="3600 s is too long"):
        stage.wait(3600)


def test_busy_is_not_empty(tmp_path: Path, clock: Clock) -> None:
    """Claiming all goes on while the queue says 'not now'."""
    stage = stage_of(BusyAtFirst, tmp_path, clock)
    stage.actor("ann").enqueue("task")
    assert [one.label for one in stage.claim_all("ann")] == ["task"]


def test_a_queue_without_end_is_stopped(tmp_path: Path, clock: Clock) -> None:
    """Claiming all from a queue that hands out one task for ever comes to an end."""
    stage = stage_of(Endless, tmp_path, clock)
    stage.actor("ann").enqueue("task")
    stage.settle()
    assert not stage.drained


def test_a_lease_may_be_the_queue_s_own(tmp_path: Path, clock: Clock) -> None:
    """Where the queue's lease cannot be chosen, that one counts."""

    class Fixed(MemoryQueue):
        name = "fixed"
        lease_seconds = 7.0

    assert stage_of(Fixed, tmp_path, clock).lease == 7.0
    assert stage_of(MemoryQueue, tmp_path, clock).lease == 60.0
