"""A delay or lease of no sensible length does no harm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import SECOND, History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import number, span
from pytest_queuekit.monitors.timeline.tasks import Delivery, Life, lives_of

_AT_ONCE = SECOND // 2
"""Nanoseconds within which a lease that is not refused must not end."""

_LONG = 30 * 86_400.0
"""Seconds, beyond which no lease is meant: a month."""


def bad_durations(history: History, contract: Contract) -> list[Violation]:
    """Find delays that were accepted and never end; leases and extensions too, or end at once.

    `swallowed`: a task with such a delay never came; `instant-lease`: a task was handed out again
    within half a second; `immortal-lease`: it was not handed out again by the end. For scenarios
    that ask for nothing but nonsense, and claim until the queue is empty when all that can be
    meant by it is over.
    """
    lives = lives_of(history).values()
    leased = (
        found
        for life in lives
        for delivery in life.deliveries[:1]
        for asked in _asked(delivery)
        for found in _harm(history, life, asked)
    )
    return smallest([*leased, *(found for life in lives for found in _swallowed(history, life))])


def _swallowed(history: History, life: Life) -> Iterator[Violation]:
    for enqueue in life.enqueues if history.drained and not life.deliveries else ():
        delay = enqueue.arguments.get("delay")
        if enqueue.ok and delay is not None and not (number(delay) or 0) > 0:
            yield violation(
                "swallowed",
                f"task {life.task} with a delay of {delay!r} s was accepted "
                f"({span(history, enqueue)}), and never came",
                enqueue,
                history.by(Verb.CLAIM)[-1],
            )


def _asked(delivery: Delivery) -> Iterator[tuple[Operation, Any]]:
    """Return the operations of a delivery that asked for a lease of nonsense, and what for."""
    for operation, name in (
        (delivery.claim, "lease"),
        *((one, "seconds") for one in delivery.extensions() if one.ok),
    ):
        seconds = operation.arguments.get(name)
        # A claim that named no lease asked for the queue's own.
        if name in operation.arguments and not _is_sensible(seconds):
            yield operation, seconds


def _is_sensible(seconds: Any) -> bool:
    given = number(seconds)
    return given is not None and 0 < given <= _LONG


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
