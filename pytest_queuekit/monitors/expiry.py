"""A task returns to the queue when its lease expires, or when its worker is dead."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import Arrival
from pytest_queuekit.monitors.timeline.emptiness import wrongly_empty


def expiry(history: History, contract: Contract) -> list[Violation]:
    """Report `not-reclaimed`: a claim that returned empty while a task's lease had expired.

    The lease was certainly over for longer than the declared resolution. Where the queue watches
    its workers, the worker was killed longer ago than the queue may take to notice. Where
    `reclaim` is a call of its own, that call came after the expiry.
    """
    title = "Task with an expired lease reported as empty"
    if contract.notices_death:
        title = "Task of a dead worker reported as empty"
    return wrongly_empty(history, contract, (Arrival.EXPIRED,), "not-reclaimed", title)
