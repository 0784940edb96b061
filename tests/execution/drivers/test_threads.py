"""The threads driver: actors that overlap, die, hang and fail, each in a thread."""

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
    """Whether calls of different actors were under way at the same time."""
    return any(
        one.actor != other.actor and not one.ended_before(other) and not other.ended_before(one)
        for one, other in combinations(operations, 2)
    )


def done_twice(history: History) -> set[str | None]:
    """Return the tasks that were handed out more than once."""
    tasks = [one.task for one in history.by(Verb.CLAIM) if one.is_delivery]
    return {task for task in tasks if tasks.count(task) > 1}


@BOTH
def test_every_task_goes_through(adapter: type[QueueAdapter], tmp_path: Path) -> None:
    """Script, threads and ending make one history, on a queue shared or opened by each."""
    scenario = Scenario(
        script=programs.stock, programs=programs.crew(programs.drain), ending=Environment.settle
    )
    history = run(scenario, adapter, tmp_path)
    assert {one.task for one in history.by(Verb.COMPLETE)} == {
        f"task-{number}" for number in range(programs.TASKS)
    }
    assert history.drained
    assert (history.driver, done_twice(history)) == ("threads", set())


def test_all_begin_when_all_have_opened(tmp_path: Path) -> None:
    """No program acts before each has an instance of its own; then calls overlap."""
    scenario = Scenario(script=programs.stock, programs=programs.crew(programs.drain))
    history = run(scenario, SmallSqliteQueue, tmp_path)
    acting = [one for one in history if one.actor.startswith("actor")]
    opened = [one.end for one in acting if one.verb is Verb.OPEN]
    assert len(opened) == 3
    assert max(opened) <= min(one.start for one in acting if one.verb is not Verb.OPEN)
    assert overlaps(one for one in acting if one.verb is not Verb.OPEN)


def test_a_race_in_plain_python_shows(tmp_path: Path) -> None:
    """Threads switch so often that an unguarded choice hands out a task twice."""
    scenario = Scenario(script=programs.stock, programs=programs.crew(programs.drain))
    before = sys.getswitchinterval()
    rounds = (tmp_path / str(number) for number in range(50))
    assert any(done_twice(run(scenario, queues.RacesInMemory, _made(one))) for one in rounds)
    assert sys.getswitchinterval() == before


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@BOTH
def test_the_dead_do_nothing_and_the_others_go_on(
    adapter: type[QueueAdapter], tmp_path: Path
) -> None:
    """What the dead held comes to another when its lease has run out."""
    scenario = Scenario(
        script=programs.stock,
        programs=programs.crew(programs.claim_and_enqueue, faults=programs.KILLED),
        ending=Environment.settle,
        lease=0.2,
    )
    history = run(scenario, adapter, tmp_path)
    assert len(history.by(Verb.KILL)) == 3
    assert "after-death" not in {one.task for one in history}
    assert len(history.by(Verb.COMPLETE)) == programs.TASKS
    assert len(done_twice(history)) == 3


def test_a_call_that_hangs_does_not_hang_the_run(tmp_path: Path) -> None:
    """Whoever hangs is left behind, with a call that never came back; the ending is played."""
    scenario = Scenario(
        script=programs.stock,
        programs=programs.crew(programs.drain),
        ending=lambda env: _ignore(env.actor("late").enqueue("last")),
    )
    history = run(scenario, queues.Hangs, tmp_path, Effort(limit=0.5))
    hung = [one for one in history if one.end is None]
    assert {(one.verb, one.outcome) for one in hung} == {(Verb.COMPLETE, Outcome.UNKNOWN)}
    assert {one.actor for one in hung} == {"actor-1", "actor-2", "actor-3"}
    assert history.operations[-1].task == "last"
    assert history.by(Verb.KILL) == []


def _ignore(_value: object) -> None: ...


def test_an_opening_that_hangs_does_not_hold_up_the_others(tmp_path: Path) -> None:
    """The actors that did open act without those that hang in it."""

    def script(env: Environment) -> None: ...

    scenario = Scenario(script=script, programs=programs.crew(programs.produce))
    history = run(scenario, queues.HangsAtOpening, tmp_path, Effort(limit=0.5))
    assert any(one.verb is Verb.ENQUEUE and one.ok for one in history)
    assert any(one.verb is Verb.OPEN and one.end is None for one in history)


def test_who_cannot_open_stays_out(tmp_path: Path) -> None:
    """An actor that cannot open the queue has one operation; the script's actor goes on."""
    scenario = Scenario(
        script=programs.stock, programs=programs.crew(programs.drain), ending=_count
    )
    history = run(scenario, queues.Shut, tmp_path)
    shut = [one for one in history if one.actor.startswith("actor")]
    assert {(one.verb, one.error) for one in shut} == {
        (Verb.OPEN, "PermissionError: one is enough")
    }
    assert history.operations[-1].verb is Verb.STATS


def _count(env: Environment) -> None:
    env.actor("stocker").stats()


def test_an_error_of_a_program_is_told_with_its_actor(tmp_path: Path) -> None:
    """What a program raises comes out of the run, with the actor that raised it."""
    scenario = Scenario(script=programs.stock, programs=programs.crew(programs.complain))
    with pytest.raises(LookupError, match="no such page") as raised:
        run(scenario, SmallSqliteQueue, tmp_path)
    assert "actor-2" in raised.value.__notes__[0]


def test_no_thread_is_left(tmp_path: Path) -> None:
    """When the run is over its threads are too, those of the dead and the failed included."""
    before = set(threading.enumerate())
    killed = programs.crew(programs.claim_and_enqueue, faults=programs.KILLED)
    for number, crew in enumerate((killed, programs.crew(programs.complain))):
        scenario = Scenario(script=programs.stock, programs=crew)
        with suppress(LookupError):
            run(scenario, SmallSqliteQueue, _made(tmp_path / str(number)))
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert set(threading.enumerate()) <= before


def test_one_actor_may_go_on_where_the_script_left_it(tmp_path: Path) -> None:
    """An actor of the script that is also a program's goes on counting its operations."""

    def script(env: Environment) -> None:
        env.actor("actor-1").enqueue("first")

    scenario = Scenario(script=script, programs=programs.crew(programs.drain), ending=_again)
    history = run(scenario, SmallSqliteQueue, tmp_path)
    mine = [one.verb for one in history if one.actor == "actor-1"]
    assert mine[:2] == [Verb.OPEN, Verb.ENQUEUE]
    assert mine.count(Verb.OPEN) == 2
    assert mine[-1] is Verb.STATS


def _again(env: Environment) -> None:
    env.actor("actor-1").stats()


def test_a_queue_for_one_thread_is_not_run(tmp_path: Path) -> None:
    """Sharing is tried only where it is declared."""
    with pytest.raises(NotRunError, match="one thread"):
        run(Scenario(), queues.OneThread, tmp_path)
