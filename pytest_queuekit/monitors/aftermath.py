"""A call with an invalid argument harms no later call."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import INVALID, History, Operation, Outcome
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.wording import actor, when


def aftermath(history: History, contract: Contract) -> list[Violation]:
    """Report ordinary calls that failed after a call with an invalid argument.

    `left-locked`: another call was answered with busy although nobody else called the queue, so
    the invalid call left a transaction or a lock behind; `left-broken`: another call ended in an
    error or was refused. For scenarios in which each ordinary call succeeds on a new queue, and no
    two actors call at the same time.
    """
    return smallest(_harmed(history))


def _harmed(history: History) -> Iterator[Violation]:
    suspect: Operation | None = None
    for call in history:
        if INVALID in call.arguments:
            suspect = call
        elif suspect is not None and not call.ok:
            yield _violation(history, suspect, call)


def _violation(history: History, suspect: Operation, call: Operation) -> Violation:
    invalid = (
        f"{actor(suspect)} called {suspect.verb} with {suspect.arguments[INVALID]} "
        f"{when(history, suspect)}, which ended as '{suspect.outcome}'"
        f"{f' ({suspect.error:.80})' if suspect.error else ''}."
    )
    error = f" ({call.error})" if call.error else ""
    if call.outcome is Outcome.BUSY:
        return violation(
            "left-locked",
            "Queue locked after a call with an invalid argument",
            f"{invalid} The next call, {call.verb} by {actor(call)} {when(history, call)}, was "
            f"answered busy{error} although no other call was running: the invalid call left a "
            "transaction open.",
            suspect,
            call,
        )
    return violation(
        "left-broken",
        "Call failed after another with an invalid argument",
        f"{invalid} The next call, {call.verb} by {actor(call)} {when(history, call)}, ended as "
        f"'{call.outcome}'{error}. An invalid call must leave nothing behind.",
        suspect,
        call,
    )
