"""A purge deletes completed tasks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

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
    purges = [purge for purge in history.by(Verb.PURGE) if purge.ok]
    if not purges:
        return []
    completed = sorted(latest(call) for call in history.by(Verb.COMPLETE) if happens(call))
    # A queue may count cancelled tasks as completed.
    cancelled = sum(map(happens, history.by(Verb.CANCEL)))
    counts = [stats for stats in history.by(Verb.STATS) if stats.ok and _count(stats) is not None]
    return smallest(
        kept
        for purge in purges
        # A completion that ends at the purge's very start may still come after it.
        # Counter-example: complete [4, 6], purge [6, 7], stats [8, 9] -> completed=1 is legal.
        for most in [len(completed) - bisect_left(completed, purge.start) + cancelled]
        for kept in _kept(history, purge, counts, most)
    )


def _kept(
    history: History, purge: Operation, counts: Sequence[Operation], most: int
) -> Iterator[Violation]:
    """Judge the first count that was read after a purge."""
    if purge.end is None:
        return
    place = bisect_right(counts, purge.end, key=lambda stats: stats.start)
    for stats in counts[place : place + 1]:
        count = _count(stats)
        if count is not None and count > most:
            yield violation(
                "not-purged",
                "Purge kept completed tasks",
                f"{actor(stats)} read completed={count} {when(history, stats)} although "
                f"{actor(purge)} had purged the queue {when(history, purge)} and at most "
                f"{most} tasks were completed after that.",
                purge,
                stats,
            )


def _count(stats: Operation) -> int | None:
    """Return the completed tasks that a queue counted."""
    count = stats.result.get("completed") if isinstance(stats.result, dict) else None
    return count if isinstance(count, int) else None
