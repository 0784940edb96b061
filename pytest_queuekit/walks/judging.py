"""Judges the history of a walk, and names the rule whose promise it breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, pairwise

from pytest_queuekit.model.capabilities import KeyConflict
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.rules_of_kind import RULES_OF
from pytest_queuekit.model.verbs import METHODS
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors import (
    MONITORS,
    Monitor,
    answers,
    busy,
    explained,
    idempotency,
    key_conflict,
    stats,
)
from pytest_queuekit.monitors.stats import stats_at_rest
from pytest_queuekit.monitors.timeline.annotations import annotated
from pytest_queuekit.monitors.timeline.findings import calls_on, restarts
from pytest_queuekit.monitors.timeline.tasks import shared_keys
from pytest_queuekit.walks.ending import COLLECTOR

_PLAIN = frozenset({Verb.OPEN, Verb.ENQUEUE, Verb.CLAIM, Verb.STATS, Verb.DEAD_LETTERS})
"""The verbs of which any walk has some."""

_COUNT = "wrong-count"
"""The kind that says that something is wrong with some task, and not what."""

_KEYED = (answers, idempotency, key_conflict)
"""The monitors that consider shared keys."""
_FOR_KILLS = tuple(monitor for monitor in MONITORS if monitor is not busy)
_FOR_MEETINGS = (
    *(monitor for monitor in MONITORS if monitor not in (busy, stats)),
    stats_at_rest,
)


def judge_walk(history: History, contract: Contract) -> list[Violation]:
    """Return what is wrong with a walk, the earliest culprit first, each culprit once.

    A wrong count follows the other violations on its tasks, which say more.

    A limitation that waives one of the rules about a promise excuses the promise.
    """
    return _judged(history, contract, MONITORS)


def judge_meetings(history: History, contract: Contract) -> list[Violation]:
    """Return what is wrong with a walk whose calls overlap, as `judge_walk` does.

    A call that stops with a lock in its hands may let others end as busy. One that moves a task in
    two steps has it in its hands, where a claim does not find it. So what a claim says that meets
    another call counts if it brings a task, and not if it brings none.
    """
    return _judged(_without_misses(history), contract, _FOR_MEETINGS)


def judge_kills(history: History, contract: Contract) -> list[Violation]:
    """Return what is wrong with a walk whose actors are killed, as `judge_walk` does.

    A killed call took effect as a whole before the kill, or not at all. The lock of a dead actor
    may keep others waiting for a while, so that a busy answer counts for nothing.
    """
    return _judged(history, contract, _FOR_KILLS)


def _without_misses(history: History) -> History:
    """Return a history in which each empty claim that meets another call is a busy one."""
    calls = [
        replace(call, outcome=Outcome.BUSY) if call.is_empty and _meets(call, history) else call
        for call in history
    ]
    return replace(history, operations=tuple(calls))


def _meets(call: Operation, history: History) -> bool:
    return any(call.overlaps(other) for other in history if other is not call)


def _judged(history: History, contract: Contract, monitors: Sequence[Monitor]) -> list[Violation]:
    waived = contract.waivers.keys()
    violations: dict[tuple[str, int], Violation] = {}
    for violation in (*explained(history, contract), *_by_monitors(history, contract, monitors)):
        if not waived & set(RULES_OF.get(violation.kind, ())):
            key = (violation.kind, violation.witness[-1].number)
            violations.setdefault(key, violation)
    found = list(violations.values())
    ordered = sorted(found, key=lambda violation: _headline(violation, found))
    return [_in_full(history, violation) for violation in ordered]


_EFFECTS = frozenset({"lost", "not-reclaimed", "said-empty", "unfinished-lost"})
"""Kinds that only say that a task did not come, whatever took it."""


def _place(violation: Violation) -> tuple[int, bool]:
    return violation.witness[-1].number, violation.kind in _EFFECTS


def _headline(violation: Violation, others: Sequence[Violation]) -> tuple[tuple[int, bool], bool]:
    """Return the place of a violation; a wrong count follows the others on the same tasks.

    A count often comes early, and hides the promise at stake.
    """
    if violation.kind != _COUNT:
        return _place(violation), False
    tasks = _tasks(violation)
    places = [_place(other) for other in others if other.kind != _COUNT and tasks & _tasks(other)]
    return max(_place(violation), min(places, default=_place(violation))), True


def _tasks(violation: Violation) -> set[str]:
    return {call.task for call in violation.witness if call.task is not None}


def _by_monitors(
    history: History, contract: Contract, monitors: Sequence[Monitor]
) -> Iterator[Violation]:
    """Yield the violations that monitors report, without those that a shared key may explain.

    A task that replaces another one under its key may keep the options and the attempts of that
    one. `explained` considers that.
    """
    fixed = contract.key_conflict in (KeyConflict.KEEP, KeyConflict.REFUSE)
    shared = frozenset() if fixed else shared_keys(history)
    for monitor in monitors:
        for violation in monitor(history, contract):
            tasks = {operation.task for operation in violation.witness}
            if not tasks & shared or monitor in _KEYED:
                yield violation


def _in_full(history: History, violation: Violation) -> Violation:
    """Return a violation with all calls on its tasks up to the culprit, and the rule it is like."""
    culprit = violation.witness[-1]
    # A fault without a task may come from any call, and a count is one of all tasks.
    labels = set() if violation.kind == _COUNT else _tasks(violation)
    any_call = (
        operation
        for operation in history.operations[: culprit.number + 1]
        if operation is culprit or operation.verb is not Verb.OPEN
    )
    calls = calls_on(history, labels, culprit) if labels else list(any_call)
    shown = {call.number: call for call in (*calls, *restarts(history, calls))}
    witness = tuple(annotated(call, history) for _, call in sorted(shown.items()))
    detail = f"{violation.detail}{_compared_with_rule(violation.kind, witness)}"
    return replace(violation, detail=detail, witness=witness)


def _compared_with_rule(kind: str, witness: Sequence[Operation]) -> str:
    """Return a sentence on the rule that tests the promise, and on what the walk has besides.

    That rule may pass, if only the combination breaks the promise.
    """
    rules = RULES_OF.get(kind, ())
    if not rules:
        return ""
    features = list(dict.fromkeys(chain.from_iterable(map(_features, witness))))
    if any(_overlap(before, after) for before, after in pairwise(witness)):
        features.append("calls that overlap")
    adds = f"; this walk adds {', '.join(features)}" if features else ""
    return f" {rules[0]} tests this promise alone{adds}."


def _overlap(before: Operation, after: Operation) -> bool:
    """Return True if two calls overlap, both to their end."""
    return before.end is not None and before.end > after.start and not before.is_same_batch(after)


def _features(call: Operation) -> Iterator[str]:
    """Yield what a call of a walk has beyond a plain enqueue, a plain claim or a reading."""
    if call.actor == COLLECTOR:
        return
    if call.verb not in _PLAIN or "batch" in call.arguments:
        yield call.method
    options = METHODS["enqueue"].options if call.verb is Verb.ENQUEUE else ()
    yield from (name for name in call.arguments if name in options)
