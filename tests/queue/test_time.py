"""No task runs early and no lease ends early; both are at most a second late."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_queuekit.queue import (
    Queue,
    QueueDatabase,
    QueueInputError,
    RetryPolicy,
    SchedulingStrategy,
    TaskQueue,
)
from pytest_queuekit.queue.clock import ceil_text, floor_text, seconds_of
from tests.queue.engines import EVERY_ENGINE, SQLITE, on_sqlite, queue_in
from tests.queue.world import START, Clock, Database, add_raw, change_raw, column

ENGINES = EVERY_ENGINE

fractions = st.floats(0, 3, allow_nan=False)


def just_before(moment: float, engine: str) -> float:
    """Return the last moment before another that an engine can tell from it."""
    return math.nextafter(moment, 0) if engine == SQLITE else moment - 2e-6


any_moment = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@any_moment
@given(offset=fractions, delay=st.floats(0.001, 5))
def test_a_delayed_task_is_never_early(
    queue: Queue, clock: Clock, engine: str, offset: float, delay: float
) -> None:
    """A delayed task is never early, and at most a second late."""
    clock.now = START + offset
    queue.enqueue("t", None, delay=delay)
    due = clock.now + delay
    clock.now = just_before(due, engine)
    assert queue.claim("w") is None
    clock.now = due + 1
    queue.complete(queue.claim("w") or pytest.fail("late"))


@any_moment
@given(offset=fractions, lease=st.floats(0.001, 5))
def test_a_lease_is_never_short(
    queue: Queue, clock: Clock, engine: str, offset: float, lease: float
) -> None:
    """No worker takes over a task before its lease ends; at most a second later one can."""
    clock.now = START + offset
    queue.enqueue("t", None)
    assert queue.claim("w", lease_seconds=lease) is not None
    end = clock.now + lease
    clock.now = just_before(end, engine)
    assert queue.claim("other") is None
    clock.now = end + 1
    queue.complete(queue.claim("other") or pytest.fail("late"))


def test_a_retry_is_never_early(clock: Clock, db: Database) -> None:
    """A task with a wait of 0.9 s does not run before 0.9 s have passed."""
    queue = queue_in(db, retry=RetryPolicy(first=0.9, jitter=0))
    clock.advance(0.5)
    queue.enqueue("t", None)
    task = queue.claim("w")
    assert task is not None
    queue.fail(task, "x")
    clock.advance(0.89)
    assert queue.claim("w") is None
    clock.advance(0.61)
    assert queue.claim("w") is not None


def test_no_delay_is_at_once(clock: Clock, queue: Queue) -> None:
    """A task without a delay is ready at once, even late in a second."""
    clock.advance(0.999)
    queue.enqueue("t", None)
    assert queue.claim("w") is not None


@given(st.floats(0, 4e9))
def test_text_rounds_outwards(seconds: float) -> None:
    """floor_text() rounds down, ceil_text() rounds up, and both keep whole seconds."""
    assert seconds_of(floor_text(seconds)) == math.floor(seconds)
    assert seconds_of(ceil_text(seconds)) == math.ceil(seconds)


@pytest.mark.parametrize(
    "lease",
    [0, -1, float("nan"), float("inf"), 1e12, None, True, "60", 10**400],
    ids=lambda value: str(value)[:9],
)
def test_leases_that_would_end_at_once_or_never(queue: Queue, lease: float) -> None:
    """claim, claim_many and extend reject an invalid lease and change nothing."""
    queue.enqueue("t", None)
    for call in (
        lambda: queue.claim("w", lease_seconds=lease),
        lambda: queue.claim_many("w", limit=1, lease_seconds=lease),
    ):
        with pytest.raises(QueueInputError, match="lease_seconds="):
            call()
    task = queue.claim("w")
    assert task is not None
    with pytest.raises(QueueInputError, match="lease_seconds="):
        queue.extend(task, lease)
    assert queue.get(task.id) == task


@pytest.mark.parametrize("delay", [-0.1, float("nan"), float("inf"), 1e12, None, True, "1"])
def test_delays_that_would_be_lost(queue: Queue, delay: float) -> None:
    """enqueue() rejects an invalid delay, which SQLite would turn into NULL."""
    with pytest.raises(QueueInputError, match="delay="):
        queue.enqueue("t", None, delay=delay)
    assert queue.stats().queued == 0


def test_a_lapsed_lease_counts_as_an_attempt(queue: Queue, clock: Clock) -> None:
    """A task that kills its workers becomes a dead letter."""
    queue.enqueue("t", None, max_attempts=3)
    for attempts in range(3):
        task = queue.claim(f"victim-{attempts}", lease_seconds=10)
        assert task is not None
        assert task.attempts == attempts
        clock.advance(10)
    assert queue.claim("w") is None
    (dead,) = queue.dead_letters()
    assert (dead.status, dead.attempts) == ("failed", 3)
    assert dead.error_message == "the lease of victim-2 lapsed at 2027-01-15 08:00:30 UTC"
    assert dead.completed_at_utc == dead.finished_at_utc is not None


@pytest.mark.parametrize("strategy", SchedulingStrategy)
def test_every_strategy_honours_schedule_and_leases(
    queue: Queue, clock: Clock, strategy: SchedulingStrategy
) -> None:
    """With every strategy, waiting tasks wait, held tasks stay held, lapsed tasks come back."""
    queue.enqueue("t", None, delay=100)
    held = queue.enqueue("t", None)
    first = queue.claim("w", strategy=strategy, lease_seconds=10)
    assert first is not None
    assert first.id == held
    assert queue.claim("w", strategy=strategy) is None
    clock.advance(10)
    again = queue.claim("w", strategy=strategy, lease_seconds=1000)
    assert again is not None
    assert (again.id, again.attempts) == (held, 1)
    clock.advance(90)
    last = queue.claim("w", strategy=strategy)
    assert last is not None
    assert last.id == 1


def test_reclaim_takes_all_back(queue: Queue, clock: Clock) -> None:
    """reclaim() takes all lapsed tasks in several steps, and no held task."""
    queue.enqueue_many("t", [None] * 1205)
    for _ in range(2):
        queue.claim_many("w", limit=600, lease_seconds=10)
    clock.advance(10)
    held = queue.claim_many("w", limit=3, lease_seconds=10)
    assert [task.attempts for task in held] == [1, 1, 1]
    assert queue.stats().lapsed == 1200 - 500
    assert queue.reclaim() == 700
    assert queue.stats().leased == 3
    assert queue.reclaim() == 0


def test_a_claim_finds_a_task_behind_many_lapsed_leases(queue: Queue, clock: Clock) -> None:
    """A claim finds a ready task behind more lapsed leases than a step reclaims."""
    queue.enqueue_many("t", [None] * 1000, max_attempts=1)
    queue.claim_many("w", limit=1000, lease_seconds=10)
    good = queue.enqueue("t", "good")
    task = queue.claim("w", lease_seconds=20)
    assert task is not None
    clock.advance(20)
    last = queue.claim("w")
    assert last is not None
    assert last.id == good
    assert queue.stats().dead == 1000


def test_other_sql_may_move_a_task_about(queue: Queue, db: Database, clock: Clock) -> None:
    """A claim follows a run_after_utc that other SQL moved later, earlier and back."""
    task = queue.enqueue("t", None)
    change_raw(db, task, "run_after_utc = datetime('now', '+10 seconds')")
    assert queue.claim("w") is None
    change_raw(db, task, "run_after_utc = datetime('now', '-10 seconds')")
    assert queue.release(queue.claim("w") or pytest.fail("not claimed")).id == task
    change_raw(db, task, "run_after_utc = datetime('now', '+10 seconds')")
    assert queue.claim("w") is None
    clock.advance(10)
    assert queue.claim("w") is not None


def test_a_lapsed_task_that_was_rescheduled_waits(queue: Queue, db: Database, clock: Clock) -> None:
    """A lapsed task keeps a run_after_utc that other SQL set during the lease."""
    queue.enqueue("t", None)
    task = queue.claim("w", lease_seconds=10)
    assert task is not None
    change_raw(db, task.id, "run_after_utc = datetime('now', '+100 seconds')")
    clock.advance(50)
    assert queue.claim("w") is None
    clock.advance(50)
    assert queue.claim("w") is not None


def test_a_clock_that_steps_back(queue: Queue, clock: Clock) -> None:
    """A clock that steps back lengthens leases, but no task is claimed twice or lost."""
    queue.enqueue_many("t", [1, 2])
    first = queue.claim("w", lease_seconds=10)
    clock.advance(-3600)
    second = queue.claim("w", lease_seconds=10)
    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert queue.claim("w") is None
    assert queue.complete(first).status == "completed"


@on_sqlite
def test_the_clock_reaches_sql(db: QueueDatabase, clock: Clock) -> None:
    """All date functions of a connection follow the clock, with modifiers and in defaults."""
    clock.now = START + 0.25
    row = db.execute(
        "SELECT datetime('now'), date('now'), time('now', '+1 hour'), unixepoch('now'), "
        "strftime('%Y %f', 'now'), julianday('now'), datetime('2020-01-01', '+1 day'), "
        "datetime(), strftime('%s')"
    ).fetchone()
    assert tuple(row[:5]) == (
        "2027-01-15 08:00:00",
        "2027-01-15",
        "09:00:00",
        1_800_000_000,
        "2027 00.250",
    )
    assert row[5] == pytest.approx(2461420.8333362)
    assert tuple(row[6:]) == ("2020-01-02 00:00:00", "2027-01-15 08:00:00", "1800000000")
    assert column(db, add_raw(db), "created_at_utc") == "2027-01-15 08:00:00"


def test_without_a_clock_the_time_is_this_machines() -> None:
    """Without a clock, Python and SQLite use the same time."""
    with QueueDatabase(":memory:") as db:
        queue = TaskQueue(db)
        in_sql = add_raw(db)
        in_python = queue.enqueue("t", None)
        texts = [column(db, task, "created_at_utc") for task in (in_sql, in_python)]
        assert abs(seconds_of(texts[0]) - seconds_of(texts[1])) <= 1
        assert abs(seconds_of(texts[0]) - db.now()) <= 2
        assert queue.claim("w") is not None
