"""From what a monitor found to the few violations that are worth reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pytest_queuekit.model.history import Operation
from pytest_queuekit.model.verdict import Violation

MOST = 5
"""Violations of one kind that a monitor reports: more prove nothing more."""


def violation(kind: str, sentence: str, *witness: Operation | None) -> Violation:
    """Make a violation; the witness is put in order, without repetitions and gaps."""
    proof = {one.number: one for one in witness if one is not None}
    return Violation(
        kind=kind, detail=sentence, witness=tuple(proof[number] for number in sorted(proof))
    )


def smallest(violations: Iterable[Violation]) -> list[Violation]:
    """Return at most `MOST` of each kind, the smallest witness first, then the earliest."""
    told: Counter[str] = Counter()
    chosen = []
    for one in sorted(violations, key=_size):
        told[one.kind] += 1
        if told[one.kind] <= MOST:
            chosen.append(one)
    return chosen


def _size(one: Violation) -> tuple[int, list[int]]:
    return len(one.witness), [operation.number for operation in one.witness]
