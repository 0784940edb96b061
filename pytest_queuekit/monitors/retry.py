"""A failed task is retried after the declared wait, up to the declared limit."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.capabilities import declaration
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import SECOND, History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.attempts import (
    cite_death,
    cite_limit,
    declared_limit,
    failures,
    is_final,
    is_last,
    waits,
)
from pytest_queuekit.monitors.timeline.available_intervals import Arrival
from pytest_queuekit.monitors.timeline.emptiness import wrongly_empty
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.lives import lives_of
from pytest_queuekit.monitors.timeline.moments import CLOCK_TOLERANCE, NEVER, latest
from pytest_queuekit.monitors.timeline.tasks import (
    DeadLetters,
    TaskHistory,
    UnknownClaims,
    next_claim,
    tasks_of,
)
from pytest_queuekit.monitors.timeline.wording import actor, seconds, times, when


def retry(history: History, contract: Contract) -> list[Violation]:
    """Report retries that break the declared policy.

    `early-retry`: before the shortest wait was over; `delivered-dead`: after the last failure;
    `missing-dead-letter`: dead, but not listed; `dead-too-early`: listed, though it cannot have
    failed often enough; `lost-retry`: a claim returned empty after the longest wait. An expired
    lease may count as a failure or not: the queue chooses.
    """
    violations = _RetryViolations(history, contract)
    lives = lives_of(history, contract)
    tasks = [task for task in tasks_of(history).values() if task.only_enqueue is not None]
    title = "Failed task reported as empty after its wait"
    return smallest(
        [
            *(wrong for life in lives for wrong in violations.after_failures(life)),
            *(wrong for task in tasks for wrong in violations.listed(task)),
            *wrongly_empty(history, contract, (Arrival.FAILED,), "lost-retry", title),
        ]
    )


class _RetryViolations:
    """Finds the retries and dead letters that break the declared policy."""

    def __init__(self, history: History, contract: Contract) -> None:
        self._history = history
        self._contract = contract
        self._leases = history.derived(LeaseIntervals, contract)
        self._unknown = history.derived(UnknownClaims.of).most_taken
        self._dead_letters = history.derived(DeadLetters)

    def after_failures(self, task: TaskHistory) -> Iterator[Violation]:
        """Find early retries, deliveries after the last failure, and unlisted dead tasks."""
        for place, failure, count in failures(task, self._leases):
            if not is_final(failure):
                yield from self._too_early(task, place, failure, count)
            if is_last(failure, count, declared_limit(task, self._contract)):
                yield from self._after_last(task, failure, count)
                return

    def listed(self, task: TaskHistory) -> Iterator[Violation]:
        """Find lists of dead letters with a task that was not tried often enough to be dead."""
        answers = self._dead_letters.naming(task.label)
        if not answers or any(is_final(said) for each in task.deliveries for said in each.endings):
            return
        least = declared_limit(task, self._contract) or 1
        for answer in answers:
            # Claims count from their start: a claim that still runs may have failed already.
            tries = sum(delivery.claim.start <= latest(answer) for delivery in task.deliveries)
            if tries + self._unknown < least:
                yield violation(
                    "dead-too-early",
                    "Task given up too early",
                    f"{task.label} was among the dead letters that {actor(answer)} read "
                    f"{when(self._history, answer)} although it had been delivered only "
                    f"{times(tries)} ({cite_limit(task, self._contract)}).",
                    *task.enqueues,
                    *(delivery.claim for delivery in task.deliveries[:2]),
                    answer,
                )

    def _too_early(
        self, task: TaskHistory, place: int, failure: Operation, count: int
    ) -> Iterator[Violation]:
        policy = self._contract.retry
        if policy is None or place + 1 == len(task.deliveries):
            return
        claim = task.deliveries[place + 1].claim
        most = place + 1 + self._unknown + task.earlier
        shortest, _ = waits(self._contract, count, most)
        # The wait counts from the failure's start to the claim's end: the widest span.
        # Counter-example: fail [4, 5] with a wait of 3 s, claim [5.1, 7] is legal.
        if claim.end is not None and claim.end + CLOCK_TOLERANCE < failure.start + shortest:
            wait = f"at least {seconds(shortest / SECOND)} after failure {count}"
            yield violation(
                "early-retry",
                "Failed task retried too early",
                f"{actor(claim)} claimed {task.label} {when(self._history, claim)} although "
                f"{actor(failure)} had reported it failed {when(self._history, failure)} "
                f"(declared `{declaration(policy)}`: {wait}).",
                failure,
                claim,
            )

    def _after_last(self, task: TaskHistory, failure: Operation, count: int) -> Iterator[Violation]:
        failed = (
            f"{actor(failure)} had reported failure {count} of it {when(self._history, failure)} "
            f"({cite_death(failure, task, self._contract)})"
        )
        again = next_claim(task, failure)
        if again is not None:
            yield violation(
                "delivered-dead",
                "Task delivered after its last attempt",
                f"{actor(again)} claimed {task.label} {when(self._history, again)} although "
                f"{failed}.",
                failure,
                again,
            )
        # A cancel or a requeue may take the task from the list.
        over = min((cancel.start for cancel in task.cancels), default=NEVER)
        answer = self._dead_letters.first_without(task.label, failure, over)
        if answer is not None:
            yield violation(
                "missing-dead-letter",
                "Dead task missing from the dead letters",
                f"{task.label} was not among the dead letters that {actor(answer)} read "
                f"{when(self._history, answer)} although {failed}.",
                failure,
                answer,
            )
