"""A task goes only to workers that can do it."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import span
from pytest_queuekit.monitors.timeline.routes import may_get
from pytest_queuekit.monitors.timeline.tasks import lives_of


def routing(history: History, contract: Contract) -> list[Violation]:
    """Find `misrouted`: a task that came to a worker without what the task asks for.

    A worker that says nothing of itself is left out: it may be one that takes everything.
    """
    return smallest(
        _violation(history, life.enqueues[0], delivery.claim)
        for life in lives_of(history).values()
        for delivery in life.deliveries
        if life.enqueues and all(may_get(delivery.claim, one) is False for one in life.enqueues)
    )


def _violation(history: History, enqueue: Operation, claim: Operation) -> Violation:
    return violation(
        "misrouted",
        f"task {claim.task} needs {enqueue.arguments['capabilities']!r} "
        f"({span(history, enqueue)}) and was handed to {claim.actor}, which has "
        f"{claim.arguments['capabilities']!r} (claim {span(history, claim)})",
        enqueue,
        claim,
    )
