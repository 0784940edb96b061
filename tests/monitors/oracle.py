"""An exhaustive search for an order of the operations that explains a history.

The search tries every order in which an operation precedes those that started after its end, on a
sequential queue. It suits a handful of operations only.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_queuekit.model.capabilities import Order
from pytest_queuekit.model.history import Operation, Verb

_Waiting = tuple[tuple[str, int], ...]
"""The waiting labels with their priorities, in the order of their enqueues."""


def explained(operations: Sequence[Operation], order: Order) -> bool:
    """Return True if some order explains enqueues and claims that all ended ok."""
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
    """Return the possible queues after an operation; none if it cannot happen."""
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
    """Return the tasks that a claim may get."""
    sign = {"lower-first": 1, "higher-first": -1, None: 0}[order.priority]
    best = min((sign * priority for _, priority in waiting), default=0)
    first = [task for task in waiting if sign * task[1] == best]
    return {"fifo": first[:1], "lifo": first[-1:], "none": first}[order.ties]
