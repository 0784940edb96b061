"""A purge deletes completed tasks."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.moments import latest
from pytest_queuekit.monitors.timeline.tasks import happens
from pytest_queuekit.monitors.timeline.wording import actor, when


def purged(history: History, contract: Contract) -> list[Violation]:
    """Report `not-purged`: `stats` counts more completed tasks than a purge can have left."""
    if not {Capability.COMPLETE, Capability.AT_LEAST_ONCE} <= contract.capabilities:
        return []  # a delivery may count as a completion
    return smallest(
        kept for purge in history.by(Verb.PURGE) if purge.ok for kept in _kept(history, purge)
    )


def _kept(history: History, purge: Operation) -> Iterator[Violation]:
    # A completion that ends at the purge's very start may still come after it.
    # Counter-example: complete [4, 6], purge [6, 7], stats [8, 9] -> completed=1 is legal.
    completions = [
        complete for complete in history.by(Verb.COMPLETE) if latest(complete) >= purge.start
    ]
    # A queue may count cancelled tasks as completed.
    excused = [end for end in (*completions, *history.by(Verb.CANCEL)) if happens(end)]
    for stats in history.by(Verb.STATS):
        count = stats.result.get("completed") if isinstance(stats.result, dict) else None
        if stats.ok and purge.ended_before(stats) and isinstance(count, int):
            if count > len(excused):
                yield violation(
                    "not-purged",
                    "Purge kept completed tasks",
                    f"{actor(stats)} read completed={count} {when(history, stats)} although "
                    f"{actor(purge)} had purged the queue {when(history, purge)} and at most "
                    f"{len(excused)} tasks were completed after that.",
                    purge,
                    stats,
                )
            return
