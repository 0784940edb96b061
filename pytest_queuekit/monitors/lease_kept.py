"""While a lease runs, its holder is listened to."""

from __future__ import annotations

from pytest_queuekit.contract import Contract
from pytest_queuekit.history import History, Operation, Outcome
from pytest_queuekit.monitors.evidence.findings import smallest, violation
from pytest_queuekit.monitors.evidence.holds import Holds
from pytest_queuekit.monitors.evidence.instants import span
from pytest_queuekit.monitors.evidence.lives import Delivery, lives_of
from pytest_queuekit.verdict import Violation


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
