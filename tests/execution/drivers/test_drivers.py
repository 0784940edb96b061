"""Promises of every driver."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from itertools import islice
from pathlib import Path

import pytest

from pytest_queuekit.execution import drivers
from pytest_queuekit.execution.drivers.catalogue import DRIVERS
from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.drivers.threads import Threads
from pytest_queuekit.execution.drivers.xdist import XdistWorkers
from pytest_queuekit.execution.faults.kill import Kill
from pytest_queuekit.execution.scenario import Driver, Program, Scenario
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from tests.execution.drivers import programs
from tests.queues.small_sqlite import SmallSqliteQueue

EACH = pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
QUEUE = QueueUnderTest.of(SmallSqliteQueue)
PRODUCE = Scenario(programs=programs.crew(programs.produce, size=2))


@EACH
def test_a_run_has_its_history_and_its_driver(driver: Driver, tmp_path: Path) -> None:
    """Each run names the driver, and several runs of one driver differ in their tokens."""
    runs = list(driver.runs(PRODUCE, QUEUE, tmp_path, Effort()))
    for run in runs:
        assert {enqueue.task for enqueue in run.history.by(Verb.ENQUEUE)} == {
            "actor-1-0",
            "actor-2-0",
        }
        assert (run.history.driver, run.faults) == (driver.name, ())
    assert len({run.token for run in runs}) == len(runs)


@EACH
def test_a_run_is_made_on_demand(driver: Driver, tmp_path: Path) -> None:
    """A driver does nothing before the first run is taken from the iterator."""
    driver.runs(PRODUCE, QUEUE, tmp_path, Effort())
    assert list(tmp_path.iterdir()) == []


@EACH
def test_a_run_lists_its_faults(driver: Driver, tmp_path: Path) -> None:
    """Each run lists the faults that its actors carried, in the order of the programs."""
    carried = (Kill(after=1), Kill(after=2))
    scenario = Scenario(programs=programs.crew(programs.produce, size=2, faults=carried))
    for run in driver.runs(scenario, QUEUE, tmp_path, Effort()):
        assert run.faults == 2 * carried


@EACH
def test_a_run_lists_the_faults_that_did_not_strike(driver: Driver, tmp_path: Path) -> None:
    """A program may end before its fault is due; another actor's fault strikes all the same."""
    due, late = Kill(after=1), Kill(after=9)
    crew = [
        Program(actor="a", function=programs.produce, faults=(late, due)),
        Program(actor="b", function=programs.produce, faults=(late,)),
    ]
    for run in driver.runs(Scenario(programs=lambda effort: crew), QUEUE, tmp_path, Effort()):
        assert (run.faults, run.unstruck) == ((late, due, late), (late, late))


@pytest.mark.parametrize("kind", [Threads, Processes], ids=lambda kind: kind.name)
def test_a_driver_can_repeat_its_run(kind: type[Threads] | type[Processes], tmp_path: Path) -> None:
    """A driver with `repeat` makes `Effort.rounds` runs, each on a new queue."""
    runs = kind(repeat=True).runs(PRODUCE, QUEUE, tmp_path, Effort(rounds=3))
    counts = [len(run.history.by(Verb.ENQUEUE)) for run in islice(runs, 2)]
    assert counts == [2, 2]
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["run-1", "run-2"]
    assert len(list(runs)) == 1


@EACH
def test_two_actors_of_one_name_are_an_error(driver: Driver, tmp_path: Path) -> None:
    """The names of actors must differ."""
    twins = [Program(actor="twin", function=programs.drain)] * 2
    with pytest.raises(ValueError, match="twin, twin"):
        next(driver.runs(Scenario(programs=lambda effort: twins), QUEUE, tmp_path, Effort()))


def test_every_driver_is_listed() -> None:
    """Every driver class is listed, except the one that needs arguments."""
    modules = [
        importlib.import_module(f"{drivers.__name__}.{module.name}")
        for module in pkgutil.iter_modules(drivers.__path__)
    ]
    defined = {
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and hasattr(value, "runs") and value is not Driver
    }
    assert defined - {XdistWorkers} == {type(driver) for driver in DRIVERS}
    assert len({driver.name for driver in DRIVERS}) == len(DRIVERS)
