"""The rules of RACE about two calls that meet on one task."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from pytest_queuekit.execution.drivers.interleaved import Interleaved
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Level
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors import MONITORS
from pytest_queuekit.monitors.busy import busy
from pytest_queuekit.monitors.in_some_order import in_some_order
from pytest_queuekit.monitors.stats import stats
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


def stats_at_rest(history: History, contract: Contract) -> list[Violation]:
    """Judge the counts that were read while no other call ran.

    An adapter may read the counts one by one, and subtract some from others.
    """
    others = [call for call in history if call.verb is not Verb.STATS]
    calls = [
        replace(call, result=None) if call.verb is Verb.STATS and _meets(call, others) else call
        for call in history
    ]
    return stats(replace(history, operations=tuple(calls)), contract)


def _meets(read: Operation, others: Sequence[Operation]) -> bool:
    """Return True if another call ran at the same time. The others are sorted by start."""
    place = bisect_right(others, read.start, key=lambda call: call.start)
    near = others[max(place - _CROWD, 0) : place + 1]
    return any(not (call.ended_before(read) or read.ended_before(call)) for call in near)


ALL = (
    *(monitor for monitor in MONITORS if monitor not in (busy, stats)),
    stats_at_rest,
    in_some_order,
)
"""All but `busy`: a call that stops with the lock in its hands makes others wait."""


_CROWD = 20
"""The most calls that run at the same time."""


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
