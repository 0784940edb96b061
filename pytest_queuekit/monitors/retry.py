"""A failed task is tried again, not too soon and not too often."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import SECOND, UNRECOGNISED, History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.attempts import declared_limit, failures, waits
from pytest_queuekit.monitors.timeline.available_intervals import Reason
from pytest_queuekit.monitors.timeline.emptiness import empty_while
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.instants import GRAIN, latest, span
from pytest_queuekit.monitors.timeline.lease_intervals import Holds
from pytest_queuekit.monitors.timeline.tasks import Ghosts, Life, lives_of, next_claim


def retry(history: History, contract: Contract) -> list[Violation]:
    """Find retries that break what is declared.

    `early-retry`: before the shortest wait was over; `delivered-dead`: after the last failure;
    `missing-dead-letter`: dead, but not listed; `dead-too-early`: listed, though it cannot have
    failed so often; `lost-retry`: "empty" was said after the longest wait. Whether an expired
    lease counts as a failure is the queue's affair; each may or may not.
    """
    finder = _Finder(history, contract)
    single = [life for life in lives_of(history).values() if life.enqueue is not None]
    state = "waited to be tried again"
    return smallest(
        [
            *(found for life in single for found in finder.after_failures(life)),
            *(found for life in single for found in finder.listed(life)),
            *empty_while(history, contract, (Reason.FAILED,), "lost-retry", state),
        ]
    )


class _Finder:
    def __init__(self, history: History, contract: Contract) -> None:
        self._history = history
        self._contract = contract
        self._holds = Holds(history, contract)
        self._ghosts = Ghosts.of(history).weight
        self._lists = [
            (one, frozenset(map(str, one.result)))
            for one in history.by(Verb.DEAD_LETTERS)
            if one.ok and isinstance(one.result, list)
        ]

    def after_failures(self, life: Life) -> Iterator[Violation]:
        """Find what came too soon after a failure, or after the last, and what is not listed."""
        for place, failure, count in failures(life, self._holds):
            yield from self._too_soon(life, place, failure, count)
            limit = declared_limit(life, self._contract)
            if limit is not None and count >= limit:
                told = (
                    f"task {life.task} failed {count} times of {limit:g} "
                    f"(last {failure.actor}, {span(self._history, failure)})"
                )
                yield from self._too_often(life, failure, told)
                return

    def listed(self, life: Life) -> Iterator[Violation]:
        """Find lists of dead letters with a task that was not tried often enough to be dead."""
        least = declared_limit(life, self._contract) or 1
        for answer, labels in self._lists:
            if life.task not in labels:
                continue
            tries = sum(one.claim.start <= latest(answer) for one in life.deliveries)
            if tries + self._ghosts < least:
                yield violation(
                    "dead-too-early",
                    f"task {life.task} was listed among the dead letters "
                    f"({span(self._history, answer)}) after {tries} deliveries; it may fail "
                    f"{least:g} times",
                    *life.enqueues,
                    *(one.claim for one in life.deliveries[:2]),
                    answer,
                )

    def _too_soon(
        self, life: Life, place: int, failure: Operation, count: int
    ) -> Iterator[Violation]:
        shortest, _ = waits(self._contract, count, place + 1 + self._ghosts)
        for claim in [one.claim for one in life.deliveries[place + 1 : place + 2]]:
            if claim.end is not None and claim.end + GRAIN < failure.start + shortest:
                yield violation(
                    "early-retry",
                    f"task {life.task} failed ({failure.actor}, {span(self._history, failure)}) "
                    f"and was handed to {claim.actor} again (claim {span(self._history, claim)}) "
                    f"before the shortest wait of {shortest / SECOND:.3f} s was over",
                    failure,
                    claim,
                )

    def _too_often(self, life: Life, failure: Operation, told: str) -> Iterator[Violation]:
        again = next_claim(life, failure)
        if again is not None:
            told_again = (
                f"and was handed to {again.actor} again (claim {span(self._history, again)})"
            )
            yield violation("delivered-dead", f"{told} {told_again}", failure, again)
        for answer, labels in self._lists:
            if failure.ended_before(answer) and not {life.task, UNRECOGNISED} & labels:
                where = f"and is not among the dead letters ({span(self._history, answer)})"
                yield violation("missing-dead-letter", f"{told} {where}", failure, answer)
                return
