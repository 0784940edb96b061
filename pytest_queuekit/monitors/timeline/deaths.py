"""Deaths: tasks with a limit of one attempt whose worker died."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.monitors.timeline.attempts import declared_limit, waits
from pytest_queuekit.monitors.timeline.groups import group_of
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.losses import EmptyClaims
from pytest_queuekit.monitors.timeline.moments import NEVER, first_after, latest, nanoseconds
from pytest_queuekit.monitors.timeline.tasks import TaskHistory, UnknownClaims


class OnlyAttempts:
    """Finds the tasks whose only attempt ended with the death of its worker."""

    def __init__(self, history: History, contract: Contract) -> None:
        self._contract = contract
        self._leases = history.derived(LeaseIntervals, contract)
        self._resolution = nanoseconds(contract.resolution)
        self._reclaims = Capability.RECLAIM in contract.capabilities
        self._empty_claims = history.derived(EmptyClaims)
        notice = Verb.RECLAIM if self._reclaims else Verb.CLAIM
        self._notices = [call for call in history.by(notice) if call.ok and call.end is not None]
        self._unknown = bool(history.derived(UnknownClaims.of).claims)

    def ended_by_death(self, task: TaskHistory) -> bool:
        """Return True if a task had one attempt, and its first worker never acknowledged it."""
        return (
            task.only_enqueue is not None
            and bool(task.deliveries)
            and not task.deliveries[0].endings
            and declared_limit(task, self._contract) == 1
        )

    def proof_of_death(self, task: TaskHistory) -> Operation | None:
        """Return the empty claim after which a task is certainly dead; None if it may not be.

        The queue has noticed the death by then, and has no attempt left to hand out.
        """
        certain = self.ended_by_death(task) and len(task.deliveries) == 1 and not task.cancels
        enqueue = task.only_enqueue
        if not certain or enqueue is None or self._unknown or group_of(enqueue) is not None:
            return None
        expired = self._leases.of(task.deliveries[0]).expired_by + self._resolution
        return next(self._empty_claims.after(self._noticed(expired), enqueue), None)

    def _noticed(self, expired: float) -> float:
        """Return the moment after which an empty claim proves that the task does not come again.

        A queue that counts the death as a failure may delay the task from the call that noticed it.
        """
        wait = waits(self._contract, 1, 1)[1]
        if not (wait or self._reclaims):
            return expired
        noticed = first_after(self._notices, expired)
        if noticed is None:
            return NEVER
        return latest(noticed) + wait + (self._resolution if wait else 0)
