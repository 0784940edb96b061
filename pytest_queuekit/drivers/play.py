"""What all drivers do alike: script, programs, ending, and the history of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from pytest_queuekit.drivers.blame import naming
from pytest_queuekit.drivers.hand import Hand, Hung
from pytest_queuekit.errors import NotRunError
from pytest_queuekit.history import History
from pytest_queuekit.level import Effort
from pytest_queuekit.log import Gone
from pytest_queuekit.scenario import Program, Scenario
from pytest_queuekit.stage import LONGEST_WAIT, Halt, Stage
from pytest_queuekit.subject import Subject

Perform = Callable[[Sequence[Program], Stage, Hand], None]
"""Runs all programs, however the driver interleaves them."""


def play(scenario: Scenario, stage: Stage, driver: str, perform: Perform) -> History:
    """Play a scenario on a stage and close it.

    A queue that hangs or cannot be opened ends the play early: the history says it.
    """
    hand = Hand(stage.log, stage.effort.limit)
    try:
        with suppress(Halt, Hung):
            script, ending = scenario.script, scenario.ending
            if script:
                hand.do(lambda: script(stage))
            if scenario.programs:
                perform(programs_of(scenario, stage.effort), stage, hand)
            if ending:
                hand.do(lambda: ending(stage))
        return stage.history(driver)
    finally:
        close(stage, hand)


def close(stage: Stage, hand: Hand) -> None:
    """End a run: whoever is still at it stops at its next operation."""
    stage.log.close()
    with suppress(Hung):
        hand.do(stage.close)
    hand.dismiss()


def programs_of(scenario: Scenario, effort: Effort) -> Sequence[Program]:
    """Return the programs of a scenario, whose actors must have different names."""
    programs = scenario.programs(effort) if scenario.programs else ()
    names = [program.actor for program in programs]
    if len(set(names)) != len(names):
        raise ValueError(f"two programs have an actor of one name: {', '.join(sorted(names))}")
    return programs


def in_turn(programs: Sequence[Program], stage: Stage, hand: Hand) -> None:
    """Run one program after the other."""

    for program in programs:
        hand.do(partial(_act, program, stage))


def _act(program: Program, stage: Stage) -> None:
    with suppress(Gone, Halt), naming(program.actor):
        program(stage.actor(program.actor))


def real_lease(scenario: Scenario, subject: Subject, effort: Effort) -> float:
    """Return the seconds of a lease in a run by the real clock.

    Raises NotRunError where a lease would have to be waited for, and that is too long or is not
    for this level.
    """
    if not scenario.passes_time:
        return scenario.lease
    lease = subject.contract.lease_seconds
    if lease is not None and lease > LONGEST_WAIT:
        raise NotRunError(
            f"the kit's clock does not reach this queue, and its lease of {lease:g} s is too "
            "long to wait for"
        )
    if not effort.real_time:
        raise NotRunError(
            "the kit's clock does not reach this queue, and waiting is for level standard"
        )
    return 2 * max(subject.contract.resolution, 0.5)
