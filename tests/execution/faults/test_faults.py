"""The effect of each fault on an actor, and the drivers that cannot carry it."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from pytest_queuekit.errors import NotRunError, UsageError
from pytest_queuekit.execution import faults
from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.drivers.sequence import Sequence
from pytest_queuekit.execution.drivers.threads import Threads
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.faults.busy import Busy
from pytest_queuekit.execution.faults.catalogue import FAULTS, pack, unpack
from pytest_queuekit.execution.faults.clock_step import ClockStep
from pytest_queuekit.execution.faults.connection_lost import ConnectionLost
from pytest_queuekit.execution.faults.disk_full import DiskFull
from pytest_queuekit.execution.faults.fault import Fault
from pytest_queuekit.execution.faults.kill import Kill
from pytest_queuekit.execution.faults.pause import Pause
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Driver, Program, Scenario
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import SECOND, Operation, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.recorder import Recorder
from tests.execution.drivers import queues
from tests.execution.faults import programs
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import SmallSqliteQueue
from tests.queues.watched import Listens

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals, no descriptors")

LEASE = 0.5
DRIVERS: tuple[Driver, ...] = (Sequence(), Threads(), Processes())


def _stock(env: Environment) -> None:
    for number in range(3):
        env.actor("stocker").enqueue(f"task-{number}")


def run(
    driver: Driver,
    program: Callable[[Recorder], None],
    *carried: Fault,
    folder: Path,
    adapter: type[QueueAdapter] = SmallSqliteQueue,
) -> Run:
    """Return a run in which one actor carries faults, and others do not."""
    actor = Program(actor="actor", function=program, faults=carried)
    scenario = Scenario(script=_stock, programs=lambda effort: [actor], lease=LEASE)
    queue = QueueUnderTest.of(adapter)
    return next(driver.runs(scenario, queue, folder, Effort(limit=20.0)))


def acting(run: Run) -> list[Operation]:
    """Return what the actor did after it opened the queue."""
    return [
        operation
        for operation in run.history
        if operation.actor == "actor" and operation.verb is not Verb.OPEN
    ]


def verbs(run: Run) -> list[Verb]:
    """Return the verbs of the actor."""
    return [operation.verb for operation in acting(run)]


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_a_kill_ends_the_actor_between_two_calls(driver: Driver, tmp_path: Path) -> None:
    """The history says that the actor was killed after its first claim, and shows no second."""
    made = run(driver, programs.claim_twice, Kill(after=1), folder=tmp_path)
    assert verbs(made) == [Verb.CLAIM, Verb.KILL]
    assert made.faults == (Kill(after=1),)
    assert made.unstruck == ()


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
@pytest.mark.parametrize("delay", [0.0, 60.0])
def test_a_fault_that_comes_too_late_does_not_strike(
    driver: Driver, delay: float, tmp_path: Path
) -> None:
    """The run lists it, by the call or by the clock that it waited for."""
    pause, late = Pause(after=1, seconds=0.01), Kill(after=0 if delay else 3, delay=delay)
    made = run(driver, programs.claim_twice, pause, late, folder=tmp_path)
    assert verbs(made) == [Verb.CLAIM, Verb.CLAIM]
    assert (made.faults, made.unstruck) == ((pause, late), (late,))


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_a_delayed_kill_ends_an_actor_that_would_never_end(driver: Driver, tmp_path: Path) -> None:
    """A delayed kill takes effect wherever the actor is.

    An actor in its own process is killed even inside a call.
    """
    made = run(driver, programs.claim_for_ever, Kill(delay=0.2), folder=tmp_path)
    assert verbs(made)[-1] is Verb.KILL
    assert Verb.CLAIM in verbs(made)


@pytest.mark.parametrize(
    ("driver", "called"),
    [(Processes(), [Verb.CLAIM, Verb.CLAIM]), (Sequence(), [Verb.CLAIM])],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_kill_within_a_call(driver: Driver, called: list[Verb], tmp_path: Path) -> None:
    """A process dies when the call has taken a share of its usual time; others die before it."""
    kill = Kill(after=1, within=0.5)
    made = run(driver, programs.claim_twice, kill, folder=tmp_path, adapter=queues.ClaimsSlowly)
    assert verbs(made) == [*called, Verb.KILL]
    assert all(call.outcome is Outcome.UNKNOWN for call in acting(made)[1:-1])


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_a_pause_outlasts_the_lease(driver: Driver, tmp_path: Path) -> None:
    """An actor that pauses after its claim completes the task when its lease has expired."""
    pause = Pause(after=1, seconds=2 * LEASE)
    claim, complete = acting(run(driver, programs.claim_and_complete, pause, folder=tmp_path))
    assert claim.end is not None
    assert complete.start - claim.end > LEASE * SECOND
    assert complete.end is not None


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_a_pause_may_outlast_the_time_to_notice_a_death(driver: Driver, tmp_path: Path) -> None:
    """The pause is longer by a multiple of the time that the queue declares."""
    pause = Pause(after=1, seconds=0.5, notices=0.5)
    made = run(driver, programs.claim_and_complete, pause, folder=tmp_path, adapter=Listens)
    claim, complete = acting(made)
    assert claim.end is not None
    assert complete.start - claim.end >= (0.5 + 0.5 * Listens.notice_seconds) * SECOND


def test_a_pause_may_come_at_any_moment(tmp_path: Path) -> None:
    """A process that stops between two calls goes on with the second when the pause is over."""
    pause = Pause(after=1, delay=0.1, seconds=2.0)
    made = run(Processes(), programs.claim_and_wait, pause, folder=tmp_path)
    first, second = acting(made)
    assert second.start - (first.end or 0) >= 2 * SECOND


def test_a_full_disk_fails_writes_and_spares_the_history(tmp_path: Path) -> None:
    """A write past the limit fails with an error of the queue's, which the history keeps."""
    made = run(Processes(), programs.enqueue_large, DiskFull(after=1), folder=tmp_path)
    small, large = acting(made)
    assert small.ok
    assert (large.outcome, large.end is None) == (Outcome.UNKNOWN, False)
    assert "OperationalError" in str(large.error)


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_a_stranger_keeps_the_queue_busy(driver: Driver, tmp_path: Path) -> None:
    """While a stranger holds the write lock, a claim is answered with busy."""
    busy = Busy(after=1, seconds=60.0)
    made = run(driver, programs.claim_twice, busy, folder=tmp_path, adapter=queues.Impatient)
    assert [operation.outcome for operation in acting(made)] == [Outcome.OK, Outcome.BUSY]


def test_the_clock_steps_back(tmp_path: Path) -> None:
    """The wall clock of the second call is an hour before the first; the history's goes on."""
    made = run(Sequence(), programs.look_at_the_clock, ClockStep(after=1), folder=tmp_path)
    first, second = acting(made)
    assert int(str(second.task)) - int(str(first.task)) == -3600
    assert second.start >= (first.end or 0)


def test_a_lost_connection_fails_the_next_call(tmp_path: Path) -> None:
    """Calls fail with an error of the queue's when its files stop working under it."""
    made = run(Processes(), programs.claim_twice, ConnectionLost(after=1), folder=tmp_path)
    first, second = acting(made)
    assert first.ok
    assert second.outcome is Outcome.UNKNOWN
    assert second.error is not None


@pytest.mark.parametrize(
    ("driver", "fault", "reason"),
    [
        (Sequence(), DiskFull(), "process of its own"),
        (Threads(), DiskFull(), "process of its own"),
        (Threads(), ConnectionLost(), "process of its own"),
        (Threads(), ClockStep(), "virtual clock"),
        (Processes(), ClockStep(), "virtual clock"),
    ],
    ids=lambda value: getattr(value, "kind", getattr(value, "name", "")),
)
def test_who_cannot_carry_a_fault_does_not_run(
    driver: Driver, fault: Fault, reason: str, tmp_path: Path
) -> None:
    """A driver that cannot carry a fault says so before it makes a queue."""
    with pytest.raises(NotRunError, match=rf"fault '{fault.kind}' needs .*{reason}") as raised:
        run(driver, programs.claim_twice, fault, folder=tmp_path)
    assert raised.value.kind == "unsupported"
    assert list(tmp_path.iterdir()) == []


class InMemoryOnly(SmallSqliteQueue):
    """Has neither a file nor a connection, in each process a queue of its own."""

    name = "in-memory-only"

    def __init__(self, location: str) -> None:
        super().__init__(":memory:")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Busy(seconds=1.0), "fault 'busy' could not lock an SQLite file"),
        (ConnectionLost(), "fault 'connection-lost' needs a queue"),
    ],
    ids=["busy", "connection-lost"],
)
@pytest.mark.parametrize("delay", [0.0, 0.05])
def test_a_queue_without_the_thing_that_breaks_is_not_run(
    fault: Fault, reason: str, delay: float, tmp_path: Path
) -> None:
    """An actor's process that finds nothing to break passes the reason on to the run."""
    carried = type(fault)(**{**vars(fault), "delay": delay})
    with pytest.raises(NotRunError, match=reason) as raised:
        run(
            Processes(),
            programs.claim_and_wait if delay else programs.claim_twice,
            carried,
            folder=tmp_path,
            adapter=InMemoryOnly,
        )
    assert raised.value.kind == "unsupported"


def test_a_shared_instance_is_kept_busy_by_nobody(tmp_path: Path) -> None:
    """A queue in memory has no lock that a stranger could take."""
    busy = Busy(seconds=1.0)
    with pytest.raises(NotRunError, match="SQLite file"):
        run(Threads(), programs.claim_twice, busy, folder=tmp_path, adapter=MemoryQueue)


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.kind)
def test_a_fault_travels_as_json(kind: type[Fault]) -> None:
    """Each fault comes back equal from JSON, with all its fields."""
    fault = kind(**{field.name: place for place, field in enumerate(fields(kind), start=1)})
    assert unpack(json.loads(json.dumps(pack(fault)))) == fault


@pytest.mark.parametrize(
    "data", [{"kind": "flood"}, {}, {"kind": "kill", "colour": 1}, {"kind": "pause"}]
)
def test_an_unknown_fault_is_a_usage_error(data: dict[str, object]) -> None:
    """A kind or a field that no fault has is named, with the kinds that exist."""
    with pytest.raises(UsageError, match=r"no such fault: .*known: kill, pause"):
        unpack(data)


def test_every_fault_is_listed() -> None:
    """Each module that defines a fault is in the list, under a kind of its own."""
    modules = [
        importlib.import_module(f"{faults.__name__}.{module.name}")
        for module in pkgutil.iter_modules(faults.__path__)
    ]
    defined = {
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Fault) and value is not Fault
    }
    assert defined == set(FAULTS)
    assert len({fault.kind for fault in FAULTS}) == len(FAULTS)
