"""The queue accepts an acknowledgement while the worker's lease runs."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.tasks import DeliveredTask, tasks_of
from pytest_queuekit.monitors.timeline.wording import NOUNS, actor, when


def lease_kept(history: History, contract: Contract) -> list[Violation]:
    """Report `holder-refused`: an acknowledgement that the queue refused without a reason.

    The worker certainly still held the task and had not acknowledged it before.
    """
    leases = history.derived(LeaseIntervals, contract)
    return smallest(
        _violation(history, leases, delivery, said)
        for task in tasks_of(history).values()
        if len(task.enqueues) < 2
        for delivery in task.deliveries
        for said in delivery.acknowledgements
        if said.outcome is Outcome.REFUSED and leases.must_accept(task, delivery, said)
    )


def _violation(
    history: History, leases: LeaseIntervals, delivery: DeliveredTask, said: Operation
) -> Violation:
    claim, noun = delivery.claim, NOUNS[said.verb]
    return violation(
        "holder-refused",
        f"{noun.capitalize()} refused while the worker held the task",
        f"The {noun} of {claim.task} by {actor(said)} {when(history, said)} was refused although "
        f"{actor(said)} held the task (claimed {when(history, claim)}, {leases.cite(delivery)}).",
        claim,
        *delivery.extensions[-1:],
        said,
    )
