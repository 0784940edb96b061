"""Every answer is explained by some state in which the contract allows the queue to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import calls_on, violation
from pytest_queuekit.monitors.timeline.losses import may_forget
from pytest_queuekit.monitors.timeline.moments import latest
from pytest_queuekit.monitors.timeline.wording import actor, when
from pytest_queuekit.monitors.worlds.facts import Facts
from pytest_queuekit.monitors.worlds.successors import after_call, after_kill
from pytest_queuekit.monitors.worlds.world import UnexplainedError, World

_MOST_WORLDS = 500
"""Worlds beyond which the monitor gives up."""


class _Call(NamedTuple):
    """A call.

    operations: its operations; a batch has several.
    kill: the kill of its actor that cut it off; None if the call ended.
    """

    operations: Sequence[Operation]
    kill: Operation | None


def explained(history: History, contract: Contract) -> list[Violation]:
    """Report the first answer that no state of the queue explains.

    The kind is that of the monitor for the broken promise; or `claim-refused`: a claim refused
    while a task was ready; `cancel-refused`: a cancel of a waiting task refused. For calls that
    follow each other; the judgement ends at the first that overlaps another or is unknown. A call
    that a kill cut off took effect before the kill, or never.
    """
    enqueues = tuple(history.by(Verb.ENQUEUE))
    labels = [enqueue.task for enqueue in enqueues]
    if len(set(labels)) != len(labels) or may_forget(history, contract):
        return []
    facts = Facts(history=history, contract=contract, enqueues=enqueues)
    worlds = {World()}
    for call in _calls(facts):
        after: set[World] = set()
        reasons: list[UnexplainedError] = []
        for world in worlds:
            try:
                after.update(_after(facts, world, call))
            except UnexplainedError as reason:
                reasons.append(reason)
        if not after:
            return [_violation(facts, call.operations, reasons)]
        if len(after) > _MOST_WORLDS:
            return []
        worlds = after
    return []


def _calls(facts: Facts) -> Iterator[_Call]:
    """Yield the calls, a batch as one, until one is unknown or overlaps another."""
    calls: list[list[Operation]] = []
    for operation in facts.history:
        before = calls[-1][0] if calls else None
        if before is not None and before.is_same_batch(operation):
            calls[-1].append(operation)
        else:
            calls.append([operation])
    for place, operations in enumerate(calls):
        first = operations[0]
        kill = _kill_in(facts, first) if first.end is None else None
        strange = any(each.is_delivery and each.task not in facts.places for each in operations)
        unknown = first.outcome is Outcome.UNKNOWN and kill is None
        # A call that begins before this one has ended may have taken effect first.
        over = latest(first) if kill is None else kill.start
        meets = any(other[0].start < over for other in calls[place + 1 : place + 2])
        if unknown or strange or meets:
            return
        yield _Call(operations, kill)


def _kill_in(facts: Facts, call: Operation) -> Operation | None:
    """Return the kill that cut a call off."""
    kills = (kill for kill in facts.history.by(Verb.KILL) if kill.actor == call.actor)
    return next((kill for kill in kills if kill.number > call.number), None)


def _after(facts: Facts, world: World, call: _Call) -> Iterable[World]:
    if call.kill is None:
        return after_call(facts, world, call.operations)
    return after_kill(facts, world, call.operations, call.kill)


def _violation(
    facts: Facts, call: Sequence[Operation], reasons: Sequence[UnexplainedError]
) -> Violation:
    """Return the violation for the reason that most worlds give."""
    usual = Counter(reason.kind for reason in reasons).most_common(1)[0][0]
    reason = min(
        (reason for reason in reasons if reason.kind == usual),
        key=lambda reason: (len(reason.tasks), reason.tasks),
    )
    concerned = [each for each in call if facts.places.get(each.task) in reason.tasks]
    last = concerned[0] if concerned else call[0]
    tasks = {facts.enqueues[place].task for place in reason.tasks} | {each.task for each in call}
    labels = {label for label in tasks if label is not None}
    return violation(
        reason.kind,
        reason.title,
        f"{_told(last)} {when(facts.history, last)}, although {reason.because}.",
        *calls_on(facts.history, labels, call[-1]),
        *call,
    )


def _told(call: Operation) -> str:
    """Return a call and its answer in words."""
    if call.is_delivery:
        return f"{actor(call)} claimed {call.task}"
    if call.verb is Verb.CLAIM:
        answer = "returned empty" if call.ok else f"was {call.outcome}"
        return f"A claim by {actor(call)} {answer}"
    if call.verb in (Verb.STATS, Verb.DEAD_LETTERS):
        return f"{actor(call)} read {call.verb} as {call.result}"
    return f"The {call.verb} of {call.task} by {actor(call)} ended as '{call.outcome}'"
