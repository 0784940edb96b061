"""A queue accepts every payload of its declared domain."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.wording import actor, when


def no_spurious_refusal(history: History, contract: Contract) -> list[Violation]:
    """Report `turned-away`: an enqueue that the queue refused.

    For scenarios that enqueue only payloads that every queue of the declared domain must accept.
    """
    return smallest(
        violation(
            "turned-away",
            "Valid task refused",
            f"The queue refused the enqueue of {enqueue.task} by {actor(enqueue)} "
            f"{when(history, enqueue)}"
            f"{f' ({enqueue.error})' if enqueue.error else ''}. Its payload "
            f"{enqueue.arguments.get('payload')!r:.60} is valid: declared "
            f"`payload={contract.payload.name}`.",
            enqueue,
        )
        for enqueue in history.by(Verb.ENQUEUE)
        if enqueue.outcome is Outcome.REFUSED
    )
