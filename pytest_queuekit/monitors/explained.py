"""Every answer is explained by some state in which the contract allows the queue to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import calls_on, violation
from pytest_queuekit.monitors.timeline.losses import may_forget
from pytest_queuekit.monitors.timeline.moments import latest
from pytest_queuekit.monitors.timeline.wording import actor, when
from pytest_queuekit.monitors.worlds.acknowledgements import after_acknowledgement
from pytest_queuekit.monitors.worlds.changes import (
    after_batch,
    after_cancel,
    after_purge,
    after_requeue,
)
from pytest_queuekit.monitors.worlds.claims import after_claim, after_notice
from pytest_queuekit.monitors.worlds.facts import Facts
from pytest_queuekit.monitors.worlds.looks import after_dead_letters, after_stats
from pytest_queuekit.monitors.worlds.world import UnexplainedError, World

_MOST_WORLDS = 500
"""Worlds beyond which the monitor gives up."""

_ACKNOWLEDGEMENTS = (Verb.COMPLETE, Verb.FAIL, Verb.EXTEND, Verb.RELEASE)


def explained(history: History, contract: Contract) -> list[Violation]:
    """Report the first answer that no state of the queue explains.

    The kind is that of the monitor for the broken promise; or `claim-refused`: a claim refused
    while a task was ready; `cancel-refused`: a cancel of a waiting task refused. For calls that
    follow each other; the judgement ends at the first that overlaps another or is unknown.
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
            return [_violation(facts, call, reasons)]
        if len(after) > _MOST_WORLDS:
            return []
        worlds = after
    return []


def _calls(facts: Facts) -> Iterator[Sequence[Operation]]:
    """Yield the calls, a batch as one, until one is unknown or overlaps another."""
    calls: list[list[Operation]] = []
    for operation in facts.history:
        before = calls[-1][0] if calls else None
        if before is not None and _is_same_call(before, operation):
            calls[-1].append(operation)
        else:
            calls.append([operation])
    for place, call in enumerate(calls):
        first = call[0]
        strange = any(each.is_delivery and each.task not in facts.places for each in call)
        unknown = first.end is None or first.outcome is Outcome.UNKNOWN
        # A call that begins before this one has ended may have taken effect first.
        meets = any(other[0].start < latest(first) for other in calls[place + 1 : place + 2])
        if unknown or strange or meets:
            return
        yield call


def _is_same_call(before: Operation, operation: Operation) -> bool:
    keys = ("actor", "start", "end", "verb")
    return (
        operation.verb in (Verb.CLAIM, Verb.ENQUEUE)
        and "batch" in operation.arguments
        and all(getattr(before, key) == getattr(operation, key) for key in keys)
    )


def _after(facts: Facts, world: World, call: Sequence[Operation]) -> Iterator[World]:
    first = call[0]
    match first.verb:
        case Verb.ENQUEUE:
            return after_batch(facts, world, call)
        case Verb.CLAIM if first.outcome is not Outcome.BUSY:
            return after_claim(facts, world, call)
        case verb if verb in _ACKNOWLEDGEMENTS and first.task in facts.places:
            return after_acknowledgement(facts, world, first)
        case Verb.CANCEL if first.task in facts.places:
            return after_cancel(facts, world, first)
        case Verb.REQUEUE if first.task in facts.places:
            return after_requeue(facts, world, first)
        case Verb.PURGE:
            return after_purge(world, first)
        case Verb.STATS:
            return after_stats(facts, world, first)
        case Verb.DEAD_LETTERS:
            return after_dead_letters(facts, world, first)
        case Verb.RECLAIM if first.ok:
            return iter((after_notice(facts, world, first),))
        case _:
            return iter((world,))


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
