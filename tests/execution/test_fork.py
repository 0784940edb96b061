"""An actor in a process of its own forks, and the history has the calls of both processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_queuekit.errors import ActorError
from pytest_queuekit.execution import fork as forking
from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.fork import fork
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import FORKS, History, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.recorder import Recorder
from tests.execution.drivers.queues import NEVER
from tests.queues.small_sqlite import SmallSqliteQueue

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot fork")


class Forgiving(SmallSqliteQueue):
    """Lets a forked child use the connection of its parent."""

    name = "forgiving"

    def _run(self, sql: str, *values: object) -> list[object]:
        self.pid = os.getpid()
        return super()._run(sql, *values)


def _enqueue(recorder: Recorder) -> None:
    recorder.enqueue(recorder.actor)


def _hang(recorder: Recorder) -> None:
    NEVER.wait()


def _fail(recorder: Recorder) -> None:
    raise RuntimeError("a mistake in the child")


def wait_for_child(recorder: Recorder) -> None:
    """Let the child enqueue a task, and enqueue another when it has ended."""
    fork(recorder, "child", _enqueue).wait()
    _enqueue(recorder)


def fork_between_calls(recorder: Recorder) -> None:
    """Let the child enqueue a task after one of the parent."""
    _enqueue(recorder)
    wait_for_child(recorder)


def leave_child(recorder: Recorder) -> None:
    """End before the child has enqueued its task."""

    def late(child: Recorder) -> None:
        child.clock.wait(0.3)
        _enqueue(child)

    fork(recorder, "child", late)


def wait_for_hanging_child(recorder: Recorder) -> None:
    """Give up a child that does not end."""
    forking._LIMIT = 0.2
    fork(recorder, "child", _hang).wait()
    _enqueue(recorder)


def wait_for_failing_child(recorder: Recorder) -> None:
    """Wait for a child that ends by an error of its program."""
    fork(recorder, "child", _fail).wait()


def run(
    program: Callable[[Recorder], None], folder: Path, adapter: type[QueueAdapter] = Forgiving
) -> History:
    """Return the history of one actor that forks."""
    scenario = Scenario(
        programs=lambda effort: [Program(actor="parent", function=program)],
        ending=Environment.settle,
    )
    return next(Processes().runs(scenario, QueueUnderTest.of(adapter), folder, Effort())).history


def _enqueued(history: History) -> list[str]:
    return [call.actor for call in history.by(Verb.ENQUEUE) if call.ok]


def test_parent_and_child_record_their_calls(tmp_path: Path) -> None:
    """Each process is an actor of its own in one history."""
    assert _enqueued(run(wait_for_child, tmp_path)) == ["child", "parent"]


def test_the_last_call_before_a_fork_names_the_child(tmp_path: Path) -> None:
    """A proof then says of the child's calls that its process was forked."""
    history = run(fork_between_calls, tmp_path)
    noted = [(call.actor, call.arguments.get(FORKS)) for call in history.by(Verb.ENQUEUE)]
    assert noted == [("parent", "child"), ("child", None), ("parent", None)]


def test_the_run_waits_for_a_child_that_outlives_its_parent(tmp_path: Path) -> None:
    """The ending starts when the child has ended."""
    history = run(leave_child, tmp_path)
    (enqueue,) = history.by(Verb.ENQUEUE)
    assert enqueue.actor == "child"
    assert all(enqueue.ended_before(claim) for claim in history.by(Verb.CLAIM))


def test_a_child_that_hangs_is_killed(tmp_path: Path) -> None:
    """The parent goes on when the time of the child is over."""
    assert _enqueued(run(wait_for_hanging_child, tmp_path)) == ["parent"]


def test_an_error_of_the_program_is_no_answer_of_the_queue(tmp_path: Path) -> None:
    """The child prints the error, and the run ends with it."""
    with pytest.raises(ActorError, match="a mistake in the child"):
        run(wait_for_failing_child, tmp_path)
