"""A batch is no larger than it was asked to be."""

from __future__ import annotations

from collections import defaultdict

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import NEVER, number, span


def batches(history: History, contract: Contract) -> list[Violation]:
    """Find `over-limit`: a claim of several tasks that handed out more than its limit."""
    calls: dict[tuple[str, int, int | None], list[Operation]] = defaultdict(list)
    for claim in history.by(Verb.CLAIM):
        if claim.is_delivery and "batch" in claim.arguments:
            calls[claim.actor, claim.start, claim.end].append(claim)
    return smallest(
        violation(
            "over-limit",
            f"{batch[0].actor} asked for at most {limit:g} tasks and was handed {len(batch)} "
            f"({span(history, batch[0])})",
            *batch[: max(0, int(limit)) + 1],
        )
        for batch in calls.values()
        for limit in [number(batch[0].arguments["batch"])]
        if limit is not None and -NEVER < limit < len(batch)
    )
