"""Plays a walk on a new queue: one call after the other, with calls that meet, or with kills."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from pytest_queuekit.execution.clock import clock_of_run
from pytest_queuekit.execution.drivers.play import play
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.forked import ForkServer
from pytest_queuekit.execution.forked_environment import ForkedEnvironment
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.execution.time_zone import time_zone_restored
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.clock import Clock
from pytest_queuekit.walks.crew import Crew, CrewWalker
from pytest_queuekit.walks.ending import finish
from pytest_queuekit.walks.meet import play_in_thread
from pytest_queuekit.walks.notes import Notes
from pytest_queuekit.walks.steps import Complete, Step, Walk
from pytest_queuekit.walks.walker import Walker

LEASE = 60.0
"""Seconds of the lease of a claim that asks for none."""


Next = Callable[[Walker], Iterator[Step]]
"""Yields the steps of a walk, each after the one before was done."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where walks are played.

    queue: the queue under test. effort: how hard the run tries.
    virtual: True to play under the kit's clock.
    meets: True if each actor has a thread, so that calls can meet.
    server: forks processes for actors, so that they can be killed in a call; None without one.
    apart: the names of the actors with processes, a letter each.
    notes: takes what a play shows about its calls.
    ends: True to try at the end of a walk what must still work after it.
    """

    queue: QueueUnderTest
    effort: Effort
    virtual: bool
    meets: bool = False
    server: ForkServer | None = None
    apart: str = ""
    notes: Notes = field(default_factory=Notes)
    ends: bool = True

    @property
    def driver(self) -> str:
        """The word for the way in which the actors act."""
        if self.server is not None:
            return "processes"
        return "interleaved" if self.meets else "walk"


def play_walk(steps: Next, stage: Stage, folder: Path) -> tuple[Run, Walk]:
    """Play a walk on a new queue in an empty folder. Return the run, and the steps done."""
    walk: list[Step] = []

    def script(env: Environment) -> None:
        with ExitStack() as stack:
            walker, do = _walker(env, stage, stack)
            for step in steps(walker):
                walk.append(step)
                do(step)
            if stage.ends and env.contract.notices_death:
                _leave(walker, do)
            if stage.ends:
                finish(walker)

    with time_zone_restored(), clock_of_run(virtual=stage.virtual) as clock:
        env = _environment(stage, folder, clock)
        run = play(Scenario(script=script), (), env, stage.driver, lambda *_nothing: None)
    return run, tuple(walk)


def _leave(walker: Walker, do: Callable[[Step], None]) -> None:
    """End the work of all actors, where a task stays with its worker as long as that lives."""
    env = walker.env
    if isinstance(env, ForkedEnvironment):
        env.kill_all()  # each actor has a process, see Kills
    elif not env.contract.lacks((Capability.COMPLETE,)):
        for back in range(walker.received):
            do(Complete(back=back))


def _environment(stage: Stage, folder: Path, clock: Clock) -> Environment:
    if stage.server is None:
        return Environment(stage.queue, folder, clock=clock, lease=LEASE, effort=stage.effort)
    return ForkedEnvironment(
        stage.server, folder, apart=stage.apart, clock=clock, lease=LEASE, effort=stage.effort
    )


def _walker(
    env: Environment, stage: Stage, stack: ExitStack
) -> tuple[Walker, Callable[[Step], None]]:
    """Return a walker, and a function that lets it do a step."""
    if not stage.meets:
        walker = Walker(env)
        if stage.notes.wanted:
            return walker, lambda step: stage.notes.count(step, walker)
        return walker, lambda step: step.play(walker)
    in_threads = CrewWalker(env, stack.enter_context(Crew(env)), stage.notes)
    return in_threads, lambda step: play_in_thread(step, in_threads)
