"""The queue answers, and knows what it says."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import span


def answers(history: History, contract: Contract) -> list[Violation]:
    """Find calls that nobody cut off and that ended in no answer.

    `unexpected-error`: an error that is declared neither as refused nor as busy; `no-answer`: a
    call that never came back; `cannot-open`: an actor that could not open the queue. What a
    killed actor left behind is no fault of the queue.
    """
    # A kill with an error is the queue's doing: the actor hung, or its process broke down.
    killed = {one.actor for one in history.by(Verb.KILL) if one.error is None}
    return smallest(_find(history, killed))


def _find(history: History, killed: set[str]) -> Iterator[Violation]:
    for one in history:
        if one.actor in killed and one.outcome is Outcome.UNKNOWN:
            continue
        if one.verb is Verb.OPEN and not one.ok:
            yield _violation(history, "cannot-open", one)
        elif one.outcome is Outcome.UNKNOWN and one.verb is not Verb.KILL:
            hangs = one.end is None and one.error is None
            yield _violation(history, "no-answer" if hangs else "unexpected-error", one)


def _violation(history: History, kind: str, one: Operation) -> Violation:
    what = f"{one.verb} {one.task}" if one.task else f"{one.verb}"
    told = one.error or f"the call ended as {one.outcome}"
    if kind == "no-answer":
        told = "the call never came back"
    return violation(kind, f"{one.actor}: {what} ({span(history, one)}): {told}", one)
