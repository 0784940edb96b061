"""A queue takes what it promised to carry."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import span


def no_spurious_refusal(history: History, contract: Contract) -> list[Violation]:
    """Find `turned-away`: an enqueue that was refused.

    For scenarios that put in only what every queue of the declared domain has to take.
    """
    return smallest(
        violation(
            "turned-away",
            f"task {one.task} with {one.arguments.get('payload')!r:.60}, which is of the declared "
            f"domain ({contract.payload.value}), was refused ({span(history, one)})"
            + (f": {one.error}" if one.error else ""),
            one,
        )
        for one in history.by(Verb.ENQUEUE)
        if one.outcome is Outcome.REFUSED
    )
