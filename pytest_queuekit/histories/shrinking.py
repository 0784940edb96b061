"""Shrinks a history to the fewest calls that still prove a violation.

The proof stays the same: the same kind, by the same calls. Otherwise a release that is left out
would make the next delivery a second one. An acknowledgement brings its claim, and a delivery the
enqueue of its task. The end is a fixed point: no call can be left out any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation

_FIRST = 250
"""The first number of calls on each side of a proof that may belong to it."""

Judge = Callable[[History], Sequence[Violation]]
"""Returns the violations of a history."""


def shrink(history: History, violation: Violation, judge: Judge) -> History:
    """Return a history of the fewest calls by which a judge finds a violation of another one.

    The search begins with the calls on the tasks of the proof if these suffice, else with as few
    other tasks as do.
    """
    proof = {call.number for call in violation.witness}

    def proves(numbers: Iterable[int]) -> bool:
        kept = sorted(numbers)
        return any(
            found.kind == violation.kind and {kept[call.number] for call in found.witness} == proof
            for found in judge(_of(history, kept))
        )

    kept = next(filter(proves, _surroundings(history, proof)), set(range(len(history))))
    return _of(history, _reduced(history, kept, proof, proves))


def _surroundings(history: History, proof: set[int]) -> Iterator[set[int]]:
    """Yield the calls on the tasks of a proof, then with them the calls around its last one.

    There are ever more of these, each with all calls on its task.
    """
    last, around = max(proof), 0
    while around < len(history):
        calls = proof | {*range(max(last - around, 0), min(last + around, len(history)))}
        tasks = {history.operations[number].task for number in calls} - {None}
        yield calls | {call.number for call in history if call.task in tasks}
        around = max(around * 4, _FIRST)


def _reduced(
    history: History, kept: set[int], proof: set[int], proves: Callable[[set[int]], bool]
) -> set[int]:
    """Leave out ever smaller parts, until none of a single call can be left out."""
    size = max(len(kept) // 2, 1)
    while True:
        before = len(kept)
        order = sorted(kept - proof, reverse=True)
        for first in range(0, len(order), size):
            fewer = _without(history, kept, order[first : first + size])
            if proof <= fewer < kept and proves(fewer):
                kept = fewer
        if size == 1 and len(kept) == before:
            return kept
        size = max(size // 2, 1)


def _without(history: History, kept: set[int], left_out: Sequence[int]) -> set[int]:
    """Return the kept calls without some, and without those that are about them."""
    gone = set(left_out)
    enqueued = _enqueued(history, kept - gone)
    known = _enqueued(history, kept)
    rest = set[int]()
    for number in sorted(kept - gone):
        call = history.operations[number]
        orphan = call.is_delivery and call.task in known and call.task not in enqueued
        if not orphan and (call.claim is None or call.claim in rest):
            rest.add(number)
    return rest


def _enqueued(history: History, numbers: Iterable[int]) -> set[str | None]:
    calls = (history.operations[number] for number in numbers)
    return {call.task for call in calls if call.verb is Verb.ENQUEUE}


def _of(history: History, numbers: Iterable[int]) -> History:
    """Return a history of some of the calls, numbered anew."""
    order = sorted(numbers)
    place = {number: at for at, number in enumerate(order)}
    operations = tuple(_renumbered(history.operations[number], place) for number in order)
    return replace(history, operations=operations)


def _renumbered(call: Operation, place: Mapping[int, int]) -> Operation:
    claim = None if call.claim is None else place[call.claim]
    return replace(call, number=place[call.number], claim=claim)
