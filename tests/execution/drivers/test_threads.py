"""The threads driver: actors that overlap, are killed, hang and fail, each in a thread."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.drivers.threads import Threads
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from tests.execution.drivers import programs, queues
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import SmallSqliteQueue

BOTH = pytest.mark.parametrize("adapter", [MemoryQueue, SmallSqliteQueue])


def run(
    scenario: Scenario, adapter: type[QueueAdapter], folder: Path, effort: Effort | None = None
) -> Any:
    """Return the history of a run in threads."""
    runs = Threads().runs(scenario, QueueUnderTest.of(adapter), folder, effort or Effort())
    return next(runs).history


def overlaps(operations: Iterable[Operation]) -> bool:
    """Return True if calls of different actors overlap."""
    return any(
        first.actor != second.actor
        and not first.ended_before(second)
        and not second.ended_before(first)
        for first, second in combinations(operations, 2)
    )


def done_twice(history: History) -> set[str | None]:
    """Return the tasks that were delivered more than once."""
    tasks = [operation.task for operation in history.by(Verb.CLAIM) if operation.is_delivery]
    return {task for task in tasks if tasks.count(task) > 1}


@BOTH
def test_every_task_is_completed(adapter: type[QueueAdapter], tmp_path: Path) -> None:
    """Script, threads and ending make one history, with one instance or several."""
    scenario = Scenario(
        script=programs.stock, programs=programs.crew(programs.drain), ending=Environment.settle
    )
    history = run(scenario, adapter, tmp_path)
    assert {operation.task for operation in history.by(Verb.COMPLETE)} == {
        f"task-{number}" for number in range(programs.TASKS)
    }
    assert history.drained
    assert (history.driver, done_twice(history)) == ("threads", set())


def test_all_begin_when_all_have_opened(tmp_path: Path) -> None:
    """No program acts before all have opened the queue; then calls overlap."""
    scenario = Scenario(script=programs.stock, programs=programs.crew(programs.drain))
    history = run(scenario, SmallSqliteQueue, tmp_path)
    acting = [operation for operation in history if operation.actor.startswith("actor")]
    opened = [operation.end for operation in acting if operation.verb is Verb.OPEN]
    assert len(opened) == 3
    assert max(opened) <= min(
        operation.start for operation in acting if operation.verb is not Verb.OPEN
    )
    assert overlaps(operation for operation in acting if operation.verb is not Verb.OPEN)


def test_a_race_in_plain_python_shows(tmp_path: Path) -> None:
    """Threads switch so often that an unguarded choice delivers a task twice."""
    scenario = Scenario(script=programs.stock, programs=programs.crew(programs.drain))
    before = sys.getswitchinterval()
    rounds = (tmp_path / str(number) for number in range(50))
    assert any(done_twice(run(scenario, queues.RacesInMemory, _made(folder))) for folder in rounds)
    assert sys.getswitchinterval() == before


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@BOTH
def test_a_killed_actor_does_nothing_more(adapter: type[QueueAdapter], tmp_path: Path) -> None:
    """The task of a killed actor goes to another when its lease has expired."""
    scenario = Scenario(
        script=programs.stock,
        programs=programs.crew(programs.claim_and_enqueue, faults=programs.KILLED),
        ending=Environment.settle,
        lease=0.2,
    )
    history = run(scenario, adapter, tmp_path)
    assert len(history.by(Verb.KILL)) == 3
    assert "after-death" not in {operation.task for operation in history}
    assert len(history.by(Verb.COMPLETE)) == programs.TASKS
    assert len(done_twice(history)) == 3


def test_a_call_that_hangs_does_not_hang_the_run(tmp_path: Path) -> None:
    """An actor that hangs is left behind with a call without an end; the ending runs."""
    scenario = Scenario(
        script=programs.stock,
        programs=programs.crew(programs.drain),
        ending=lambda env: _ignore(env.actor("late").enqueue("last")),
    )
    history = run(scenario, queues.Hangs, tmp_path, Effort(limit=0.5))
    hung = [operation for operation in history if operation.end is None]
    assert {(operation.verb, operation.outcome) for operation in hung} == {
        (Verb.COMPLETE, Outcome.UNKNOWN)
    }
    assert {operation.actor for operation in hung} == {"actor-1", "actor-2", "actor-3"}
    assert history.operations[-1].task == "last"
    assert history.by(Verb.KILL) == []


def _ignore(_value: object) -> None: ...


def test_an_opening_that_hangs_does_not_delay_the_others(tmp_path: Path) -> None:
    """The actors that opened the queue act without those that hang."""

    def script(env: Environment) -> None: ...

    scenario = Scenario(script=script, programs=programs.crew(programs.produce))
    history = run(scenario, queues.HangsAtOpening, tmp_path, Effort(limit=0.5))
    assert any(operation.verb is Verb.ENQUEUE and operation.ok for operation in history)
    assert any(operation.verb is Verb.OPEN and operation.end is None for operation in history)


def test_an_actor_that_cannot_open_the_queue_stays_out(tmp_path: Path) -> None:
    """A failed opening is the only operation of its actor; the script's actor continues."""
    scenario = Scenario(
        script=programs.stock, programs=programs.crew(programs.drain), ending=_count
    )
    history = run(scenario, queues.Shut, tmp_path)
    shut = [operation for operation in history if operation.actor.startswith("actor")]
    assert {(operation.verb, operation.error) for operation in shut} == {
        (Verb.OPEN, "PermissionError: one is enough")
    }
    assert history.operations[-1].verb is Verb.STATS


def _count(env: Environment) -> None:
    env.actor("stocker").stats()


def test_an_error_of_a_program_names_its_actor(tmp_path: Path) -> None:
    """An error of a program comes out of the run, with a note that names the actor."""
    scenario = Scenario(script=programs.stock, programs=programs.crew(programs.complain))
    with pytest.raises(LookupError, match="no such page") as raised:
        run(scenario, SmallSqliteQueue, tmp_path)
    assert "actor-2" in raised.value.__notes__[0]


def test_no_thread_is_left(tmp_path: Path) -> None:
    """All threads end with the run, also those of killed and failed actors."""
    before = set(threading.enumerate())
    killed = programs.crew(programs.claim_and_enqueue, faults=programs.KILLED)
    for number, crew in enumerate((killed, programs.crew(programs.complain))):
        scenario = Scenario(script=programs.stock, programs=crew)
        with suppress(LookupError):
            run(scenario, SmallSqliteQueue, _made(tmp_path / str(number)))
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert set(threading.enumerate()) <= before


def test_an_actor_of_the_script_may_have_a_program(tmp_path: Path) -> None:
    """An actor of the script that also has a program continues its numbers."""

    def script(env: Environment) -> None:
        env.actor("actor-1").enqueue("first")

    scenario = Scenario(script=script, programs=programs.crew(programs.drain), ending=_again)
    history = run(scenario, SmallSqliteQueue, tmp_path)
    mine = [operation.verb for operation in history if operation.actor == "actor-1"]
    assert mine[:2] == [Verb.OPEN, Verb.ENQUEUE]
    assert mine.count(Verb.OPEN) == 2
    assert mine[-1] is Verb.STATS


def _again(env: Environment) -> None:
    env.actor("actor-1").stats()


def test_a_queue_for_one_thread_is_not_run(tmp_path: Path) -> None:
    """A queue that is declared for one thread is not run in several."""
    with pytest.raises(NotRunError, match="one thread"):
        run(Scenario(), queues.OneThread, tmp_path)
