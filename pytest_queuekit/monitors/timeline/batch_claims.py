"""The claims of several tasks in one call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from pytest_queuekit.model.history import History, Operation, Verb


def batches_of(history: History) -> Collection[Sequence[Operation]]:
    """Return the deliveries of each call that claimed several tasks, in the order of its answer."""
    # A batch is recorded as one claim per task, all with the actor and interval of the call.
    calls: dict[tuple[str, int, int | None], list[Operation]] = defaultdict(list)
    for claim in history.by(Verb.CLAIM):
        if claim.is_delivery and "batch" in claim.arguments:
            calls[claim.actor, claim.start, claim.end].append(claim)
    return calls.values()
