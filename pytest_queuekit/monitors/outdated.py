"""A task that expired while it waited is not delivered."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.shelf_life import has_expired
from pytest_queuekit.monitors.timeline.tasks import tasks_with
from pytest_queuekit.monitors.timeline.wording import actor, when


def outdated(history: History, contract: Contract) -> list[Violation]:
    """Report `outdated`: a first delivery whose claim began after the task had certainly expired.

    A queue may apply `expires` to later deliveries or not: they are left out.
    """
    return smallest(
        violation(
            "outdated",
            "Expired task delivered",
            f"{actor(claim)} claimed {task.label} {when(history, claim)} although "
            f"{actor(enqueue)} had enqueued it {when(history, enqueue)} with "
            f"expires={enqueue.arguments.get('expires')} s.",
            enqueue,
            claim,
        )
        for task in tasks_with(history, "expires")
        for enqueue, claim in [(task.only_enqueue, task.first_claim)]
        if enqueue is not None and claim is not None
        if claim.start > has_expired(enqueue, contract)
    )
