"""A batch is no larger than its limit."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.batch_claims import batches_of
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.moments import NEVER, number
from pytest_queuekit.monitors.timeline.wording import actor, when


def batches(history: History, contract: Contract) -> list[Violation]:
    """Report `over-limit`: a claim of several tasks that returned more than its limit."""
    return smallest(
        violation(
            "over-limit",
            "Batch larger than its limit",
            f"{actor(batch[0])} claimed a batch of at most {limit:g} {when(history, batch[0])} "
            f"and received {len(batch)} tasks.",
            *batch[: max(0, int(limit)) + 1],
        )
        for batch in batches_of(history)
        for limit in [number(batch[0].arguments["batch"])]
        if limit is not None and -NEVER < limit < len(batch)
    )
