"""While a lease runs, its holder is listened to."""

from __future__ import annotations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import span
from pytest_queuekit.monitors.timeline.lease_intervals import Holds
from pytest_queuekit.monitors.timeline.tasks import Delivery, lives_of


def lease_kept(history: History, contract: Contract) -> list[Violation]:
    """Find `holder-refused`: an acknowledgement that was refused though nothing spoke against it.

    Its worker certainly still had the task, and had not acknowledged it before.
    """
    holds = Holds(history, contract)
    return smallest(
        _violation(history, delivery, said)
        for life in lives_of(history).values()
        if len(life.enqueues) < 2
        for delivery in life.deliveries
        for said in delivery.acknowledgements
        if said.outcome is Outcome.REFUSED and holds.must_accept(life, delivery, said)
    )


def _violation(history: History, delivery: Delivery, said: Operation) -> Violation:
    claim = delivery.claim
    return violation(
        "holder-refused",
        f"{said.actor} held task {claim.task} (claim {span(history, claim)}), yet its "
        f"{said.verb} was refused ({span(history, said)})",
        claim,
        *delivery.extensions()[-1:],
        said,
    )
