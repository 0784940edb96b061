"""A purge deletes what is completed."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import latest, span
from pytest_queuekit.monitors.timeline.tasks import happens


def purged(history: History, contract: Contract) -> list[Violation]:
    """Find `not-purged`: more completed tasks were counted than were completed since a purge."""
    if not {Capability.COMPLETE, Capability.AT_LEAST_ONCE} <= contract.capabilities:
        return []  # a task may count as completed when it is handed out
    return smallest(
        found for purge in history.by(Verb.PURGE) if purge.ok for found in _left(history, purge)
    )


def _left(history: History, purge: Operation) -> Iterator[Violation]:
    done = [one for one in history.by(Verb.COMPLETE) if latest(one) >= purge.start]
    # Where the cancelled are counted is the queue's affair.
    since = [one for one in (*done, *history.by(Verb.CANCEL)) if happens(one)]
    for counted in history.by(Verb.STATS):
        told = counted.result.get("completed") if isinstance(counted.result, dict) else None
        if counted.ok and purge.ended_before(counted) and isinstance(told, int):
            if told > len(since):
                yield violation(
                    "not-purged",
                    f"completed tasks were purged ({span(history, purge)}) and at most "
                    f"{len(since)} completed after that, yet {counted.actor} was told "
                    f"completed={told} ({span(history, counted)})",
                    purge,
                    counted,
                )
            return
