"""A delayed task does not come before its time."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import GRAIN, nanoseconds, number, span
from pytest_queuekit.monitors.timeline.tasks import Life, lives_of


def schedule(history: History, contract: Contract) -> list[Violation]:
    """Find `early`: a delivery that was over before the delay of the task can have been."""
    return smallest(found for life in lives_of(history).values() for found in _early(history, life))


def _early(history: History, life: Life) -> Iterator[Violation]:
    if not life.enqueues:
        return
    enqueue = min(life.enqueues, key=_due)
    for delivery in life.deliveries:
        claim = delivery.claim
        if claim.end is not None and claim.end + GRAIN < _due(enqueue):
            yield violation(
                "early",
                f"task {life.task} was enqueued by {enqueue.actor} ({span(history, enqueue)}) "
                f"with a delay of {enqueue.arguments.get('delay')} s and handed to {claim.actor} "
                f"before that was over (claim {span(history, claim)})",
                enqueue,
                claim,
            )


def _due(enqueue: Operation) -> float:
    """Return the first nanosecond at which a task may come."""
    delay = number(enqueue.arguments.get("delay"))
    return enqueue.start + nanoseconds(max(delay or 0, 0))
