"""In normal operation a queue answers its workers without delay."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Outcome
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.wording import actor, when


def busy(history: History, contract: Contract) -> list[Violation]:
    """Report `busy`: calls that the queue answered with a busy error.

    Such an answer is safe, but every caller has to handle it.
    """
    calls = [call for call in history if call.outcome is Outcome.BUSY]
    return smallest(
        violation(
            "busy",
            f"Busy answer to {call.verb}",
            f"{actor(call)} called {call.verb} {when(history, call)}, and the queue answered busy"
            f"{f' ({call.error})' if call.error else ''}: {len(calls)} of {len(history)} calls.",
            call,
        )
        for call in calls
    )
