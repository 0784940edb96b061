"""Tasks with equal payloads are different tasks."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import span
from pytest_queuekit.monitors.timeline.losses import Lookups, forgets
from pytest_queuekit.monitors.timeline.tasks import Ghosts, Life, lives_of


def no_deduplication(history: History, contract: Contract) -> list[Violation]:
    """Find `merged`: a payload that was enqueued more often than it came.

    Enqueues with a key, and tasks that may have been cancelled, are left out. For scenarios whose
    equal tasks go to any worker.
    """
    if not history.drained or forgets(history, contract) or Ghosts.of(history).claims:
        return []
    return smallest(
        violation(
            "merged",
            f"{life.task} was enqueued {len(life.enqueues)} times (last by {last.actor}, "
            f"{span(history, last)}) and came {len(life.deliveries)} times, until "
            f"{lookup.actor} found the queue empty ({span(history, lookup)})",
            *life.enqueues,
            *(one.claim for one in life.deliveries),
            lookup,
        )
        for life in lives_of(history).values()
        if len(life.deliveries) < len(life.enqueues) and len(life.enqueues) > 1 and _plain(life)
        for last in life.enqueues[-1:]
        for lookup in (Lookups(history).last(last),)
        if lookup is not None and last.ended_before(lookup)
    )


def _plain(life: Life) -> bool:
    no_spurious_refusal = all(one.ok and one.arguments.get("key") is None for one in life.enqueues)
    return no_spurious_refusal and not life.cancels
