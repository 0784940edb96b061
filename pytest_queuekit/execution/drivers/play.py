"""The course of a run, which all drivers share: script, programs, ending, history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from pytest_queuekit.execution.drivers.watchdog import Hung, Watchdog
from pytest_queuekit.execution.environment import Environment, Halt
from pytest_queuekit.execution.faults.fault import Fault, Setting, Surroundings, require_carried
from pytest_queuekit.execution.faults.trigger import armed
from pytest_queuekit.execution.real_time import real_lease
from pytest_queuekit.execution.run import Run
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import History
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.operation_log import Gone
from pytest_queuekit.recording.recorder import Recorder

Perform = Callable[[Sequence[Program], Environment, Watchdog], None]
"""Runs all programs, with their calls interleaved by the driver."""


def run_folders(folder: Path, count: int) -> Iterator[Path]:
    """Make a new sub-folder for each run."""
    for number in range(1, count + 1):
        home = folder / f"run-{number}"
        home.mkdir()
        yield home


def play(
    scenario: Scenario,
    programs: Sequence[Program],
    env: Environment,
    driver: str,
    perform: Perform,
) -> Run:
    """Run a scenario with its programs in an environment, then close the environment.

    If the queue hangs or cannot be opened, the run ends early, and the history shows the call.
    """
    watchdog = Watchdog(env.log, env.effort.limit)
    try:
        with suppress(Halt, Hung):
            script, ending = scenario.script, scenario.ending
            if script:
                watchdog.do(lambda: script(env))
            if programs:
                perform(programs, env, watchdog)
            if ending:
                watchdog.do(lambda: ending(env))
        return run_of(env, env.history(driver), programs)
    finally:
        close(env, watchdog)


def close(env: Environment, watchdog: Watchdog) -> None:
    """End a run. An actor that is still active stops at its next operation."""
    env.log.close()
    with suppress(Hung):  # the history is complete
        watchdog.do(env.close)
        watchdog.do(env.remove)
    watchdog.dismiss()


def programs_of(scenario: Scenario, effort: Effort, setting: Setting) -> Sequence[Program]:
    """Return the programs of a scenario. Raises ValueError if two programs have the same actor."""
    programs = scenario.programs(effort) if scenario.programs else ()
    names = [program.actor for program in programs]
    if len(set(names)) != len(names):
        raise ValueError(f"two programs have the same actor: {', '.join(sorted(names))}")
    require_carried(faults_of(programs), setting)
    return programs


def faults_of(programs: Sequence[Program]) -> tuple[Fault, ...]:
    """Return the faults that the programs carry."""
    return tuple(fault for program in programs for fault in program.faults)


def run_of(env: Environment, history: History, programs: Sequence[Program]) -> Run:
    """Return the run that an environment has seen."""
    unstruck = tuple(
        fault
        for program in programs
        for number, fault in enumerate(program.faults)
        if (program.actor, number) not in env.strikes
    )
    return Run(history=history, faults=faults_of(programs), unstruck=unstruck)


def in_turn(programs: Sequence[Program], env: Environment, watchdog: Watchdog) -> None:
    """Run one program after the other."""
    for program in programs:
        watchdog.do(partial(_act, program, env))


def _act(program: Program, env: Environment) -> None:
    with suppress(Gone, Halt):
        act(program, env.actor(program.actor), env)


def act(program: Program, recorder: Recorder, env: Environment) -> None:
    """Run a program in this process, with its faults. An error gets a note with the actor."""
    world = Surroundings(
        setting=Setting(own_process=False, virtual_clock=env.clock.virtual),
        recorder=recorder,
        clock=env.clock,
        location=env.location,
        note_strike=lambda number: env.strikes.add((program.actor, number)),
    )
    try:
        with armed(program.faults, world):
            program(recorder)
    except Exception as error:
        error.add_note(f"in the program of actor {program.actor!r}")
        raise


def in_real_time(
    scenario: Scenario, queue: QueueUnderTest, effort: Effort, *, where: str
) -> tuple[float, Effort]:
    """Return the seconds of a lease, and an effort whose time limit allows for its expiry.

    where: the place of the actors, for a message: "in other processes".

    Raises NotRunError if a lease must expire and lasts longer than the level allows.
    """
    if not scenario.passes_time:
        return scenario.lease, effort
    lease = real_lease(queue.contract, effort, where=where)
    # A program may outlast a lease, take the task over and wait again.
    return lease, replace(effort, limit=effort.limit + 3 * lease)
