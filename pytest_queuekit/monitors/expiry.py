"""A task whose worker vanished comes back when its lease has run out."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import Reason
from pytest_queuekit.monitors.timeline.emptiness import empty_while


def expiry(history: History, contract: Contract) -> list[Violation]:
    """Find `not-reclaimed`: "empty" was said while a task with an expired lease lay there.

    The lease was certainly over, for longer than the resolution, and, where reclaiming is a call
    of its own, that call was made after it.
    """
    state = "lay there with a lease that had run out"
    return empty_while(history, contract, (Reason.EXPIRED,), "not-reclaimed", state)
