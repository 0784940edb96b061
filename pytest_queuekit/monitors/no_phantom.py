"""What is delivered was enqueued, and is unchanged."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import UNRECOGNISED, History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import span
from pytest_queuekit.monitors.timeline.tasks import Life, happens, lives_of


def no_phantom(history: History, contract: Contract) -> list[Violation]:
    """Find `invented`: a delivery of what no enqueue can have put in by then.

    And `refused-but-kept`, where every such enqueue had said no; and `changed`, a payload that
    differs from the one enqueued.
    """
    return smallest([*_unknown(history), *_of_lives(history)])


def _unknown(history: History) -> Iterator[Violation]:
    for claim in history.by(Verb.CLAIM):
        if claim.is_delivery and claim.task == UNRECOGNISED:
            yield violation(
                "invented",
                f"{claim.actor} was handed a payload that nobody enqueued: {_payload(claim)!r:.80} "
                f"(claim {span(history, claim)})",
                claim,
            )


def _of_lives(history: History) -> Iterator[Violation]:
    # A batch that was cut off before it ended did not get to name its tasks.
    unnamed = [one for one in history.by(Verb.ENQUEUE) if one.task is None and happens(one)]
    for life in lives_of(history).values():
        for delivery in life.deliveries:
            claim = delivery.claim
            sources = [one for one in life.enqueues if not claim.ended_before(one)]
            if sources:
                yield from _changed(history, claim, sources)
            elif all(claim.ended_before(one) for one in unnamed):
                yield _invented(history, life, claim)


def _changed(history: History, claim: Operation, sources: list[Operation]) -> Iterator[Violation]:
    given = _payload(claim)
    sent = [one.arguments.get("payload") for one in sources]
    if given is None or None in sent or given in sent:
        return
    source = sources[0]
    yield violation(
        "changed",
        f"task {claim.task} was enqueued by {source.actor} as {sent[0]!r:.80} "
        f"({span(history, source)}) and came to {claim.actor} as {given!r:.80} "
        f"({span(history, claim)})",
        source,
        claim,
    )


def _invented(history: History, life: Life, claim: Operation) -> Violation:
    refusal = next((one for one in life.turned_away if not claim.ended_before(one)), None)
    told = f"task {life.task} was handed to {claim.actor} (claim {span(history, claim)})"
    if refusal is not None:
        return violation(
            "refused-but-kept",
            f"{told}, though its enqueue by {refusal.actor} ({span(history, refusal)}) was "
            f"answered with {refusal.outcome}",
            refusal,
            claim,
        )
    return violation("invented", f"{told} before any enqueue of it began", claim, *life.enqueues)


def _payload(claim: Operation) -> object:
    return claim.result.get("payload") if isinstance(claim.result, dict) else None
