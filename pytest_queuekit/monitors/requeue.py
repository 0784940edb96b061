"""A requeue makes a dead task claimable again, once, and changes no other task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import takewhile

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import SECOND, History, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.attempts import (
    cite_death,
    declared_limit,
    failures,
    is_final,
    is_last,
    possible_limit,
    waits,
)
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.groups import group_of
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.losses import EmptyClaims
from pytest_queuekit.monitors.timeline.moments import (
    CLOCK_TOLERANCE,
    NEVER,
    latest,
    nanoseconds,
    number,
)
from pytest_queuekit.monitors.timeline.shelf_life import may_expire
from pytest_queuekit.monitors.timeline.tasks import (
    TaskHistory,
    UnknownClaims,
    next_claim,
    shared_keys,
    tasks_of,
)
from pytest_queuekit.monitors.timeline.wording import actor, done, seconds, times, when


def requeue(history: History, contract: Contract) -> list[Violation]:
    """Report requeues with another effect than declared.

    `requeue-refused`: a dead task was not requeued; `requeue-lost`: a requeued task was not
    delivered, although a claim returned empty; `requeue-revived`: a completed task was delivered
    again after a requeue; `requeue-hastened`: a task came before its delay or its wait was over;
    `requeue-attempts`: a requeued task got fewer or more attempts than declared.
    """
    violations = _RequeueViolations(history, contract)
    shared = shared_keys(history)
    return smallest(
        wrong
        for task in tasks_of(history).values()
        if task.label in violations.calls
        if len(task.enqueues) == 1 and task.enqueues[0].ok and not task.cancels
        if task.label not in shared
        for wrong in violations.of(task)
    )


class _RequeueViolations:
    """Finds the requeues of a history with a wrong effect. `calls` are those of each task."""

    def __init__(self, history: History, contract: Contract) -> None:
        self._history = history
        self._contract = contract
        self._leases = history.derived(LeaseIntervals, contract)
        self._resolution = nanoseconds(contract.resolution)
        certain = not history.derived(UnknownClaims.of).claims
        self.calls: dict[str | None, list[Operation]] = defaultdict(list)
        for call in history.by(Verb.REQUEUE):
            self.calls[call.task].append(call)
        self._empty_claims = history.derived(EmptyClaims) if certain else None

    def of(self, task: TaskHistory) -> Iterator[Violation]:
        """Find what is wrong about the requeues of one task."""
        calls = self.calls[task.label]
        yield from self._revived(task)
        first, limit = calls[0], declared_limit(task, self._contract)
        others = (*calls[1:], *(delivery.claim for delivery in task.deliveries))
        if any(first.overlaps(other) for other in others):
            return  # another requeue may have been first, or the claim has the requeued task
        failed = [said for _, said, _ in failures(task, self._leases)]
        before = [said for said in failed if said.ended_before(first)]
        if before and is_last(before[-1], len(before), limit):
            yield from self._dead(task, first, before[-1])
            if first.ok and len(task.requeues) == 1:
                later = [said for said in failed if first.ended_before(said)]
                yield from self._attempts(task, first, later, len(before))
        elif task.requeues and not self._may_be_dead(task, first):
            yield from self._hastened(task, first, before)

    def _may_be_dead(self, task: TaskHistory, call: Operation) -> bool:
        """Return True if a task may be dead by a call: an expired lease may count as a failure."""
        tries = sum(delivery.claim.start <= latest(call) for delivery in task.deliveries)
        if any(is_final(said) for each in task.deliveries for said in each.endings):
            return True
        return tries >= possible_limit(task, self._contract)

    def _dead(self, task: TaskHistory, call: Operation, last: Operation) -> Iterator[Violation]:
        """Find a requeue of a dead task that was refused or had no effect."""
        dead = f"{task.label} was dead ({done(self._history, last)}, "
        dead += f"{cite_death(last, task, self._contract)})"
        if call.outcome is Outcome.REFUSED:
            yield violation(
                "requeue-refused",
                "Requeue of a dead task refused",
                f"The requeue of {task.label} by {actor(call)} {when(self._history, call)} was "
                f"refused although {dead}.",
                last,
                call,
            )
        empty = self._empty_after(task, call, 0.0) if call.ok else None
        if empty is not None:
            yield violation(
                "requeue-lost",
                "Requeued task not delivered",
                f"{dead}, and {actor(call)} requeued it {when(self._history, call)}. A claim by "
                f"{actor(empty)} {when(self._history, empty)} returned empty.",
                last,
                call,
                empty,
            )

    def _empty_after(self, task: TaskHistory, call: Operation, wait: float) -> Operation | None:
        """Return an empty claim after a call and a wait, before the next delivery of the task."""
        enqueue, again = task.enqueues[0], next_claim(task, call)
        # A requeue need not lengthen the life of a task, which may expire while it waits again.
        until = min(may_expire(enqueue), NEVER if again is None else again.start)
        if self._empty_claims is None or group_of(enqueue) is not None:
            return None  # a claim of unknown outcome may have the task, or the group may be full
        ready = latest(call) + wait + self._resolution
        before = takewhile(
            lambda claim: claim.start < until, self._empty_claims.after(ready, enqueue)
        )
        return next((claim for claim in before if latest(claim) < until), None)

    def _attempts(
        self, task: TaskHistory, call: Operation, failed: Sequence[Operation], before: int
    ) -> Iterator[Violation]:
        """Find a requeued task that was given up too early or too late.

        A release or an expired lease may count as an attempt: then the count is unknown.
        """
        allowed = self._contract.requeue_attempts or declared_limit(task, self._contract)
        received = [each.claim for each in task.deliveries if call.ended_before(each.claim)]
        if allowed is None:
            return
        for count, said in enumerate(failed, start=1):
            tries = sum(claim.start < said.start for claim in received)
            if tries != count or is_final(said):
                return
            # The queue may go on counting, or count from one again.
            wait = waits(self._contract, count, count + before)[1]
            again = next_claim(task, said) if count >= allowed else None
            empty = self._empty_after(task, said, wait) if count < allowed else None
            proof = again or empty
            if proof is not None:
                fate = f"{actor(proof)} claimed it again" if again else "it did not come again"
                yield violation(
                    "requeue-attempts",
                    "Requeued task with a wrong number of attempts",
                    f"{actor(call)} requeued {task.label} {when(self._history, call)}, and it "
                    f"failed {times(count)}. By {when(self._history, proof)[3:]}, {fate} (declared "
                    f"for a requeued task: {allowed:g}).",
                    call,
                    *failed[:count],
                    proof,
                )
                return

    def _hastened(
        self, task: TaskHistory, call: Operation, failed: Sequence[Operation]
    ) -> Iterator[Violation]:
        """Find a task that waited for a delay or a retry, and came early after a requeue."""
        enqueue, claim = task.enqueues[0], next_claim(task, call)
        delay = number(enqueue.arguments.get("delay") or 0)
        cause, wait = enqueue, nanoseconds(max(delay or 0.0, 0.0))
        if failed:
            cause, wait = failed[-1], waits(self._contract, 1, len(task.deliveries))[0]
        early = claim is not None and latest(claim) + CLOCK_TOLERANCE < cause.start + wait
        if claim is not None and early:
            yield violation(
                "requeue-hastened",
                "Waiting task hastened by a requeue",
                f"{actor(claim)} claimed {task.label} {when(self._history, claim)} although it was "
                f"{done(self._history, cause)} and had to wait for {seconds(wait / SECOND)}: "
                f"{actor(call)} requeued it {when(self._history, call)}, and it was not dead.",
                cause,
                call,
                claim,
            )

    def _revived(self, task: TaskHistory) -> Iterator[Violation]:
        """Find a delivery after a completion."""
        for delivery in task.deliveries if task.requeues else ():
            for said in delivery.endings:
                completed = said.verb is Verb.COMPLETE
                again = next_claim(task, said)
                if (
                    completed
                    and again is not None
                    and self._leases.took_effect(task, delivery, said)
                ):
                    yield violation(
                        "requeue-revived",
                        "Completed task delivered again after a requeue",
                        f"{actor(again)} claimed {task.label} {when(self._history, again)}, "
                        f"which {actor(said)} had completed {when(self._history, said)}.",
                        *task.requeues,
                        said,
                        again,
                    )
