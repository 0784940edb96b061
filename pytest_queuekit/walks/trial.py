"""Tries something out on a new queue, before the walks that depend on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from pytest_queuekit.execution.clock import clock_of_run
from pytest_queuekit.execution.drivers.play import play
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.walks.play import LEASE

_Answer = TypeVar("_Answer")


def try_out(
    queue: QueueUnderTest, what: str, folder: Path, trial: Callable[[Recorder], Sequence[_Answer]]
) -> Sequence[_Answer]:
    """Return the answers of a trial that an actor makes on a new queue; none if it ends early.

    what: names what the trial finds out. Only its first call for a queue makes it.
    folder: is made for the queue.
    """
    if what in queue.learned:
        return tuple(queue.learned[what])
    answers: list[_Answer] = []

    def script(env: Environment) -> None:
        answers.extend(trial(env.actor("prober")))

    folder.mkdir(parents=True)
    with clock_of_run(virtual=False) as clock:
        env = Environment(queue, folder, clock=clock, lease=LEASE, effort=Effort())
        play(Scenario(script=script), (), env, "walk", lambda *_nothing: None)
    queue.learned[what] = answers
    return tuple(answers)
