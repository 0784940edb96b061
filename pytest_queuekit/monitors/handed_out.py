"""A claim hands out a task that is ready, and is not refused or put off again and again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.available_intervals import (
    AvailableInterval,
    available_intervals,
)
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.moments import NEVER
from pytest_queuekit.monitors.timeline.routes import may_get
from pytest_queuekit.monitors.timeline.tasks import later_of_key
from pytest_queuekit.monitors.timeline.wording import actor, done, when

_FEWEST = 3
"""Claims in a row that fail, from which on the queue does not hand its tasks out."""


def handed_out(history: History, contract: Contract) -> list[Violation]:
    """Report `claims-fail`: the last claims of a run all failed, although a task was ready.

    A claim fails if it is refused, if the queue answers busy, or if it raises any other error.
    """
    failed = _last_failed(history)
    if len(failed) < _FEWEST:
        return []
    # Of the tasks of one key the first is ready, or a later one that has taken its place.
    ready = [
        interval
        for interval in available_intervals(history, contract, doubtful=later_of_key(history))
        if interval.until == NEVER
        and interval.ready < failed[0].start
        and may_get(failed[0], interval.enqueue)
    ]
    return smallest(_violation(history, interval, failed) for interval in ready[:1])


def _last_failed(history: History) -> list[Operation]:
    """Return the claims since the last one that was answered, if all of them ended."""
    failed: list[Operation] = []
    for claim in history.by(Verb.CLAIM):
        if claim.ok or claim.end is None:
            failed.clear()
        else:
            failed.append(claim)
    return failed


def _violation(
    history: History, interval: AvailableInterval, failed: Sequence[Operation]
) -> Violation:
    last = failed[-1]
    error = f" ({last.error})" if last.error else ""
    ended = " and ".join(_ends(failed))
    return violation(
        "claims-fail",
        "Claims keep failing while a task is ready",
        f"{len(failed)} claims in a row, the last by {actor(last)} {when(history, last)}, ended as "
        f"{ended}{error} although {interval.task.label} ({done(history, interval.cause[-1])}) was "
        "ready. No worker can receive it.",
        interval.enqueue,
        *interval.cause,
        failed[0],
        last,
    )


def _ends(failed: Sequence[Operation]) -> Iterator[str]:
    for outcome in Outcome:
        if any(claim.outcome is outcome for claim in failed):
            yield str(outcome)
