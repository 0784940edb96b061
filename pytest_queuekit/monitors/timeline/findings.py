"""Violations: how a monitor makes them, and which of them are worth reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verbs import ENDINGS
from pytest_queuekit.model.verdict import Violation

MOST = 5
"""Violations of one kind that a monitor reports; more of them prove nothing more."""


_CONTEXT = (Verb.KILL, Verb.CLOSE, Verb.PURGE, Verb.RECLAIM)
"""The verbs that concern every task."""


def violation(kind: str, title: str, detail: str, *witness: Operation | None) -> Violation:
    """Make a violation. Its witness is sorted by start, without duplicates and without None.

    kind: the stable word for machines.
    title: the headline, at most 60 characters.
    detail: one or two sentences with actors in backquotes and times in seconds.
    """
    proof = {operation.number: operation for operation in witness if operation is not None}
    operations = tuple(proof[number] for number in sorted(proof))
    return Violation(kind=kind, title=title, detail=detail, witness=operations)


def calls_on(history: History, labels: Collection[str], last: Operation) -> list[Operation]:
    """Return the calls on some tasks up to a last one, with those that concern every task."""
    return [
        operation
        for operation in history.operations[: last.number + 1]
        if operation is last or operation.task in labels or operation.verb in _CONTEXT
    ]


def restarts(history: History, shown: Sequence[Operation]) -> list[Operation]:
    """Return the openings of the queue that may have done the damage that a proof shows.

    These are the openings by a successor of an actor that closed or died, with that end, and those
    after the last call before the culprit, unless that call ended the work on its task and may be
    the cause itself. Any other opening lies before a call that still had the right answer.

    shown: the calls of the proof, in order; the last is the culprit.
    """
    if not shown:
        return []
    *before, culprit = shown
    suspect = bool(before) and before[-1].verb not in ENDINGS
    span = range(shown[0].number, culprit.number)
    ends = [call for call in history.by(Verb.KILL, Verb.CLOSE) if call.number in span]
    openings = [call for call in history.by(Verb.OPEN) if call.number in span]
    opened = {call.actor for call in openings}
    followed = [end for end in ends if f"{end.actor}'" in opened]
    successors = {f"{end.actor}'" for end in followed}
    return followed + [
        call
        for call in openings
        if call.actor in successors or (suspect and call.number > before[-1].number)
    ]


def smallest(violations: Iterable[Violation]) -> list[Violation]:
    """Return at most `MOST` violations of each kind: smallest witness first, then earliest."""
    per_kind: Counter[str] = Counter()
    chosen = []
    for candidate in sorted(violations, key=_size):
        per_kind[candidate.kind] += 1
        if per_kind[candidate.kind] <= MOST:
            chosen.append(candidate)
    return chosen


def _size(candidate: Violation) -> tuple[int, list[int]]:
    return len(candidate.witness), [operation.number for operation in candidate.witness]
