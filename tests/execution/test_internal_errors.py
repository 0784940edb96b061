"""An internal error ends a run with an error, wherever it happens, and never with a verdict."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.errors import ActorError
from pytest_queuekit.execution.drivers import play
from pytest_queuekit.execution.drivers.catalogue import DRIVERS
from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.drivers.sequence import Sequence
from pytest_queuekit.execution.drivers.threads import Threads
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Driver, Program, Scenario
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.recording.operation_log import Log
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.rules.rule import Rule, judge
from tests.queues.small_sqlite import SmallSqliteQueue

EACH = pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
IN_THIS_PROCESS = pytest.mark.parametrize(
    "driver", [Sequence(), Threads()], ids=lambda driver: driver.name
)


class BrokenKitError(Exception):
    """Stands for a mistake in the kit."""


def broken(*_arguments: Any, **_options: Any) -> Any:
    """Raise."""
    raise BrokenKitError("the kit is broken")


def stock(env: Environment) -> None:
    """Enqueue a task."""
    env.actor("stocker").enqueue("task")


def work(recorder: Recorder) -> None:
    """Claim a task and complete it."""
    delivery = recorder.claim()
    if delivery is not None:
        recorder.complete(delivery)


def lose_the_log(recorder: Recorder) -> None:
    """Claim with a log that raises."""
    recorder.sink = broken
    recorder.claim()


def misread_the_reply(recorder: Recorder) -> None:
    """Claim with a recorder that cannot read replies."""
    recorder._replies.claim = broken  # type: ignore[method-assign]  # what the test is about
    recorder.claim()


def babble(recorder: Recorder) -> None:
    """Send invalid UTF-8 to the parent, on each pipe that accepts it."""
    for descriptor in range(3, 20):
        with suppress(OSError):
            if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                os.write(descriptor, b"\xff\n")


def tear_the_log(recorder: Recorder) -> None:
    """Leave the last line of the log incomplete."""
    log: Any = recorder.sink
    os.write(log._file, b'{"number": 7')


def verdict(
    driver: Driver,
    folder: Path,
    program: Any = work,
    adapter: type[QueueAdapter] = SmallSqliteQueue,
) -> Any:
    """Judge a rule with one program. No test gets as far as a verdict."""
    rule = Rule(
        id="TEST-1",
        slug="test",
        sentence="A task is not lost.",
        why="It is the test's.",
        scenario=Scenario(
            script=stock,
            programs=lambda effort: [Program(actor="worker", function=program)],
            ending=Environment.settle,
        ),
        drivers=(driver,),
        monitors=(no_loss,),
    )
    return judge(rule, QueueUnderTest.of(adapter), folder, Effort(limit=10.0))


@EACH
@pytest.mark.parametrize("program", [lose_the_log, misread_the_reply])
def test_an_error_of_the_recorder_ends_the_run(
    driver: Driver, program: Any, tmp_path: Path
) -> None:
    """In every driver, an error of the recorder is not recorded as a reply of the queue."""
    with pytest.raises((BrokenKitError, ActorError), match="the kit is broken"):
        verdict(driver, tmp_path, program)


@EACH
def test_an_error_of_the_driver_ends_the_run(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of a driver comes out of `judge`."""
    monkeypatch.setattr(Environment, "history", broken)
    with pytest.raises(BrokenKitError):
        verdict(driver, tmp_path)


@IN_THIS_PROCESS
def test_an_error_of_the_watchdog_ends_the_run(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the watchdog is not reported as a hang of the queue."""

    class Slow(SmallSqliteQueue):
        name = "slow"
        held = -1

        def enqueue(self, payload: str, **options: Any) -> int:
            number = super().enqueue(payload, **options)
            os.read(self.held, 1)
            return number

    reader, writer = os.pipe()
    monkeypatch.setattr(Slow, "held", reader)
    monkeypatch.setattr(Log, "idle", broken)
    try:
        with pytest.raises(BrokenKitError):
            verdict(driver, tmp_path, adapter=Slow)
    finally:
        os.close(writer)


@IN_THIS_PROCESS
def test_an_error_of_the_arming_ends_the_run(
    driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If arming the faults fails, the program does not run without them."""
    monkeypatch.setattr(play, "armed", broken)
    with pytest.raises(BrokenKitError):
        verdict(driver, tmp_path)


@pytest.mark.parametrize(
    ("program", "message"), [(babble, "utf-8"), (tear_the_log, "last line is incomplete")]
)
def test_an_actor_that_is_not_understood_ends_the_run(
    program: Any, message: str, tmp_path: Path
) -> None:
    """An unreadable word or log of an actor is neither a hang nor a kill."""
    with pytest.raises(Exception, match=message):
        verdict(Processes(), tmp_path, program)


class CannotClose(SmallSqliteQueue):
    """Raises when it is closed."""

    name = "cannot-close"

    def close(self) -> None:
        super().close()
        raise OSError("still in use")


@pytest.mark.parametrize("driver", [Threads(), Processes()], ids=lambda driver: driver.name)
def test_a_closing_that_fails_is_in_the_history(driver: Driver, tmp_path: Path) -> None:
    """If an actor fails to close the queue after its program, the error is recorded."""
    scenario = Scenario(
        script=stock, programs=lambda effort: [Program(actor="worker", function=work)]
    )
    (run,) = driver.runs(scenario, QueueUnderTest.of(CannotClose), tmp_path, Effort())
    assert [
        (operation.actor, operation.outcome, operation.error) for operation in closings(run.history)
    ] == [("worker", Outcome.UNKNOWN, "OSError: still in use")]


def closings(history: History) -> list[Operation]:
    """Return the closings."""
    return list(history.by(Verb.CLOSE))
