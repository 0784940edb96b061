"""A batch is no larger than its limit."""

from __future__ import annotations

from collections import defaultdict

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.moments import NEVER, number
from pytest_queuekit.monitors.timeline.wording import actor, when


def batches(history: History, contract: Contract) -> list[Violation]:
    """Report `over-limit`: a claim of several tasks that returned more than its limit."""
    # A batch is recorded as one claim per task, all with the actor and interval of the call.
    calls: dict[tuple[str, int, int | None], list[Operation]] = defaultdict(list)
    for claim in history.by(Verb.CLAIM):
        if claim.is_delivery and "batch" in claim.arguments:
            calls[claim.actor, claim.start, claim.end].append(claim)
    return smallest(
        violation(
            "over-limit",
            "Batch larger than its limit",
            f"{actor(batch[0])} claimed a batch of at most {limit:g} {when(history, batch[0])} "
            f"and received {len(batch)} tasks.",
            *batch[: max(0, int(limit)) + 1],
        )
        for batch in calls.values()
        for limit in [number(batch[0].arguments["batch"])]
        if limit is not None and -NEVER < limit < len(batch)
    )
