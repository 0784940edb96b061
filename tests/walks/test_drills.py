"""Drills: short fixed walks, which show each time what random ones show by chance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.model.verdict import RuleRun, Status
from pytest_queuekit.rules.catalogue import CATALOGUE
from pytest_queuekit.rules.rule import by_id, judge
from pytest_queuekit.walks import Claim, Enqueue, Fail, Kill, Purge, Wait
from pytest_queuekit.walks.drills import Drills
from pytest_queuekit.walks.judging import judge_walk
from pytest_queuekit.walks.palette import Palette
from pytest_queuekit.walks.play import Stage, play_walk
from pytest_queuekit.walks.steps import Walk
from tests.mutants.walk import (
    ExpiryForgetsLimit,
    ExpiryLosesPriority,
    PurgeForgetsFailures,
    ReleaseForgetsLimit,
    ReleaseLosesPriority,
)
from tests.mutants.walk_kills import ReclaimMovesReturnedTasks, ReleaseGoesToTheHead
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import SmallSqliteQueue

QUICK = Effort.at(Level.QUICK)
STANDARD = Effort.at(Level.STANDARD)


def _drills(queue: type[QueueAdapter], *, time_passes: bool = True) -> Drills:
    return Drills(Palette(contract=Contract.of(queue), time_passes=time_passes))


def _wrong(queue: type[QueueAdapter], folder: Path) -> list[Walk]:
    """Return the drills that show a violation."""
    subject = QueueUnderTest.of(queue)
    stage = Stage(queue=subject, effort=QUICK, virtual=True)
    wrong = []
    for number, drill in enumerate(_drills(queue).walks()):
        home = folder / str(number)
        home.mkdir()
        run, _ = play_walk(lambda _, drill=drill: iter(drill), stage, home)  # type: ignore[misc]
        if judge_walk(run.history, subject.contract):
            wrong.append(drill)
    return wrong


@pytest.mark.parametrize("queue", [MemoryQueue, SmallSqliteQueue], ids=lambda queue: queue.name)
def test_a_correct_queue_passes_all_drills(queue: type[QueueAdapter], tmp_path: Path) -> None:
    """They are many, and they prove nothing against it."""
    assert len(_drills(queue).walks()) > 50
    assert _wrong(queue, tmp_path) == []


@pytest.mark.parametrize(
    "queue",
    [ExpiryForgetsLimit, ExpiryLosesPriority, ReleaseForgetsLimit, ReleaseLosesPriority],
    ids=lambda queue: queue.name,
)
def test_a_way_back_that_loses_an_option_is_found(
    queue: type[QueueAdapter], tmp_path: Path
) -> None:
    """In each drill of a way back the task has another option."""
    assert _wrong(queue, tmp_path)


def test_something_that_happens_beside_a_task_is_found(tmp_path: Path) -> None:
    """The failure comes before the purge, and another one after it."""
    for drill in (wrong := _wrong(PurgeForgetsFailures, tmp_path)):
        kinds = [type(step) for step in drill]
        assert Fail in kinds[: kinds.index(Purge)]
    assert wrong


def test_without_time_no_drill_waits() -> None:
    """A release and a purge need no time."""
    drills = _drills(MemoryQueue, time_passes=False)
    assert not any(isinstance(step, Wait) for walk in drills.walks() for step in walk)
    assert not any(isinstance(step, Wait) for walk in drills.lives() for step in walk)
    assert not any(isinstance(step, Wait) for step in drills.after_a_kill())


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    "queue", [ReclaimMovesReturnedTasks, ReleaseGoesToTheHead], ids=lambda queue: queue.name
)
def test_a_kill_between_two_steps_of_a_way_back_is_found(
    queue: type[QueueAdapter], seed: int, tmp_path: Path
) -> None:
    """Each call of a drill is killed in each of its open gaps, whatever the seed."""
    rule = by_id(CATALOGUE)["WALK-3"]
    verdict = judge(rule, QueueUnderTest.of(queue), tmp_path, replace(STANDARD, seed=seed))
    assert verdict.status is Status.FAIL
    assert isinstance(verdict.detail, RuleRun)
    assert "Kill(" in verdict.detail.test


def test_a_drill_tells_its_steps_apart() -> None:
    """A kill is put in the place of a step, which must be that step and no equal one."""
    for life in _drills(SmallSqliteQueue).lives():
        assert isinstance(life[0], Enqueue)
        assert len({id(step) for step in life}) == len(life)
    claims = [step for step in _drills(SmallSqliteQueue).after_a_kill() if isinstance(step, Claim)]
    assert len(claims) > 1
    assert Kill not in map(type, _drills(SmallSqliteQueue).after_a_kill())
