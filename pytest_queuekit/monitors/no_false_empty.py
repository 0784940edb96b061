"""A claim returns empty only when no task is available."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import Arrival
from pytest_queuekit.monitors.timeline.emptiness import wrongly_empty


def no_false_empty(history: History, contract: Contract) -> list[Violation]:
    """Report `said-empty`: a claim that returned empty while a task for it certainly waited.

    The queue had accepted the task's enqueue, requeue or release. A delayed task counts after its
    delay and the declared resolution. `expiry` and `retry` judge expired leases and failed tasks.
    """
    arrivals = (Arrival.ENQUEUED, Arrival.REQUEUED, Arrival.RELEASED)
    return wrongly_empty(
        history, contract, arrivals, "said-empty", "Waiting task reported as empty"
    )
