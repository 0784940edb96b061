"""Every call on the queue ends in a declared answer."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.wording import actor, when


def answers(history: History, contract: Contract) -> list[Violation]:
    """Report calls that ended without a declared answer although no kill cut them off.

    `unexpected-error`: an error declared neither in `refuses` nor in `busy`; `no-answer`: a call
    that never returned; `cannot-open`: an actor that could not open the queue. Calls of a killed
    actor are left out.
    """
    # A kill with an error is the queue's doing: the actor hung, or its process crashed.
    killed = {kill.actor for kill in history.by(Verb.KILL) if kill.error is None}
    return smallest(_unanswered(history, killed))


def _unanswered(history: History, killed: set[str]) -> Iterator[Violation]:
    for call in history:
        if call.actor in killed and call.outcome is Outcome.UNKNOWN:
            continue
        if call.verb is Verb.OPEN and not call.ok:
            detail = (
                f"{actor(call)} could not open the queue {when(history, call)}: "
                f"{call.error or f'the call ended as {call.outcome}'}{_place(call)}."
            )
            yield violation("cannot-open", "Queue cannot be opened", detail, call)
        elif call.outcome is Outcome.UNKNOWN and call.verb is not Verb.KILL:
            yield _unknown(history, call)


def _unknown(history: History, call: Operation) -> Violation:
    name = f"{call.verb} {call.task}" if call.task else f"{call.verb}"
    if call.end is None and call.error is None:
        return violation(
            "no-answer",
            f"Call to {call.verb} never returned",
            f"{actor(call)} called {name} {when(history, call)}, and the call never returned.",
            call,
        )
    return violation(
        "unexpected-error",
        f"Undeclared error from {call.verb}",
        f"{actor(call)} called {name} {when(history, call)}, and the call raised an error that "
        f"`refuses` and `busy` do not declare: {call.error or 'unknown error'}{_place(call)}.",
        call,
    )


def _place(call: Operation) -> str:
    return f" ({call.raised_at})" if call.raised_at else ""
