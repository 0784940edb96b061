"""The time for which an idempotency key is held, where the contract fixes one."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import Operation
from pytest_queuekit.monitors.timeline.moments import NEVER, latest, nanoseconds


def key_ends(enqueue: Operation, contract: Contract) -> tuple[float, float]:
    """Return from when the time of a task's key may be over, and by when it must be.

    An enqueue of unknown outcome may take effect at any time, so its key's time need not end.
    """
    if contract.key_seconds is None:
        return NEVER, NEVER
    time = nanoseconds(contract.key_seconds)
    return enqueue.start + time, latest(enqueue) + time + nanoseconds(contract.resolution)
