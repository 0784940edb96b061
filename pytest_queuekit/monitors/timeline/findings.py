"""Violations: how a monitor makes them, and which of them are worth reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from pytest_queuekit.model.history import History, Operation, Verb
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
