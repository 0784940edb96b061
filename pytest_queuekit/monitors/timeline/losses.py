"""Losses: when an undelivered task is lost, and which other fates the history allows."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from operator import attrgetter

from pytest_queuekit.model.capabilities import Capability, Durability, Liveness, Sharing
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.monitors.timeline.attempts import possible_limit
from pytest_queuekit.monitors.timeline.moments import NEVER
from pytest_queuekit.monitors.timeline.routes import may_get
from pytest_queuekit.monitors.timeline.tasks import TaskHistory, UnknownClaims, most_taken


class EmptyClaims:
    """The claims that returned empty, by start, for each kind of worker."""

    def __init__(self, history: History) -> None:
        claims: dict[str, list[Operation]] = defaultdict(list)
        for claim in history.by(Verb.CLAIM):
            if claim.is_empty:
                claims[repr(claim.arguments.get("capabilities"))].append(claim)
        self._of_kinds = list(claims.values())

    def last_for(self, enqueue: Operation) -> Operation | None:
        """Return the last empty claim by a worker that may get the task of an enqueue."""
        able = [claims[-1] for claims in self._of_kinds if may_get(claims[-1], enqueue)]
        return max(able, key=lambda claim: claim.start, default=None)

    def after(self, moment: float, enqueue: Operation) -> Iterator[Operation]:
        """Yield those that started after a moment, by a worker that may get an enqueue's task."""
        able = [claims for claims in self._of_kinds if may_get(claims[0], enqueue)]
        return merge(*(_after(claims, moment) for claims in able), key=attrgetter("number"))


def _after(claims: Sequence[Operation], moment: float) -> Iterator[Operation]:
    first = bisect_right(claims, moment, key=attrgetter("start"))
    return (claims[place] for place in range(first, len(claims)))


def may_forget(history: History, contract: Contract) -> bool:
    """Return True if accepted tasks may have died with a killed process."""
    fleeting = contract.durability is Durability.NONE and contract.sharing is Sharing.PROCESSES
    return fleeting and bool(history.by(Verb.KILL))


def most_taken_for_good(history: History, contract: Contract, tasks: Iterable[TaskHistory]) -> int:
    """Return how many of the tasks claims of unknown outcome may have taken for good."""
    unknown = history.derived(UnknownClaims.of)
    if Capability.AT_LEAST_ONCE not in contract.capabilities:
        return unknown.most_taken
    # A drained history goes on until after the leases of these claims, so their tasks come back.
    # But each claim may have used up an attempt.
    limit = max(min((possible_limit(task, contract) for task in tasks), default=NEVER), 1)
    if contract.liveness is Liveness.LEASE:
        return int(unknown.most_taken // limit)
    if contract.liveness is Liveness.PROCESS:
        killed = {kill.actor for kill in history.by(Verb.KILL)}
        back = sum(most_taken(claim) for claim in unknown.claims if claim.actor in killed)
        return int(unknown.most_taken - back + back // limit)
    return unknown.most_taken
