"""A call that waits for the lock counts its times from the end of the wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from pytest_queuekit.queue import (
    QueueDatabase,
    RetryPolicy,
    SchedulingStrategy,
    Task,
    TaskLog,
    TaskQueue,
)
from pytest_queuekit.queue.clock import seconds_of
from tests.queue.world import Clock, column, locked

WAIT = 3.5
"""Seconds that a stranger holds the lock."""
LEASE = 3.0
Delayed = Callable[[], AbstractContextManager[None]]


class StoppingClock(Clock):
    """A clock of a process that is stopped right after a reading, before it takes the lock."""

    stops = False

    def __call__(self) -> float:
        now = super().__call__()
        if self.stops:
            self.stops = False
            self.advance(WAIT)
        return now


@pytest.fixture
def clock() -> StoppingClock:
    """Return the clock of the test's queue."""
    return StoppingClock()


@contextmanager
def held_lock(path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a stranger hold the lock until the queue has waited WAIT seconds for it."""
    with locked(path) as stranger:

        def pause(seconds: float) -> None:
            if stranger.in_transaction:
                clock.advance(WAIT)
                stranger.execute("ROLLBACK")

        monkeypatch.setattr("pytest_queuekit.queue.waiting.time.sleep", pause)
        yield
        assert not stranger.in_transaction, "the call did not wait"


@contextmanager
def stopped_process(clock: StoppingClock) -> Iterator[None]:
    """Stop the process for WAIT seconds between the first reading of the clock and the lock."""
    clock.stops = True
    yield
    assert not clock.stops, "the call did not read the clock"


@pytest.fixture(params=["the lock is held", "the process is stopped"])
def delayed(
    request: pytest.FixtureRequest,
    path: Path,
    clock: StoppingClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Delayed:
    """Return a context in which the next call takes WAIT seconds to get the lock."""
    if request.param == "the lock is held":
        return lambda: held_lock(path, clock, monkeypatch)
    return lambda: stopped_process(clock)


def end_of(task: Task | None) -> float:
    """Return the end of a lease in Unix seconds."""
    assert task is not None
    assert task.lease_until_utc is not None
    return seconds_of(task.lease_until_utc)


@pytest.mark.parametrize("offset", [0.0, 0.7])
@pytest.mark.parametrize("strategy", SchedulingStrategy)
def test_a_claim_that_waited_has_its_whole_lease(
    queue: TaskQueue,
    clock: StoppingClock,
    delayed: Delayed,
    strategy: SchedulingStrategy,
    offset: float,
) -> None:
    """The lease of a claim begins when the claim has the lock."""
    queue.enqueue_many("t", [1, 2])
    assert queue.claim("w", strategy=strategy)  # creates the indexes of the strategy
    clock.advance(offset)
    with delayed():
        task = queue.claim("w", lease_seconds=LEASE, strategy=strategy)
    assert end_of(task) >= clock.now + LEASE
    assert task is not None
    assert task == queue.get(task.id)


def test_claims_of_many_that_waited_have_their_whole_lease(
    queue: TaskQueue, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The leases of claim_many() begin when it has the lock."""
    queue.enqueue_many("t", [1, 2])
    with held_lock(path, clock, monkeypatch):
        tasks = queue.claim_many("w", limit=2, lease_seconds=LEASE)
    assert [end_of(task) >= clock.now + LEASE for task in tasks] == [True, True]


def test_a_claim_that_waited_makes_no_dead_letter(
    queue: TaskQueue, clock: StoppingClock, delayed: Delayed
) -> None:
    """No task becomes a dead letter that nobody worked on."""
    queue.enqueue("t", None, max_attempts=1)
    with delayed():
        task = queue.claim("w", lease_seconds=LEASE)
    assert queue.claim("other") is None
    assert queue.dead_letters() == []
    assert task is not None
    assert queue.complete(task).status == "completed"


def test_an_extension_that_waited_is_whole(
    queue: TaskQueue, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """extend() counts from the moment at which it has the lock."""
    queue.enqueue("t", None)
    task = queue.claim("w", lease_seconds=LEASE)
    assert task is not None
    with held_lock(path, clock, monkeypatch):
        extended = queue.extend(task, LEASE)
    assert end_of(extended) >= clock.now + LEASE


def test_a_retry_that_waited_waits_in_full(
    db: QueueDatabase, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait of a failed task begins when fail() has the lock."""
    queue = TaskQueue(db, retry=RetryPolicy(first=2, jitter=0))
    queue.enqueue("t", None)
    task = queue.claim("w")
    assert task is not None
    with held_lock(path, clock, monkeypatch):
        queue.fail(task, "x")
    assert seconds_of(column(db, task.id, "run_after_utc")) >= clock.now + 2


@pytest.mark.parametrize("key", [None, "key"])
def test_a_delay_that_waited_is_whole(
    db: QueueDatabase,
    queue: TaskQueue,
    path: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    key: str | None,
) -> None:
    """The delay of a new task begins when enqueue() has the lock."""
    queue.stats()
    with held_lock(path, clock, monkeypatch):
        task_id = queue.enqueue("t", None, delay=2, idempotency_key=key)
    assert seconds_of(column(db, task_id, "run_after_utc")) >= clock.now + 2


def test_times_of_records_follow_the_wait(
    db: QueueDatabase, queue: TaskQueue, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The times of enqueue, complete, cancel, heartbeat and log are those after the wait."""
    calls: list[Callable[[], object]] = [
        lambda: column(db, queue.enqueue("t", None), "created_at_utc"),
        lambda: queue.complete(queue.claim("w") or pytest.fail("no task")).completed_at_utc,
        lambda: queue.heartbeat("w").heartbeat_utc,
        lambda: logged(queue).at_utc,
    ]
    for call in calls:
        with held_lock(path, clock, monkeypatch):
            moment = call()
        assert seconds_of(str(moment)) == int(clock.now)


def logged(queue: TaskQueue) -> TaskLog:
    """Write a line to the log of task 1 and return it."""
    queue.log(1, "INFO", "m")
    return queue.logs(1)[-1]


def test_a_clock_that_runs_ahead_of_sql_claims_as_well(path: Path) -> None:
    """A claim succeeds if SQL's time is behind or ahead of the queue's, as with a mocked clock."""
    for difference in (-1e6, 1e6):
        clock = Clock()
        with QueueDatabase(path, clock=clock) as db:
            queue = TaskQueue(db)
            queue.enqueue("t", None)
            sql_time = clock.now / 86_400 + 2_440_587.5 + difference
            with db.connection() as conn:
                conn.create_function("julianday", -1, lambda *_, now=sql_time: now)
            task = queue.claim("w", lease_seconds=LEASE)
            assert end_of(task) == clock.now + LEASE
