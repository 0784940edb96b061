"""A queue that says "empty" is empty."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import Reason
from pytest_queuekit.monitors.timeline.emptiness import empty_while


def no_false_empty(history: History, contract: Contract) -> list[Violation]:
    """Find `said-empty`: a claim told "empty" while tasks that it could get certainly waited.

    These are tasks whose enqueue, or whose release, was accepted before; with a delay, after it
    was over and noticed. Expired leases and retries have monitors of their own.
    """
    reasons = (Reason.ENQUEUED, Reason.RELEASED)
    return empty_while(history, contract, reasons, "said-empty", "waited in the queue")
