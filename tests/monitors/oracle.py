"""The slow and certain answer: whether some order of the operations explains a history.

Tries every order that keeps what was over before what began after it, on a queue that does one
thing after the other. For a handful of operations only.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_queuekit.model.capabilities import Order
from pytest_queuekit.model.history import Operation, Verb

_Waiting = tuple[tuple[str, int], ...]
"""The labels that wait, with their priorities, in the order in which they came."""


def explained(operations: Sequence[Operation], order: Order) -> bool:
    """Whether enqueues and claims, all with an end and ok, can have happened in some order."""
    return _explained(tuple(operations), (), order)


def _explained(left: tuple[Operation, ...], waiting: _Waiting, order: Order) -> bool:
    if not left:
        return True
    for operation in left:
        if any(other.ended_before(operation) for other in left):
            continue
        rest = tuple(other for other in left if other is not operation)
        if any(_explained(rest, after, order) for after in _apply(operation, waiting, order)):
            return True
    return False


def _apply(operation: Operation, waiting: _Waiting, order: Order) -> list[_Waiting]:
    """Return the queue after an operation; nothing where it cannot have happened."""
    if operation.verb is Verb.ENQUEUE:
        return [(*waiting, (str(operation.task), operation.arguments.get("priority", 0)))]
    if operation.task is None:
        return [waiting] if not waiting else []
    return [
        tuple(other for other in waiting if other is not head)
        for head in _heads(waiting, order)
        if head[0] == operation.task
    ]


def _heads(waiting: _Waiting, order: Order) -> list[tuple[str, int]]:
    """Return the tasks of which a claim may get any."""
    sign = {"lower-first": 1, "higher-first": -1, None: 0}[order.priority]
    best = min((sign * priority for _, priority in waiting), default=0)
    first = [task for task in waiting if sign * task[1] == best]
    return {"fifo": first[:1], "lifo": first[-1:], "none": first}[order.ties]
