"""Deaths: tasks with a limit of one attempt whose worker died."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.monitors.timeline.attempts import declared_limit, waits
from pytest_queuekit.monitors.timeline.groups import group_of
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.moments import NEVER, nanoseconds
from pytest_queuekit.monitors.timeline.routes import may_get
from pytest_queuekit.monitors.timeline.tasks import TaskHistory, UnknownClaims


class OnlyAttempts:
    """Finds the tasks whose only attempt ended with the death of its worker."""

    def __init__(self, history: History, contract: Contract) -> None:
        self._contract = contract
        self._leases = history.derived(LeaseIntervals, contract)
        self._resolution = nanoseconds(contract.resolution)
        self._reclaims = Capability.RECLAIM in contract.capabilities
        answered = [call for call in history.by(Verb.CLAIM, Verb.RECLAIM) if call.end is not None]
        self._calls = [call for call in answered if call.ok]
        self._unknown = bool(history.derived(UnknownClaims.of).claims)

    def ended_by_death(self, task: TaskHistory) -> bool:
        """Return True if a task had one attempt, and its first worker never acknowledged it."""
        return (
            task.only_enqueue is not None
            and bool(task.deliveries)
            and declared_limit(task, self._contract) == 1
            and not task.deliveries[0].endings()
        )

    def proof_of_death(self, task: TaskHistory) -> Operation | None:
        """Return the empty claim after which a task is certainly dead; None if it may not be.

        The queue has noticed the death by then, and has no attempt left to hand out.
        """
        certain = self.ended_by_death(task) and len(task.deliveries) == 1 and not task.cancels
        enqueue = task.enqueues[0] if task.enqueues else None
        if not certain or enqueue is None or self._unknown or group_of(enqueue) is not None:
            return None
        expired = self._leases.of(task.deliveries[0]).expired_by + self._resolution
        ready = self._noticed(expired)
        return next(
            (
                call
                for call in self._calls
                if call.is_empty and call.start > ready and may_get(call, enqueue)
            ),
            None,
        )

    def _noticed(self, expired: float) -> float:
        """Return the moment after which an empty claim proves that the task does not come again.

        A queue that counts the death as a failure may delay the task from the call that noticed it.
        """
        wait = waits(self._contract, 1, 1)[1]
        if not (wait or self._reclaims):
            return expired
        notice = Verb.RECLAIM if self._reclaims else Verb.CLAIM
        calls = (call for call in self._calls if call.verb is notice and call.start > expired)
        noticed = next((call.end for call in calls if call.end is not None), None)
        return NEVER if noticed is None else noticed + wait + (self._resolution if wait else 0)
