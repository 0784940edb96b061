"""The counts that a queue reports are correct."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.state_bounds import (
    STATES,
    StateBounds,
    StateInterval,
)
from pytest_queuekit.monitors.timeline.wording import actor, done, when

_MOST_PROVEN = 20
"""Wrong counts for which a proof is built."""
_MOST_NAMED = 3
"""Tasks that a proof names."""
_CROWD = 20
"""The most calls that run at the same time."""


def stats(history: History, contract: Contract) -> list[Violation]:
    """Report `wrong-count`: a count that no order of the operations explains.

    Each count is judged alone: it lies between the number of tasks that were certainly in the state
    and the number that may have been. Delayed tasks, and failed tasks that wait to be retried, are
    queued; a queue may count those that wait apart from those that are ready.
    """
    answers = [answer for answer in history.by(Verb.STATS) if answer.ok and answer.end is not None]
    if not answers:
        return []
    bounds = StateBounds(history, contract)
    violations = (wrong for answer in answers for wrong in _wrong(history, bounds, answer))
    return smallest(islice(violations, _MOST_PROVEN))


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
    return any(read.overlaps(call) for call in near)


def _wrong(history: History, bounds: StateBounds, answer: Operation) -> Iterator[Violation]:
    for state in STATES:
        count = answer.result.get(state) if isinstance(answer.result, dict) else None
        if not isinstance(count, int):
            continue
        least, most = bounds.bounds(state, answer)
        if least <= count <= most:
            continue
        inside, outside = bounds.inside(state, answer), bounds.outside(state, answer)
        proven = (inside if count < least else outside or inside)[:_MOST_NAMED]
        expected = f"exactly {least}" if least == most else f"between {least} and {most}"
        yield violation(
            "wrong-count",
            f"Too {'few' if count < least else 'many'} {state} tasks counted",
            f"{actor(answer)} read {state}={count} {when(history, answer)}. The correct count is "
            f"{expected}.{_because(history, proven)}",
            answer,
            *(interval.proof for interval in proven),
        )


def _because(history: History, proven: Sequence[StateInterval]) -> str:
    """Return a sentence on tasks: " At that time, t was dead (failed by `a` at 1.000 s)."."""
    states = [
        f"{interval.proof.task} was {' or '.join(sorted(interval.states))} "
        f"({done(history, interval.proof)})"
        for interval in reversed(proven)
        if interval.proof.task is not None
    ]
    return f" At that time, {', '.join(states)}." if states else ""
