"""A task is held by one worker at a time."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.capabilities import Guarantee
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import span
from pytest_queuekit.monitors.timeline.lease_intervals import Hold, Holds
from pytest_queuekit.monitors.timeline.tasks import Life, lives_of


def exclusive(history: History, contract: Contract) -> list[Violation]:
    """Find `double-delivery`: a task handed out while another worker certainly held it.

    Where a task is promised at most once, that is any further delivery unless it was given back.
    Tasks that may have been enqueued more than once are left out.
    """
    holds = Holds(history, contract)
    return smallest(
        _violation(history, contract, life, *pair)
        for life in lives_of(history).values()
        if len(life.enqueues) < 2 and len(life.deliveries) > 1
        for pair in _first_clash(life, holds)
    )


def _first_clash(life: Life, holds: Holds) -> Iterator[tuple[Hold, Hold]]:
    """Find the first two deliveries of a task that no order of the two explains."""
    each = [holds.of(delivery) for delivery in life.deliveries]
    for place, first in enumerate(each):
        for later in range(place + 1, len(each)):
            second = each[later]
            if not _may_precede(first, second) and not _may_precede(second, first):
                yield first, second
                return
            if first.sure_until <= second.delivery.claim.start:
                break


def _may_precede(first: Hold, second: Hold) -> bool:
    """Whether the second claim may have looked when the first delivery no longer held the task."""
    began = max(first.delivery.claim.start, second.delivery.claim.start)
    return began <= _ended(second) and first.may_be_free(began, _ended(second))


def _ended(hold: Hold) -> int:
    end = hold.delivery.claim.end
    return hold.delivery.claim.start if end is None else end


def _violation(
    history: History, contract: Contract, life: Life, first: Hold, second: Hold
) -> Violation:
    one, two = first.delivery.claim, second.delivery.claim
    once = contract.guarantee is Guarantee.AT_MOST_ONCE
    promise = "the queue promises it at most once" if once else f"{one.actor} still held it"
    return violation(
        "double-delivery",
        f"task {life.task} was handed to {two.actor} (claim {span(history, two)}), though it had "
        f"been handed to {one.actor} (claim {span(history, one)}) and {promise}",
        one,
        two,
        *first.delivery.extensions()[-1:],
    )
