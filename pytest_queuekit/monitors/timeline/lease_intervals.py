"""How long a delivery certainly holds its task, and how long it may.

A lease counts from some instant of the claim, so it certainly runs until claim.start + lease and
is certainly over, if nobody extended it, after claim.end + lease. An extension counts at least
from now: until extend.start + seconds; where it counts from the old end it lasts longer.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytest_queuekit.model.capabilities import Guarantee, Liveness
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.monitors.timeline.instants import GRAIN, NEVER, latest, nanoseconds, number
from pytest_queuekit.monitors.timeline.tasks import Delivery, Life, happens

UNDECLARED_LEASE = 1.0
"""Seconds that a lease or heartbeat of undeclared length certainly lasts. None shorter is known."""

SENSIBLE_EXTENSION = 86_400.0
"""Seconds up to which a holder must be granted a longer lease: more a queue may well refuse."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """What is certain about the time for which one delivery holds its task.

    delivery: the delivery.
    steps: pairs (since, until) in order of since: from the one instant on, the lease certainly
        runs until the other, up to the next pair.
    goodbye: the first instant at which the worker itself may have been gone: a kill, or where
        the queue watches processes a close.
    over: the instant after which the lease has certainly run out, never if there is none.
    """

    delivery: Delivery
    steps: Sequence[tuple[float, float]]
    goodbye: float
    over: float

    @property
    def sure_until(self) -> float:
        """The first instant, in nanoseconds, at which the task may not be held any more."""
        ended = [one.start for one in self.delivery.endings()]
        ends = [since for since, _ in self.steps[1:]] + [NEVER]
        lapses = (
            max(since, until)
            for (since, until), next_since in zip(self.steps, ends, strict=True)
            if until <= next_since
        )
        return min([*ended, self.goodbye, next(lapses, NEVER)])

    def lease_may_end(self, start: float, end: float) -> bool:
        """Whether between two instants the lease may have run out or the worker been gone."""
        if self.goodbye <= end:
            return True
        ends = [since for since, _ in self.steps[1:]] + [NEVER]
        pieces = zip(self.steps, ends, strict=True)
        return any(
            since <= end and start <= next_since and until <= min(end, next_since)
            for (since, until), next_since in pieces
        )

    def may_be_free(self, start: float, end: float) -> bool:
        """Whether between two instants somebody else may have been given this delivery's task.

        A completion overlapping them does not free it: a task that is done is given to nobody.
        One that was over before is left to `no_resurrection`.
        """
        return self._given_back(start, end) or self.lease_may_end(start, end)

    def _given_back(self, start: float, end: float) -> bool:
        return any(
            latest(one) < start if one.verb is Verb.COMPLETE else one.start <= end
            for one in self.delivery.endings()
        )


class Holds:
    """Knows how a history and a contract bound the hold of any delivery."""

    def __init__(self, history: History, contract: Contract) -> None:
        self._history = history
        self._contract = contract
        self._gone: dict[str, list[int]] = defaultdict(list)
        watched = contract.liveness in (Liveness.PROCESS, Liveness.HEARTBEAT)
        for operation in history.by(Verb.KILL, *([Verb.CLOSE] if watched else [])):
            self._gone[operation.actor].append(operation.start)

    def of(self, delivery: Delivery) -> Hold:
        """Return the hold of a delivery."""
        if self._contract.guarantee is Guarantee.AT_MOST_ONCE:
            always = [(-NEVER, NEVER)]
            return Hold(delivery=delivery, steps=always, goodbye=NEVER, over=NEVER)
        claim = delivery.claim
        least, most = self._lease(claim)
        return Hold(
            delivery=delivery,
            steps=_steps(claim.start + nanoseconds(least), delivery.extensions()),
            goodbye=self._goodbye(claim),
            over=_over(latest(claim) + nanoseconds(most), delivery.extensions()),
        )

    def counts(self, life: Life, delivery: Delivery, ending: Operation) -> bool:
        """Whether an acknowledgement certainly had the effect that its answer says.

        A library that refuses in silence answers ok after the lease ran out or somebody else
        took over; so only what the holder said within its certain lease counts.
        """
        rivals = [*delivery.endings(), *life.cancels]
        return (
            ending.ok
            and ending.end is not None
            and not any(one.start <= ending.end for one in rivals if one is not ending)
            and delivery.alone(ending.end)
            and not self.of(delivery).lease_may_end(delivery.claim.start, ending.end)
        )

    def _lease(self, claim: Operation) -> tuple[float, float]:
        """Return the least and the most seconds for which a claim is leased."""
        leased = self._contract.liveness is Liveness.LEASE
        asked = self._asked(claim)
        seconds = number(asked)
        if seconds is not None:
            return max(seconds, 0.0), seconds if leased and seconds > 0 else NEVER
        if leased or self._contract.liveness is Liveness.HEARTBEAT:
            return (UNDECLARED_LEASE if asked is None else 0.0), NEVER
        return NEVER, NEVER

    def _asked(self, claim: Operation) -> Any:
        """Return the seconds that a claim asked for; None where the queue chose for itself."""
        if "lease" in claim.arguments:
            asked = claim.arguments["lease"]
            return math.nan if asked is None else asked
        fixed = self._contract.lease_seconds
        several = "batch" in claim.arguments  # which has no option for it
        return self._history.lease if fixed is None and not several else fixed

    def _goodbye(self, claim: Operation) -> float:
        gone = self._gone.get(claim.actor, [])
        place = bisect_right(gone, claim.start)
        return gone[place] if place < len(gone) else NEVER

    def must_accept(self, life: Life, delivery: Delivery, said: Operation) -> bool:
        """Whether the queue had no reason to refuse what the holder of a task said.

        The lease certainly ran, nobody else had the task, and nothing before may have ended it.
        """
        end, before = said.end, [*delivery.acknowledgements, *life.cancels]
        seconds = number(said.arguments.get("seconds", 1))
        return (
            end is not None
            and self._contract.guarantee is Guarantee.AT_LEAST_ONCE
            and seconds is not None
            and 0 < seconds <= SENSIBLE_EXTENSION
            and not any(_spoils(one) and one.start <= end for one in before)
            and delivery.alone(end)
            and not self.of(delivery).lease_may_end(delivery.claim.start, end)
        )


def _spoils(one: Operation) -> bool:
    """Whether after an operation the worker may be refused: an extension may change the token."""
    granted = one.verb is Verb.EXTEND and one.ok
    return happens(one) and not granted


def _steps(until: float, extensions: Sequence[Operation]) -> list[tuple[float, float]]:
    steps = [(-NEVER, until - GRAIN)]
    for extension in extensions:
        since, sure = steps[-1]
        seconds = number(extension.arguments.get("seconds"))
        new = -NEVER if seconds is None else extension.start + nanoseconds(seconds) - GRAIN
        if extension.start < since:
            new = -NEVER  # two extensions at once: which came last is open
        steps.append((max(extension.start, since), min(sure, new)))
        # Asked for too late, it may have been refused in silence.
        if extension.ok and extension.end is not None and extension.end < sure:
            steps.append((max(extension.end, steps[-1][0]), new))
    return steps


def _over(end: float, extensions: Sequence[Operation]) -> float:
    for extension in extensions:
        seconds = number(extension.arguments.get("seconds"))
        more = NEVER if seconds is None else max(nanoseconds(seconds), 0)
        end = max(end, latest(extension)) + more
    return end
