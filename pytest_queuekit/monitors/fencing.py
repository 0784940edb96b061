"""Who lost a task cannot acknowledge it any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import Reason, stays_of
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import NEVER, latest, span
from pytest_queuekit.monitors.timeline.lease_intervals import Holds
from pytest_queuekit.monitors.timeline.losses import Lookups
from pytest_queuekit.monitors.timeline.tasks import Delivery, Life, lives_of


def fencing(history: History, contract: Contract) -> list[Violation]:
    """Find acknowledgements that counted though somebody else had taken over the task.

    To be answered with ok is not enough, since some libraries refuse in silence. They are judged
    by effect: `stale-shut-out`: the new holder's own acknowledgement was then refused;
    `stale-gave-back`: the task was handed out again under the new holder; `stale-swallowed`: the
    task never came again, though the new holder did not finish it.
    """
    holds, lost = Holds(history, contract), _never_again(history, contract)
    return smallest(
        found
        for life in lives_of(history).values()
        if len(life.enqueues) < 2
        for place, (old, new) in enumerate(pairwise(life.deliveries))
        for stale in _stale(old, new)
        for found in _effects(history, life, (place, old, new, stale), holds, lost)
    )


def _stale(old: Delivery, new: Delivery) -> list[Operation]:
    """Return what was accepted from the old holder after the new one certainly had the task."""
    if not old.claim.ended_before(new.claim):
        return []
    return [one for one in old.acknowledgements if one.ok and new.claim.ended_before(one)]


def _never_again(history: History, contract: Contract) -> dict[int, Operation]:
    """Map claims whose task should have come again, and did not, to the last empty answer."""
    lookups = Lookups(history)
    again: dict[int, Operation] = {}
    for stay in stays_of(history, contract) if history.drained else []:
        lookup = lookups.last(stay.enqueue)
        missing = stay.reason is Reason.EXPIRED and stay.until == NEVER
        if missing and lookup is not None and stay.ready < lookup.start:
            again[stay.cause[0].number] = lookup
    return again


def _effects(
    history: History,
    life: Life,
    change: tuple[int, Delivery, Delivery, Operation],
    holds: Holds,
    lost: dict[int, Operation],
) -> Iterator[Violation]:
    place, old, new, stale = change
    told = (
        f"{new.claim.actor} had taken over task {life.task} (claim {span(history, new.claim)}), "
        f"yet {stale.verb} by {stale.actor}, who had it before, was accepted "
        f"({span(history, stale)})"
    )
    proof = (old.claim, new.claim, stale)
    refusal = _shut_out(life, new, stale, holds)
    if refusal is not None:
        effect = f"and {refusal.verb} by the new holder refused ({span(history, refusal)})"
        yield violation("stale-shut-out", f"{told}, {effect}", *proof, refusal)
    third = _given_back(life.deliveries[place + 2 :], new, stale, holds)
    if third is not None:
        effect = f"and the task handed to {third.actor} (claim {span(history, third)})"
        yield violation("stale-gave-back", f"{told}, {effect}", *proof, third)
    lookup = lost.get(new.claim.number)
    if lookup is not None and stale.verb is Verb.COMPLETE:
        effect = f"and the task never came again: empty for {lookup.actor} {span(history, lookup)}"
        yield violation("stale-swallowed", f"{told}, {effect}", *proof, lookup)


def _shut_out(life: Life, new: Delivery, stale: Operation, holds: Holds) -> Operation | None:
    refused = (one for one in new.acknowledgements if one.outcome is Outcome.REFUSED)
    after = (one for one in refused if stale.ended_before(one))
    return next((one for one in after if holds.must_accept(life, new, one)), None)


def _given_back(
    later: Sequence[Delivery], new: Delivery, stale: Operation, holds: Holds
) -> Operation | None:
    """Return the claim that got the task after a stale release while the new holder held it."""
    if stale.verb not in (Verb.RELEASE, Verb.FAIL):
        return None
    sure = holds.of(new).sure_until
    for claim in (one.claim for one in later):
        if claim.start >= sure:
            return None
        if new.claim.ended_before(claim) and stale.start <= latest(claim) < sure:
            return claim
    return None
