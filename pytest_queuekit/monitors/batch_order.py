"""The tasks of one batch come in the declared order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from pytest_queuekit.model.capabilities import declaration
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.batch_claims import batches_of
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.places import (
    Ranks,
    comparable,
    has_priority,
    place_of,
)
from pytest_queuekit.monitors.timeline.tasks import UnknownClaims
from pytest_queuekit.monitors.timeline.wording import actor, when


def batch_order(history: History, contract: Contract) -> list[Violation]:
    """Report `unsorted-batch`: a batch in which a task comes after one that it goes before.

    No contract promises an order within a batch; a rule recommends it. Compared are the first
    deliveries of tasks that `order` compares. Batches after the first claim of unknown outcome are
    left out: that claim may have been the first delivery.
    """
    enqueues = {
        task.first_claim.number: task.enqueues[0]
        for task in comparable(history, contract)
        if task.first_claim is not None
    }
    first_unknown = history.derived(UnknownClaims.of).first_start
    return smallest(
        _violation(history, contract, early, late, enqueues)
        for batch in history.derived(batches_of)
        if batch[0].start < first_unknown
        for early, late in _swapped(batch, enqueues, contract)
    )


def _swapped(
    batch: Sequence[Operation], enqueues: dict[int, Operation], contract: Contract
) -> Iterator[tuple[Operation, Operation]]:
    """Yield the pairs of claims of which the later one brought the task that goes first."""
    known = [claim for claim in batch if claim.number in enqueues]
    ranks = Ranks(contract.order)
    for early, late in combinations(known, 2):
        one, other = enqueues[early.number], enqueues[late.number]
        alike = has_priority(one, contract) == has_priority(other, contract)
        if alike and ranks.waiting(other) < ranks.claimed(one):
            yield early, late


def _violation(
    history: History,
    contract: Contract,
    early: Operation,
    late: Operation,
    enqueues: dict[int, Operation],
) -> Violation:
    one, other = enqueues[early.number], enqueues[late.number]
    ranks = Ranks(contract.order)
    tie = ranks.priority(one) == ranks.priority(other)
    return violation(
        "unsorted-batch",
        "Batch of claims out of order",
        f"{actor(early)} claimed a batch {when(history, early)} in which "
        f"{place_of(history, one)} came before {place_of(history, other)} (declared "
        f"`{declaration(contract.order, 'ties' if tie else 'priority')}`).",
        one,
        other,
        early,
        late,
    )
