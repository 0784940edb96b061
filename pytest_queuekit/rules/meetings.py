"""The rules of RACE about two calls that meet on one task."""

from __future__ import annotations

from functools import partial

from pytest_queuekit.execution.drivers.interleaved import Interleaved
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Level
from pytest_queuekit.monitors import MONITORS
from pytest_queuekit.monitors.busy import busy
from pytest_queuekit.monitors.in_some_order import in_some_order
from pytest_queuekit.monitors.stats import stats, stats_at_rest
from pytest_queuekit.rules.pairs import (
    ABSENT,
    DUE,
    EXPIRED,
    EXPIRING,
    HELD,
    TAKEN_OVER,
    WAITING,
    State,
    meet_in,
)
from pytest_queuekit.rules.rule import Rule

ALL = (
    *(monitor for monitor in MONITORS if monitor not in (busy, stats)),
    stats_at_rest,
    in_some_order,
)
"""All but `busy`: a call that stops with the lock in its hands makes others wait."""


def _scenario(*states: State) -> Scenario:
    return Scenario(script=meet_in(*states), ending=Environment.settle, passes_time=True)


_meeting = partial(Rule, drivers=(Interleaved(),), monitors=ALL, level=Level.STANDARD)

MEETINGS = (
    _meeting(
        id="RACE-17",
        slug="calls-meet-on-waiting-task",
        sentence="Two calls that meet on a waiting task, at any of their steps, end as they do one "
        "after the other.",
        why="A claim, a cancel or a repeated enqueue that checks first and writes later overwrites "
        "the call that came between.",
        scenario=_scenario(WAITING, ABSENT),
        needs=(Capability.THREADS,),
    ),
    _meeting(
        id="RACE-18",
        slug="calls-meet-on-held-task",
        sentence="An acknowledgement that meets another call, at any of its steps, ends as it does "
        "before or after that call.",
        why="A maintenance call that reads the tasks and writes them back undoes the completion "
        "that came between.",
        scenario=_scenario(HELD),
        needs=(Capability.THREADS, Capability.COMPLETE),
    ),
    _meeting(
        id="RACE-19",
        slug="due-task-among-claimers",
        sentence="A task that falls due while several workers claim is delivered once.",
        why="Two workers that find the same task due both move it to the ready tasks, or a crowd "
        "of them loses it between two steps.",
        scenario=_scenario(DUE),
        needs=(Capability.THREADS, Capability.DELAY),
    ),
    _meeting(
        id="RACE-20",
        slug="expiring-lease-meets-its-holder",
        sentence="When a lease ends while its holder acknowledges and another worker claims, one "
        "of the two has the task.",
        why="A holder that checks its lease first and writes later acknowledges a task that "
        "another worker has taken over.",
        scenario=_scenario(EXPIRING, TAKEN_OVER, EXPIRED),
        needs=(Capability.THREADS, Capability.LEASE, Capability.COMPLETE),
    ),
)
