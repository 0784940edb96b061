"""A lease of no sensible length does no harm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_queuekit.contract import Contract
from pytest_queuekit.history import SECOND, History, Operation, Verb
from pytest_queuekit.monitors.evidence.findings import smallest, violation
from pytest_queuekit.monitors.evidence.instants import span
from pytest_queuekit.monitors.evidence.lives import Delivery, Life, lives_of
from pytest_queuekit.verdict import Violation

_AT_ONCE = SECOND // 2
"""Nanoseconds within which a lease that is not refused must not end."""


def nonsense(history: History, contract: Contract) -> list[Violation]:
    """Find leases and extensions that were accepted and end at once, or never.

    `instant-lease`: the task was handed out again within half a second; `immortal-lease`: it was
    not handed out again by the end. For scenarios that lease for nonsense only, let at least a
    month pass and then claim until the queue is empty.
    """
    return smallest(
        found
        for life in lives_of(history).values()
        for delivery in life.deliveries[:1]
        for asked in _asked(delivery)
        for found in _harm(history, life, asked)
    )


def _asked(delivery: Delivery) -> Iterator[tuple[Operation, Any]]:
    """Return the operation of a delivery that asked for a lease of its own, and what for."""
    extensions = [one for one in delivery.extensions() if one.ok]
    if extensions:
        yield extensions[0], extensions[0].arguments.get("seconds")
    elif not delivery.acknowledgements:
        yield delivery.claim, delivery.claim.arguments.get("lease")


def _harm(history: History, life: Life, asked: tuple[Operation, Any]) -> Iterator[Violation]:
    operation, seconds = asked
    told = (
        f"{operation.verb} of {life.task} with {seconds!r} seconds was accepted "
        f"({span(history, operation)}), and the task was"
    )
    again = next((one.claim for one in life.deliveries[1:]), None)
    if again is None:
        if history.drained:
            last = history.by(Verb.CLAIM)[-1]
            yield violation("immortal-lease", f"{told} never handed out again", operation, last)
    elif again.start - (operation.end or operation.start) < _AT_ONCE:
        when = span(history, again)
        yield violation(
            "instant-lease", f"{told} handed out again at once ({when})", operation, again
        )
