"""A payload is delivered as it was enqueued, and not as JSON gives it back."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import CONVERTED, History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.tasks import tasks_of
from pytest_queuekit.monitors.timeline.wording import actor, when


def converted_payload(history: History, contract: Contract) -> list[Violation]:
    """Report `converted`: a payload that was delivered as JSON gives it back.

    A queue for JSON may do that: a tuple becomes a list, and the key 1 becomes "1". `no_phantom`
    reports any other change.
    """
    return smallest(
        violation(
            "converted",
            "Payload delivered as JSON gives it back",
            f"{actor(claim)} claimed {task.label} {when(history, claim)} as {received!r:.80} "
            f"although {actor(enqueue)} had enqueued it {when(history, enqueue)} as "
            f"{enqueue.arguments.get('payload')!r:.80} (declared `payload="
            f"{contract.payload.name}`).",
            enqueue,
            claim,
        )
        for task in tasks_of(history).values()
        for enqueue in task.enqueues
        for claim in [delivery.claim for delivery in task.deliveries]
        for received in [claim.result.get("payload") if isinstance(claim.result, dict) else None]
        if received is not None and received == enqueue.arguments.get(CONVERTED)
    )
