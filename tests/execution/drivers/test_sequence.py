"""The sequence driver: one call after the other, by a clock that the queue follows."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.drivers.sequence import Sequence
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import SECOND, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from tests.execution.drivers import programs, queues
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import SmallSqliteQueue

SHORT = Effort(limit=0.5)


def run(
    scenario: Scenario, adapter: type[QueueAdapter], folder: Path, effort: Effort | None = None
) -> Any:
    """Return the history of a run in sequence."""
    runs = Sequence().runs(scenario, QueueUnderTest.of(adapter), folder, effort or Effort())
    return next(runs).history


def _lease_and_wait(env: Environment) -> None:
    env.actor("ann").enqueue("task")
    env.actor("ann").claim()
    env.outlast(env.lease)
    env.actor("bob").claim()


@pytest.mark.parametrize("adapter", [MemoryQueue, SmallSqliteQueue])
def test_a_day_passes_in_no_time(adapter: type[QueueAdapter], tmp_path: Path) -> None:
    """If the queue follows the kit's clock, a lease of a day expires at once."""
    scenario = Scenario(script=_lease_and_wait, lease=86_400.0, passes_time=True)
    history = run(scenario, adapter, tmp_path)
    first, second = history.by(Verb.CLAIM)
    assert first.is_delivery
    assert second.is_delivery
    assert second.start - first.start > 86_400 * SECOND


@pytest.mark.parametrize("adapter", [queues.OwnClock, queues.Monotonic])
def test_a_queue_with_its_own_clock_is_waited_for(
    adapter: type[QueueAdapter], tmp_path: Path
) -> None:
    """If a queue does not follow the kit's clock, leases are short and the kit waits."""
    scenario = Scenario(script=_lease_and_wait, lease=86_400.0, passes_time=True)
    history = run(scenario, adapter, tmp_path)
    assert [operation.is_delivery for operation in history.by(Verb.CLAIM)] == [True, True]
    assert history.lease == 1.0


def test_real_waits_require_level_standard(tmp_path: Path) -> None:
    """At level quick a rule that needs real waits is not run."""
    scenario = Scenario(script=_lease_and_wait, passes_time=True)
    with pytest.raises(NotRunError, match="requires --queue-level standard") as raised:
        run(scenario, queues.Monotonic, tmp_path, Effort.at(Level.QUICK))
    assert raised.value.kind == "level"


@pytest.mark.parametrize("level", Level)
def test_a_long_lease_is_not_waited_for(level: Level, tmp_path: Path) -> None:
    """A lease of an hour is too long at every level, so no level is recommended."""
    scenario = Scenario(script=_lease_and_wait, passes_time=True)
    with pytest.raises(NotRunError) as raised:
        run(scenario, queues.LongLease, tmp_path, Effort.at(level))
    most = Effort.at(level).max_wait
    assert (raised.value.kind, str(raised.value)) == (
        "clock",
        f"needs a lease of at most {most:g} s by the queue's own clock (declared: 3600 s). "
        "Give claim() a 'lease' option.",
    )


class FiveMinutes(queues.LongLease):
    """Leases for five minutes, always."""

    name = "five-minutes"
    lease_seconds = 300.0


@pytest.mark.parametrize("level", [Level.QUICK, Level.STANDARD])
def test_level_deep_is_recommended_if_it_helps(level: Level, tmp_path: Path) -> None:
    """If level deep can outlast the lease, the message recommends it."""
    scenario = Scenario(script=_lease_and_wait, passes_time=True)
    with pytest.raises(NotRunError, match=r"Give claim.* option, or use --queue-level deep"):
        run(scenario, FiveMinutes, tmp_path, Effort.at(level))


def test_level_deep_waits_for_five_minutes(tmp_path: Path) -> None:
    """Level deep outlasts a lease of five minutes, and reports the wait."""
    heard: list[tuple[str, float]] = []

    class EnoughError(Exception):
        """The wait has begun."""

    def progress(awaited: str, seconds: float) -> None:
        heard.append((awaited, seconds))
        raise EnoughError

    scenario = Scenario(script=_lease_and_wait, passes_time=True)
    queue, deep = QueueUnderTest.of(FiveMinutes), Effort.at(Level.DEEP)
    with pytest.raises(EnoughError):
        next(Sequence().runs(scenario, queue, tmp_path, deep, progress))
    ((awaited, seconds),) = heard
    assert awaited == "a lease or a delay to end"
    assert 300 <= seconds <= 302


def test_a_wait_for_a_lease_is_not_a_hang(tmp_path: Path) -> None:
    """A wait that is longer than the limit does not count as a hang."""
    scenario = Scenario(script=_lease_and_wait, passes_time=True)
    effort = Effort(limit=-2.9)  # 0.1 s, with the time that the run adds for its leases of 1 s
    history = run(scenario, queues.OwnClock, tmp_path, effort)
    assert [operation.is_delivery for operation in history.by(Verb.CLAIM)] == [True, True]


def test_a_queue_is_probed_once(tmp_path: Path) -> None:
    """Later runs of the same queue use the answer of the first probe."""
    queue = QueueUnderTest.of(SmallSqliteQueue)
    scenario = Scenario(script=lambda env: env.wait(60), passes_time=True)
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        next(Sequence().runs(scenario, queue, folder, Effort()))
    assert (tmp_path / "first" / "probe").exists()
    assert not (tmp_path / "second" / "probe").exists()


def test_a_scenario_without_waits_is_not_probed(tmp_path: Path) -> None:
    """A scenario without waits runs on any queue and at any level."""
    scenario = Scenario(script=lambda env: _ignore(env.actor("ann").enqueue("task")))
    history = run(scenario, queues.LongLease, tmp_path, Effort.at(Level.QUICK))
    assert [operation.verb for operation in history] == [Verb.OPEN, Verb.ENQUEUE]
    assert not (tmp_path / "probe").exists()


def _ignore(_value: object) -> None: ...


def test_script_programs_and_ending_in_turn(tmp_path: Path) -> None:
    """The script comes first, then each program in turn, then the ending."""
    scenario = Scenario(
        script=programs.stock, programs=programs.crew(programs.produce), ending=Environment.settle
    )
    history = run(scenario, SmallSqliteQueue, tmp_path)
    order = list(dict.fromkeys(operation.actor for operation in history))
    assert order == ["stocker", "actor-1", "actor-2", "actor-3", "collector"]
    assert history.drained
    assert history.driver == "sequence"


def test_a_killed_actor_does_nothing_more(tmp_path: Path) -> None:
    """A kill ends the program, and its task goes to another when the lease has expired."""
    scenario = Scenario(
        script=programs.stock,
        programs=programs.crew(programs.claim_and_enqueue, faults=programs.KILLED),
        ending=Environment.settle,
    )
    history = run(scenario, SmallSqliteQueue, tmp_path)
    assert [operation.actor for operation in history.by(Verb.KILL)] == [
        "actor-1",
        "actor-2",
        "actor-3",
    ]
    assert "after-death" not in {operation.task for operation in history}
    assert len(history.by(Verb.COMPLETE)) == programs.TASKS


def test_a_call_that_hangs_does_not_hang_the_run(tmp_path: Path) -> None:
    """The history ends with the call that never returned."""
    scenario = Scenario(script=programs.stock, programs=programs.crew(programs.drain))
    history = run(scenario, queues.Hangs, tmp_path, SHORT)
    last = history.operations[-1]
    assert (last.verb, last.end, last.outcome) == (Verb.COMPLETE, None, Outcome.UNKNOWN)


def test_an_endless_script_is_stopped(tmp_path: Path) -> None:
    """A script that calls forever is stopped, although each call ends."""

    def for_ever(env: Environment) -> None:
        while True:
            env.actor("ann").claim()

    history = run(Scenario(script=for_ever), MemoryQueue, tmp_path, Effort(limit=0.1))
    assert len(history) > 1


def test_an_error_of_a_program_names_its_actor(tmp_path: Path) -> None:
    """An error of a program comes out of the run, with a note that names the actor."""
    scenario = Scenario(script=programs.stock, programs=programs.crew(programs.complain))
    with pytest.raises(LookupError, match="no such page") as raised:
        run(scenario, SmallSqliteQueue, tmp_path)
    assert "actor-2" in raised.value.__notes__[0]


def test_two_actors_of_one_name_are_an_error(tmp_path: Path) -> None:
    """The names of actors must differ."""
    no_deduplication = [Program(actor="twin", function=programs.drain)] * 2
    with pytest.raises(ValueError, match="twin, twin"):
        run(Scenario(programs=lambda effort: no_deduplication), SmallSqliteQueue, tmp_path)


def test_a_queue_that_cannot_be_opened_is_in_the_history(tmp_path: Path) -> None:
    """The run ends when an actor of the script cannot open the queue."""

    def two(env: Environment) -> None:
        env.actor("ann")
        env.actor("bob")
        env.actor("ann").enqueue("never")

    history = run(Scenario(script=two, ending=Environment.settle), queues.Shut, tmp_path)
    assert [(operation.actor, operation.outcome) for operation in history] == [
        ("ann", Outcome.OK),
        ("bob", Outcome.UNKNOWN),
    ]


def test_files_are_closed_when_the_run_is_over(tmp_path: Path) -> None:
    """Every instance is closed by the thread that opened it, even that of a killed actor."""
    closed: list[tuple[int, bool]] = []

    class Counted(SmallSqliteQueue):
        name = "counted"

        def __init__(self, location: str) -> None:
            super().__init__(location)
            self.opened_by = threading.get_ident()

        def close(self) -> None:
            closed.append((id(self), self.opened_by == threading.get_ident()))
            super().close()

    killed = programs.crew(programs.claim_and_enqueue, size=2, faults=programs.KILLED)
    scenario = Scenario(script=programs.stock, programs=killed)
    run(scenario, Counted, tmp_path)
    assert len(set(closed)) == len(closed) == 3
    assert all(same for _, same in closed)
