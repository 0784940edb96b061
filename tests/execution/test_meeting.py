"""Two actors meet: one call stops before a chosen step, and another call runs in the gap."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.meeting import Call, Gap, Meeting, Side
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.clock import RealClock
from tests.mutants.meetings import CancelsAfterALook, CancelsOutsideTheLock
from tests.queues.memory import MemoryQueue
from tests.queues.small_sqlite import SmallSqliteQueue


def _environment(adapter: type[QueueAdapter], folder: Path) -> Environment:
    queue = QueueUnderTest.of(adapter)
    return Environment(queue, folder, clock=RealClock(), lease=60.0, effort=Effort())


@pytest.fixture(params=[SmallSqliteQueue, MemoryQueue], ids=lambda queue: queue.name)
def meeting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Meeting]:
    """A meeting at a queue whose calls are atomic."""
    env = _environment(request.param, tmp_path)
    with Meeting(env, "holder", "rival") as both:
        yield both
    env.close()


def _claim(side: Side) -> tuple[Side, Call]:
    return side, side.recorder.claim


def _fates(meeting: Meeting) -> list[Gap]:
    """Let two claims meet in each gap, each time with one task in the queue."""
    holder, rival = meeting.sides
    steps = meeting.in_turn(_claim(holder), _claim(rival))
    fates = []
    for step in range(steps.count):
        holder.call(partial(holder.recorder.enqueue, f"task-{step}"))
        fates.append(
            meeting.in_between(_claim(holder), _claim(rival), step=step, by_line=steps.by_line)
        )
        meeting.env.claim_all("collector")
    return fates


def test_the_second_call_runs_in_each_gap_or_waits_for_the_first(meeting: Meeting) -> None:
    """A call may meet another before its first step, but not while that one holds the lock."""
    fates = _fates(meeting)
    assert fates[0] is Gap.FREE
    assert Gap.BLOCKED in fates


def test_a_call_that_ends_before_its_gap_has_missed_it(meeting: Meeting) -> None:
    """The second call then follows the first."""
    holder, rival = meeting.sides
    fate = meeting.in_between(_claim(holder), _claim(rival), step=10**6, by_line=False)
    assert fate is Gap.MISSED


@pytest.mark.parametrize("queue", [CancelsAfterALook, CancelsOutsideTheLock])
def test_a_check_and_its_write_have_a_gap(queue: type[QueueAdapter], tmp_path: Path) -> None:
    """A claim comes between the two steps of a cancel, and both are accepted."""
    env = _environment(queue, tmp_path)
    accepted = []
    with Meeting(env, "holder", "rival") as meeting:
        holder, rival = meeting.sides
        steps = meeting.in_turn((holder, partial(holder.recorder.cancel, "none")), _claim(rival))
        for label in map(str, range(2 * steps.count)):
            holder.call(partial(holder.recorder.enqueue, label))
            cancel = (holder, partial(holder.recorder.cancel, label))
            meeting.in_between(cancel, _claim(rival), step=int(label), by_line=steps.by_line)
            calls = env.history("here").by(Verb.CANCEL, Verb.CLAIM)
            accepted.append({call.verb for call in calls if call.task == label and call.ok})
            env.claim_all("collector")
    env.close()
    assert {Verb.CANCEL, Verb.CLAIM} in accepted


def test_an_error_of_the_kit_is_raised(meeting: Meeting) -> None:
    """What the recorder does not take for an answer of the queue reaches the script."""
    holder, rival = meeting.sides

    def fail() -> None:
        raise LookupError("here")

    with pytest.raises(LookupError, match="here"):
        meeting.in_turn((holder, fail), _claim(rival))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a thread waits for")
def test_a_call_that_works_for_long_does_not_wait_for_a_lock(meeting: Meeting) -> None:
    """A disk that is slow once, or another process, takes no gap away."""
    holder, rival = meeting.sides

    def work() -> None:
        until = time.thread_time() + 0.02
        while time.thread_time() < until:
            pass

    steps = meeting.in_turn(_claim(holder), _claim(rival))
    fate = meeting.in_between(_claim(holder), (rival, work), step=0, by_line=steps.by_line)
    assert fate is Gap.FREE
