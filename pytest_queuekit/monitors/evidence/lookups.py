"""The last time that a worker looked into the queue and was told that it is empty."""

from __future__ import annotations

from pytest_queuekit.history import History, Operation
from pytest_queuekit.monitors.evidence.routes import may_get


class Lookups:
    """Knows the last empty answer for each kind of worker."""

    def __init__(self, history: History) -> None:
        last: dict[str, Operation] = {}
        for operation in history:
            if operation.is_empty:
                last[repr(operation.arguments.get("capabilities"))] = operation
        self._last = list(last.values())

    def last(self, enqueue: Operation) -> Operation | None:
        """Return the last claim that was told "empty" though it was free to get a task."""
        able = [one for one in self._last if may_get(one, enqueue)]
        return max(able, key=lambda one: one.start, default=None)
