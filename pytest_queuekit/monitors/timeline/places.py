"""The places of tasks in the declared order, as far as their enqueues fix them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_queuekit.model.capabilities import Order
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.monitors.timeline.groups import group_of
from pytest_queuekit.monitors.timeline.lives import lives_of
from pytest_queuekit.monitors.timeline.moments import NEVER, latest, nanoseconds, number
from pytest_queuekit.monitors.timeline.tasks import TaskHistory, shared_keys
from pytest_queuekit.monitors.timeline.wording import when


def comparable(history: History, contract: Contract) -> Iterator[TaskHistory]:
    """Yield the tasks with a place of their own: no delay, no group, no key of several tasks.

    Each in its life before any requeue, since the place of a requeued task is undeclared.
    """
    shared = shared_keys(history)
    for task in lives_of(history, contract):
        enqueue = task.enqueues[0]
        if task.requeued or task.label in shared:
            continue
        if not (enqueue.arguments.get("delay") or group_of(enqueue)):
            yield task


def has_priority(enqueue: Operation, contract: Contract) -> bool:
    """Return True if a task has a priority that counts.

    A queue chooses its own default, so tasks with and without a priority are not compared.
    """
    if contract.order.priority is None:
        return False
    return number(enqueue.arguments.get("priority")) is not None


class Ranks:
    """Ranks tasks in a declared order, the smallest first: by priority, and then by age.

    A rank is a pair of both, or the age alone where the order has no priority.
    """

    def __init__(self, order: Order) -> None:
        self._direction = {"lower-first": 1, "higher-first": -1, None: 0}[order.priority]
        self._ties = order.ties
        # Enqueues closer together than the declared resolution have no order.
        self._spread = nanoseconds(order.resolution)

    def waiting(self, enqueue: Operation) -> Any:
        """Return the rank of a waiting task. FIFO: its enqueue's end; LIFO: its start, negated."""
        if self._ties == "fifo":
            age = latest(enqueue) + self._spread
        else:
            age = (-enqueue.start if self._ties == "lifo" else 0) + self._spread
        return (self.priority(enqueue), age) if self._direction else age

    def claimed(self, enqueue: Operation) -> Any:
        """Return the rank of a claimed task.

        A waiting task with a smaller rank should have been claimed first. FIFO: the waiting task's
        enqueue ended before the claimed task's enqueue started. LIFO: it started after the claimed
        task's enqueue ended.
        """
        if self._ties == "fifo":
            age: float = enqueue.start
        else:
            age = -latest(enqueue) if self._ties == "lifo" else -NEVER
        return (self.priority(enqueue), age) if self._direction else age

    def priority(self, enqueue: Operation) -> float:
        """Return the rank of a task's priority alone."""
        if not self._direction:
            return 0
        return self._direction * (number(enqueue.arguments.get("priority")) or 0)


def place_of(history: History, enqueue: Operation) -> str:
    """Return a task with what fixes its place, in words."""
    given = enqueue.arguments.get("priority")
    priority = "" if given is None else f"priority {given}, "
    return f"{enqueue.task} ({priority}enqueued {when(history, enqueue)})"
