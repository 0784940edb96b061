"""Shelf lives: how long a waiting task with the option `expires` may be delivered."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import Operation
from pytest_queuekit.monitors.timeline.moments import NEVER, latest, nanoseconds, number


def may_expire(enqueue: Operation) -> float:
    """Return the first moment, in nanoseconds, at which a waiting task may have expired.

    The seconds count from the enqueue's start, not from its end: the queue may stamp it there.
    """
    given = enqueue.arguments.get("expires")
    seconds = None if given is None else number(given)
    return NEVER if seconds is None else enqueue.start + nanoseconds(max(seconds, 0))


def has_expired(enqueue: Operation, contract: Contract) -> float:
    """Return the moment, in nanoseconds, after which a waiting task has certainly expired.

    The seconds may count from the end of a delay, and the queue may notice their end late.
    """
    seconds = number(enqueue.arguments.get("expires"))
    delay = number(enqueue.arguments.get("delay") or 0)
    if seconds is None or delay is None:
        return NEVER
    total = max(seconds, 0) + max(delay, 0) + contract.resolution
    return latest(enqueue) + nanoseconds(total)
