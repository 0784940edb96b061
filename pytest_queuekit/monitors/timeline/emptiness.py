"""Emptiness: claims that returned empty although a task was certainly available."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from pytest_queuekit.model.capabilities import declaration
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import INVALID, SECOND, History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import (
    Arrival,
    AvailableInterval,
    available_intervals,
)
from pytest_queuekit.monitors.timeline.coverage import Interval, outnumbered, shortest_cover
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.moments import number
from pytest_queuekit.monitors.timeline.routes import may_get
from pytest_queuekit.monitors.timeline.tasks import UnknownClaims, most_taken
from pytest_queuekit.monitors.timeline.wording import actor, done, seconds, when

_MOST_PROVEN = 20
"""Wrong answers per kind of worker for which a proof is built."""


def wrongly_empty(
    history: History, contract: Contract, arrivals: Sequence[Arrival], kind: str, title: str
) -> list[Violation]:
    """Return claims that returned empty while tasks were available after the given arrivals.

    Each claim of unknown outcome may have taken a task: only the tasks beyond their number count.
    """
    workers = history.derived(_by_worker)
    if not workers:
        return []
    available = [
        interval
        for interval in available_intervals(history, contract)
        if interval.arrival in arrivals
    ]
    takers = [
        (claim.start, most_taken(claim)) for claim in history.derived(UnknownClaims.of).claims
    ]
    leases = history.derived(LeaseIntervals, contract)
    violations: list[Violation] = []
    for probes in workers:
        candidates = [
            Interval(interval.ready, interval.until, interval)
            for interval in available
            if may_get(probes[0].item, interval.enqueue)
        ]
        for probe in outnumbered(candidates, takers, probes)[:_MOST_PROVEN]:
            cover = [interval.item for interval in shortest_cover(probe, candidates)]
            detail = _detail(history, contract, leases, probe.item, cover)
            violations.append(
                violation(
                    kind,
                    title,
                    detail,
                    probe.item,
                    *(cause for interval in cover for cause in (interval.enqueue, *interval.cause)),
                    *map(_next_claim, cover),
                )
            )
    return smallest(violations)


def _by_worker(history: History) -> Collection[Sequence[Interval]]:
    """Group the empty claims by the capabilities of their workers."""
    groups: dict[str, list[Interval]] = defaultdict(list)
    for claim in history.by(Verb.CLAIM):
        # A claim with an invalid argument may be answered in any way.
        if claim.is_empty and claim.end is not None and INVALID not in claim.arguments:
            group = repr(claim.arguments.get("capabilities"))
            groups[group].append(Interval(claim.start, claim.end, claim))
    return groups.values()


def _detail(
    history: History,
    contract: Contract,
    leases: LeaseIntervals,
    claim: Operation,
    cover: Sequence[AvailableInterval],
) -> str:
    tasks = " and then ".join(
        f"{interval.task.label} ({done(history, _origin(interval))}"
        f"{_citation(contract, leases, interval)})"
        for interval in cover
    )
    were = "was" if len(cover) == 1 else "were"
    return (
        f"A claim by {actor(claim)} {when(history, claim)} returned empty although {tasks} "
        f"{were} available."
    )


def _origin(interval: AvailableInterval) -> Operation:
    """Return the operation that explains best why a task was available."""
    return interval.cause[0] if interval.arrival is Arrival.EXPIRED else interval.cause[-1]


def _citation(contract: Contract, leases: LeaseIntervals, interval: AvailableInterval) -> str:
    """Return the delay or declaration that says when a task had to be available."""
    resolution = f", resolution {contract.resolution:g} s" if contract.resolution else ""
    if interval.arrival is Arrival.EXPIRED:
        claim = interval.cause[0]
        deliveries = (each for each in interval.task.deliveries if each.claim is claim)
        return "".join(f", {leases.cite(delivery)}{resolution}" for delivery in deliveries)
    if interval.arrival is Arrival.FAILED and contract.retry is not None:
        wait = seconds((interval.ready - interval.since) / SECOND)
        return f", declared `{declaration(contract.retry)}`{resolution}: ready {wait} later"
    delay = number(interval.enqueue.arguments.get("delay"))
    if interval.arrival is Arrival.ENQUEUED and delay is not None and delay > 0:
        return f", delay {seconds(delay)}{resolution}"
    return ""


def _next_claim(interval: AvailableInterval) -> Operation | None:
    claims = (delivery.claim for delivery in interval.task.deliveries)
    return next((claim for claim in claims if claim.start == interval.until), None)
