"""In normal operation a queue has time for its workers."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import span


def busy(history: History, contract: Contract) -> list[Violation]:
    """Find `busy`: calls that were answered with "not now".

    Safe, and honest; but an answer that every caller has to handle.
    """
    turned = [one for one in history if one.outcome is Outcome.BUSY]
    return smallest(
        violation(
            "busy",
            f"{one.actor}: {one.verb} ({span(history, one)}) was answered with busy, one of "
            f"{len(turned)} such answers among {len(history)} calls{_why(one)}",
            one,
        )
        for one in turned
    )


def _why(one: Operation) -> str:
    return f": {one.error}" if one.error else ""
