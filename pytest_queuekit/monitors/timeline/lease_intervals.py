"""Lease intervals: how long a delivery certainly holds its task, and how long it may.

A lease counts from some moment of the claim. It certainly runs until claim.start + lease, and it
has certainly expired, without extensions, after claim.end + lease. An extension counts at least
from its own start: until extend.start + seconds, and never ends the lease earlier. A queue that
adds the seconds to the old end grants more.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_queuekit.model.capabilities import Guarantee, Liveness
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.monitors.timeline.moments import (
    CLOCK_TOLERANCE,
    NEVER,
    latest,
    nanoseconds,
    number,
)
from pytest_queuekit.monitors.timeline.tasks import DeliveredTask, TaskHistory, happens
from pytest_queuekit.monitors.timeline.wording import seconds

UNDECLARED_LEASE = 1.0
"""Seconds that a lease or heartbeat of undeclared length lasts at least. No library has less."""

LONGEST_EXTENSION = 86_400.0
"""Seconds up to which a queue must grant an extension. A queue may refuse a longer one."""

BEAT_SHARE = 0.8
"""The share of the declared time to notice a death for which a beat keeps a task at least.

A rule lets a beat come when three quarters of that time are over, so the share is more than that.
"""


@dataclass(frozen=True, kw_only=True)
class LeaseInterval:
    """The certain bounds of the time during which one delivery holds its task.

    delivery: the delivery.
    steps: pairs (since, until) in nanoseconds, in order of `since`: from `since` up to the next
        pair's `since`, the lease certainly runs until `until`.
    worker_gone: nanoseconds: the first moment at which the worker may be gone. That is a kill,
        and a close where the queue watches its workers.
    expired_by: nanoseconds: the moment after which the lease has certainly expired. Where the queue
        watches its workers, the moment by which it has certainly noticed a kill. Never, if neither
        happens.
    kill: the kill of its worker, if the queue watches its workers.
    """

    delivery: DeliveredTask
    steps: Sequence[tuple[float, float]]
    worker_gone: float
    expired_by: float
    kill: Operation | None = None

    @property
    def held_until(self) -> float:
        """The first moment, in nanoseconds, at which the delivery may no longer hold its task.

        An acknowledgement counts from its start, not from its end: it may take effect at once.
        Counter-example: release [4, 8], claim by `b` [5, 6] is legal.
        """
        ended = [ending.start for ending in self.delivery.endings]
        lapses = (
            max(since, until)
            for (since, until), next_since in self._pieces()
            if until <= next_since
        )
        return min([*ended, self.worker_gone, next(lapses, NEVER)])

    def lease_may_end(self, start: float, end: float) -> bool:
        """Return True if the lease may expire, or the worker be gone, between two moments.

        Both ends are closed: at the exact end of a lease, held and free are both right.
        Counter-example: a lease of 10 s by claim [2, 4], claim by `b` [11, 12] is legal at 12.
        """
        if self.worker_gone <= end:
            return True
        return any(
            since <= end and start <= next_since and until <= min(end, next_since)
            for (since, until), next_since in self._pieces()
        )

    def may_be_free(self, start: float, end: float) -> bool:
        """Return True if another worker may have received the task between two moments.

        A completion that overlaps them does not free the task: before it takes effect the worker
        holds the task, and afterwards the task is done. `no_resurrection` judges a delivery after
        a completion that ended before them.
        """
        given_back = any(
            latest(ending) < start if ending.verb is Verb.COMPLETE else ending.start <= end
            for ending in self.delivery.endings
        )
        return given_back or self.lease_may_end(start, end)

    def _pieces(self) -> Iterator[tuple[tuple[float, float], float]]:
        """Return each step with the start of the next one."""
        ends = [since for since, _ in self.steps[1:]] + [NEVER]
        return zip(self.steps, ends, strict=True)


class LeaseIntervals:
    """Bounds the lease of any delivery of a history under a contract."""

    def __init__(self, history: History, contract: Contract) -> None:
        self._history = history
        self._contract = contract
        self._own = {
            enqueue.task: enqueue.arguments["lease"]
            for enqueue in history.by(Verb.ENQUEUE)
            if "lease" in enqueue.arguments
        }
        self._gone: dict[str, list[int]] = defaultdict(list)
        self._kills: dict[str, list[Operation]] = defaultdict(list)
        watched = contract.notices_death
        for operation in history.by(Verb.KILL, *([Verb.CLOSE] if watched else [])):
            self._gone[operation.actor].append(operation.start)
            if watched and operation.verb is Verb.KILL:
                self._kills[operation.actor].append(operation)

    def of(self, delivery: DeliveredTask) -> LeaseInterval:
        """Return the lease interval of a delivery."""
        if self._contract.guarantee is Guarantee.AT_MOST_ONCE:
            always = [(-NEVER, NEVER)]
            return LeaseInterval(
                delivery=delivery, steps=always, worker_gone=NEVER, expired_by=NEVER
            )
        claim = delivery.claim
        least, most = self._bounds(claim)
        # The longest lease counts from the claim's end. Counter-example: lease 10 s, claim by
        # `a` [2, 3], claim by `b` [12.5, 13] -> empty is legal.
        expired = _expired_by(latest(claim) + nanoseconds(most), delivery.extensions)
        kill = next((kill for kill in self._kills[claim.actor] if kill.start >= claim.start), None)
        if kill is not None:
            expired = latest(kill) + nanoseconds(self._contract.notice)
            if self._contract.liveness is Liveness.HEARTBEAT:
                # A worker that announced its next beat for later is not overdue before.
                expired = _expired_by(expired, delivery.extensions)
        return LeaseInterval(
            delivery=delivery,
            # The shortest lease counts from the claim's start: the queue may stamp it there.
            # Counter-example: lease 10 s, claim by `a` [2, 4], claim by `b` [11, 12] is legal.
            steps=_steps(claim.start + nanoseconds(least), delivery.extensions, self._longest_beat),
            worker_gone=self._worker_gone(claim),
            expired_by=expired,
            kill=kill,
        )

    @property
    def _longest_beat(self) -> float:
        """Seconds for which an extension keeps a task for certain, whatever it asked for.

        Many libraries have a beat without a length, and an adapter cannot pass them one.
        """
        if self._contract.liveness is Liveness.HEARTBEAT:
            return BEAT_SHARE * self._contract.notice
        return math.inf

    def took_effect(self, task: TaskHistory, delivery: DeliveredTask, ending: Operation) -> bool:
        """Return True if an acknowledgement certainly had the effect that its answer claims.

        A library that refuses silently answers ok after the lease expired or another worker took
        over. So an acknowledgement counts only within the certain lease of its worker.
        """
        rivals = [*delivery.endings, *task.cancels]
        return (
            ending.ok
            and ending.end is not None
            # A rival that overlaps this one may be first, and this one refused silently.
            # Counter-example: complete [4, 6], release [5, 7], claim by `b` [8, 9] is legal.
            and not any(rival.start <= ending.end for rival in rivals if rival is not ending)
            and delivery.alone(ending.end)
            and not self.of(delivery).lease_may_end(delivery.claim.start, ending.end)
        )

    def must_accept(self, task: TaskHistory, delivery: DeliveredTask, said: Operation) -> bool:
        """Return True if the queue had no reason to refuse an acknowledgement.

        The lease certainly ran, no other worker had the task, and no earlier operation may have
        ended the delivery.
        """
        end, before = said.end, [*delivery.acknowledgements, *task.cancels]
        added = number(said.arguments.get("seconds", 1))
        return (
            end is not None
            and self._contract.guarantee is Guarantee.AT_LEAST_ONCE
            and added is not None
            and 0 < added <= LONGEST_EXTENSION
            and not any(_excuses_refusal(other) and other.start <= end for other in before)
            and delivery.alone(end)
            and not self.of(delivery).lease_may_end(delivery.claim.start, end)
        )

    def length_of(self, claim: Operation) -> float | None:
        """Return the seconds of a lease without its extensions; None if they are not known."""
        return number(self._requested(claim))

    def cite(self, delivery: DeliveredTask) -> str:
        """Return why a delivery holds its task, for a message: "declared lease 60 s"."""
        if self._contract.guarantee is Guarantee.AT_MOST_ONCE:
            return "declared `guarantee=AT_MOST_ONCE`"
        claim = delivery.claim
        length = self.length_of(claim)
        if length is None:
            liveness = f"declared `liveness={self._contract.liveness.name}`"
            if self.of(delivery).kill is None:
                return liveness
            return f"{liveness}, noticed within {seconds(self._contract.notice)}"
        lease = f"{self._origin(claim)} lease {seconds(length)}"
        added = [number(extend.arguments.get("seconds")) for extend in delivery.extensions]
        if added and added[-1] is not None:
            lease += f", extended by {seconds(added[-1])}"
        return lease

    def _origin(self, claim: Operation) -> str:
        """Return who chose the length of a lease."""
        if claim.task in self._own:
            return "enqueued with"
        fixed = "lease" not in claim.arguments and self._contract.lease_seconds is not None
        return "declared" if fixed else "requested"

    def _bounds(self, claim: Operation) -> tuple[float, float]:
        """Return the least and the most seconds for which a claim is leased."""
        leased = self._contract.liveness is Liveness.LEASE
        length = self.length_of(claim)
        if length is not None:
            return max(length, 0.0), length if leased and length > 0 else NEVER
        if leased or self._contract.liveness is Liveness.HEARTBEAT:
            return (UNDECLARED_LEASE if self._requested(claim) is None else 0.0), NEVER
        return NEVER, NEVER

    def _requested(self, claim: Operation) -> Any:
        """Return the seconds of a task's own lease, or those that a claim asked for.

        None if the queue chooses.
        """
        if claim.task in self._own:
            return self._own[claim.task]
        if "lease" in claim.arguments:
            requested = claim.arguments["lease"]
            return math.nan if requested is None else requested
        fixed = self._contract.lease_seconds
        batch = "batch" in claim.arguments  # without the option, it has a lease of unknown length
        return self._history.lease if fixed is None and not batch else fixed

    def _worker_gone(self, claim: Operation) -> float:
        gone = self._gone.get(claim.actor, [])
        place = bisect_right(gone, claim.start)
        return gone[place] if place < len(gone) else NEVER


def _excuses_refusal(other: Operation) -> bool:
    """Return True if after an operation the queue may refuse the worker.

    A granted extension does not. An extension of unknown outcome may have changed the token.
    """
    granted = other.verb is Verb.EXTEND and other.ok
    return happens(other) and not granted


def _steps(
    until: float, extensions: Sequence[Operation], longest: float
) -> list[tuple[float, float]]:
    steps = [(-NEVER, until - CLOCK_TOLERANCE)]
    for extension in extensions:
        since, sure = steps[-1]
        added = number(extension.arguments.get("seconds"))
        added = None if added is None else min(added, longest)
        new = -NEVER if added is None else extension.start + nanoseconds(added) - CLOCK_TOLERANCE
        if added is not None and added > 0:
            # An extension makes a lease last longer, never shorter. Counter-example to the legal:
            # lease 10 s, claim [2, 3], extend by 2 s [4, 5], claim by `b` [8, 9].
            new = max(sure, new)
        # While the extension runs, the old and the new end are both possible: the earlier counts.
        # An extension without a valid length may end the lease at once.
        steps.append((max(extension.start, since), min(sure, new)))
        # From its end on, the new end counts, but only if it ended within the old lease: a queue
        # may silently refuse a later one. Counter-example: lease 10 s, claim [2, 3],
        # extend by 10 s [11, 12.5], claim by `b` [14, 15] is legal.
        if extension.ok and extension.end is not None and extension.end < sure:
            steps.append((max(extension.end, steps[-1][0]), new))
    return steps


def _expired_by(end: float, extensions: Sequence[Operation]) -> float:
    """Return the latest end of a lease: each extension may count from the old end or from now."""
    for extension in extensions:
        added = number(extension.arguments.get("seconds"))
        more = NEVER if added is None else max(nanoseconds(added), 0)
        end = max(end, latest(extension)) + more
    return end
