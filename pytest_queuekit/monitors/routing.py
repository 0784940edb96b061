"""A task goes only to workers with the capabilities that it needs."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.routes import may_get
from pytest_queuekit.monitors.timeline.tasks import tasks_with
from pytest_queuekit.monitors.timeline.wording import actor, when


def routing(history: History, contract: Contract) -> list[Violation]:
    """Report `misrouted`: a task delivered to a worker without the capabilities that it needs.

    A worker that declares no capabilities is left out: it may take every task.
    """
    return smallest(
        _violation(history, task.enqueues[0], delivery.claim)
        for task in tasks_with(history, "capabilities")
        for delivery in task.deliveries
        if task.enqueues
        and all(may_get(delivery.claim, enqueue) is False for enqueue in task.enqueues)
    )


def _violation(history: History, enqueue: Operation, claim: Operation) -> Violation:
    return violation(
        "misrouted",
        "Task delivered to an unsuitable worker",
        f"{actor(claim)} claimed {claim.task} {when(history, claim)} with capabilities "
        f"{claim.arguments['capabilities']!r} although {actor(enqueue)} had enqueued it "
        f"{when(history, enqueue)} with capabilities {enqueue.arguments['capabilities']!r}.",
        enqueue,
        claim,
    )
