"""Every claimer gets its share."""

from __future__ import annotations

from collections import defaultdict

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import span

_FRACTION = 0.1
"""Of an even share: who has less is starved. Schedulers alone make differences of some tenths."""

_FEWEST = 20
"""Deliveries for an even share below which a share says nothing."""


def fairness(history: History, contract: Contract) -> list[Violation]:
    """Find `starved`: a claimer that got less than a tenth of an even share.

    Only the deliveries count that were made while it tried: from its first claim on.
    """
    claims: dict[str, list[Operation]] = defaultdict(list)
    for one in history.by(Verb.CLAIM):
        claims[one.actor].append(one)
    return smallest(found for actor in claims for found in _starved(history, claims, actor))


def _starved(history: History, claims: dict[str, list[Operation]], actor: str) -> list[Violation]:
    first = claims[actor][0]
    after = [one for one in history.by(Verb.CLAIM) if one.is_delivery and one.start >= first.start]
    even = len(after) / len(claims)
    own = sum(one.actor == actor for one in after)
    if even < _FEWEST or own >= _FRACTION * even:
        return []
    told = (
        f"{actor} was handed {own} of {len(after)} tasks that were claimed by {len(claims)} "
        f"workers since it began (first claim {span(history, first)})"
    )
    slowest = max(claims[actor], key=_length)
    return [violation("starved", told, first, slowest)]


def _length(operation: Operation) -> int:
    return (operation.end or operation.start) - operation.start
