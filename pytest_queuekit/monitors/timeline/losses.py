"""When a task that did not come is lost, and what else may have become of it."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_queuekit.model.capabilities import Capability, Durability, Liveness, Sharing
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.monitors.timeline.attempts import limit_of
from pytest_queuekit.monitors.timeline.instants import NEVER
from pytest_queuekit.monitors.timeline.routes import may_get
from pytest_queuekit.monitors.timeline.tasks import Ghosts, Life, weight_of


class Lookups:
    """Knows the last empty answer for each kind of worker."""

    def __init__(self, history: History) -> None:
        last: dict[str, Operation] = {}
        for operation in history:
            if operation.is_empty:
                last[repr(operation.arguments.get("capabilities"))] = operation
        self._last = list(last.values())

    def last(self, enqueue: Operation) -> Operation | None:
        """Return the last claim that was told "empty" though it was free to get a task."""
        able = [one for one in self._last if may_get(one, enqueue)]
        return max(able, key=lambda one: one.start, default=None)


def forgets(history: History, contract: Contract) -> bool:
    """Whether what was accepted may have died with a process."""
    fleeting = contract.durability is Durability.NONE and contract.sharing is Sharing.PROCESSES
    return fleeting and bool(history.by(Verb.KILL))


def excused_by_ghosts(history: History, contract: Contract, lives: Iterable[Life]) -> int:
    """Return how many of the tasks claims of unknown outcome may have taken for good."""
    ghosts = Ghosts.of(history)
    again = Capability.AT_LEAST_ONCE in contract.capabilities
    if again and contract.liveness is Liveness.LEASE:
        # Drained means: after their leases too. But each may have used up an attempt.
        limit = min((limit_of(life, contract) for life in lives), default=NEVER)
        return int(ghosts.weight // max(limit, 1))
    killed = {one.actor for one in history.by(Verb.KILL)}
    if again and contract.liveness is Liveness.PROCESS:
        return sum(weight_of(one) for one in ghosts.claims if one.actor not in killed)
    return ghosts.weight
