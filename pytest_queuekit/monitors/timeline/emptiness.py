"""Claims that were told "empty" while tasks that they could get certainly lay there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import Reason, Stay, stays_of
from pytest_queuekit.monitors.timeline.coverage import Interval, cover_of, outnumbered
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import span
from pytest_queuekit.monitors.timeline.routes import may_get
from pytest_queuekit.monitors.timeline.tasks import Ghosts, weight_of

_TOLD = 20
"""Wrong answers for which a proof is looked for."""


def empty_while(
    history: History, contract: Contract, reasons: Sequence[Reason], kind: str, state: str
) -> list[Violation]:
    """Find empty answers given while tasks lay there that certain reasons had put there.

    Claims of unknown outcome may have taken one task each: only what is left then counts.
    """
    stays = [one for one in stays_of(history, contract) if one.reason in reasons]
    thieves = [(one.start, weight_of(one)) for one in Ghosts.of(history).claims]
    found: list[Violation] = []
    for probes in _by_worker(history):
        there = [
            Interval(one.ready, one.until, one)
            for one in stays
            if may_get(probes[0].what, one.enqueue)
        ]
        found += [
            _violation(history, kind, state, probe, cover_of(probe, there))
            for probe in outnumbered(there, thieves, probes)[:_TOLD]
        ]
    return smallest(found)


def _by_worker(history: History) -> Iterator[list[Interval]]:
    """Group the empty answers by what the workers said of themselves."""
    groups: dict[str, list[Interval]] = defaultdict(list)
    for one in history:
        if one.is_empty and one.end is not None:
            group = repr(one.arguments.get("capabilities"))
            groups[group].append(Interval(one.start, one.end, one))
    yield from groups.values()


def _violation(
    history: History, kind: str, state: str, probe: Interval, cover: list[Interval]
) -> Violation:
    claim: Operation = probe.what
    stays: list[Stay] = [one.what for one in cover]
    tasks = ", then ".join(f"{one.life.task} (since {_since(history, one)})" for one in stays)
    return violation(
        kind,
        f"{claim.actor} was told that the queue is empty (claim {span(history, claim)}), while "
        f"task {tasks} {state}",
        claim,
        *(operation for one in stays for operation in (one.enqueue, *one.cause)),
        *(_next(one) for one in stays),
    )


def _since(history: History, stay: Stay) -> str:
    last = stay.cause[-1]
    return f"{last.verb} by {last.actor} in {span(history, last)}"


def _next(stay: Stay) -> Operation | None:
    later = (one.claim for one in stay.life.deliveries if one.claim.start == stay.until)
    return next(later, None)
