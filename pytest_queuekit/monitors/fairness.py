"""Every worker gets its share of the tasks."""

from __future__ import annotations

from collections import defaultdict

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.wording import actor, when

_FRACTION = 0.1
"""Share of an even share below which a worker starves. Schedulers alone cause tenths of it."""

_FEWEST = 20
"""Deliveries in an even share below which a small share proves nothing."""


def fairness(history: History, contract: Contract) -> list[Violation]:
    """Report `starved`: a worker that received less than a tenth of an even share.

    Only deliveries after the worker's first claim count.
    """
    claims: dict[str, list[Operation]] = defaultdict(list)
    for claim in history.by(Verb.CLAIM):
        claims[claim.actor].append(claim)
    return smallest(starved for worker in claims for starved in _starved(history, claims, worker))


def _starved(history: History, claims: dict[str, list[Operation]], worker: str) -> list[Violation]:
    first = claims[worker][0]
    deliveries = [
        claim
        for claim in history.by(Verb.CLAIM)
        if claim.is_delivery and claim.start >= first.start
    ]
    even = len(deliveries) / len(claims)
    own = sum(claim.actor == worker for claim in deliveries)
    if even < _FEWEST or own >= _FRACTION * even:
        return []
    detail = (
        f"{actor(first)} received {own} of the {len(deliveries)} tasks that {len(claims)} workers "
        f"claimed after it started {when(history, first)}."
    )
    slowest = max(claims[worker], key=_length)
    return [violation("starved", "Worker starved", detail, first, slowest)]


def _length(operation: Operation) -> int:
    return (operation.end or operation.start) - operation.start
