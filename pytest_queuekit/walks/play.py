"""Plays a walk: one call after the other on a new queue, and what must still work after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pytest_queuekit.execution.clock import clock_of_run
from pytest_queuekit.execution.drivers.play import play
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.execution.time_zone import time_zone_restored
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.walks.ending import finish
from pytest_queuekit.walks.steps import Step, Walk
from pytest_queuekit.walks.walker import Walker

LEASE = 60.0
"""Seconds of the lease of a claim that asks for none."""


Next = Callable[[Walker], Iterator[Step]]
"""Yields the steps of a walk, each after the one before was done."""


def play_walk(
    steps: Next, queue: QueueUnderTest, folder: Path, effort: Effort, *, virtual: bool
) -> tuple[Run, Walk]:
    """Play a walk on a new queue in an empty folder. Return the run, and the steps that were done.

    virtual: True to play it under the kit's clock.
    """
    walk: list[Step] = []

    def script(env: Environment) -> None:
        walker = Walker(env)
        for step in steps(walker):
            walk.append(step)
            step.play(walker)
        finish(walker)

    with time_zone_restored(), clock_of_run(virtual=virtual) as clock:
        env = Environment(queue, folder, clock=clock, lease=LEASE, effort=effort)
        run = play(Scenario(script=script), (), env, "walk", lambda *_nothing: None)
    return run, tuple(walk)
