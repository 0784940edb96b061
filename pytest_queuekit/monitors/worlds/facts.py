"""The facts of a history that are the same in every world: options, leases, limits, waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from pytest_queuekit.model.capabilities import Capability, Guarantee
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.monitors.timeline.attempts import declared_limit, waits
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.moments import NEVER, nanoseconds, number
from pytest_queuekit.monitors.timeline.tasks import DeliveredTask, TaskHistory
from pytest_queuekit.monitors.worlds.world import TaskState


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What holds in every world of one history.

    history, contract: the calls, and the declarations of the queue.
    enqueues: the enqueues of the tasks, in order.
    """

    history: History
    contract: Contract
    enqueues: tuple[Operation, ...]
    _leases: dict[int, tuple[float, float]] = field(default_factory=dict)

    @cached_property
    def places(self) -> dict[str | None, int]:
        """The place of each task by its label."""
        return {enqueue.task: place for place, enqueue in enumerate(self.enqueues)}

    @cached_property
    def resolution(self) -> float:
        """Nanoseconds by which the queue may be late to notice a moment."""
        return nanoseconds(self.contract.resolution)

    @cached_property
    def reclaims(self) -> bool:
        """True if a call of its own makes tasks with an expired lease claimable."""
        return Capability.RECLAIM in self.contract.capabilities

    @cached_property
    def redelivers(self) -> bool:
        """True if a task whose lease is over is delivered again."""
        return self.contract.guarantee is Guarantee.AT_LEAST_ONCE

    @cached_property
    def completes(self) -> bool:
        """True if a delivery ends by an acknowledgement."""
        return self.redelivers and Capability.COMPLETE in self.contract.capabilities

    @cached_property
    def limits(self) -> tuple[float | None, ...]:
        """The declared limit of attempts of each task; None where none is declared."""
        return tuple(
            declared_limit(TaskHistory(str(enqueue.task), [enqueue]), self.contract)
            for enqueue in self.enqueues
        )

    def limit(self, place: int, task: TaskState) -> float | None:
        """Return the attempts after which a task must be given up; None if undeclared."""
        own = self.contract.requeue_attempts if task.requeued else None
        return self.limits[place] if own is None else own

    @cached_property
    def gives_up(self) -> bool:
        """True if the queue may give up a task whose limit is not declared."""
        return bool({Capability.FAIL, Capability.DEAD_LETTERS} & self.contract.capabilities)

    def may_be_spent(self, place: int, task: TaskState) -> bool:
        """Return True if the queue may give up a task that loses another attempt."""
        limit = self.limit(place, task)
        if limit is None:
            return self.gives_up and task.deliveries > 1
        return task.attempts + 1 >= limit

    def delay(self, place: int) -> float:
        """Return the nanoseconds of a task's delay."""
        given = number(self.enqueues[place].arguments.get("delay"))
        return nanoseconds(max(given or 0.0, 0.0))

    def retry_wait(self, task: TaskState) -> tuple[float, float]:
        """Return the shortest and the longest wait after a failure, in nanoseconds."""
        least, most = max(task.failures, 1), max(task.attempts, task.deliveries, 1)
        return waits(self.contract, min(least, most), most)

    def lease(self, claim: Operation) -> tuple[float, float]:
        """Return the moments from which the lease of a claim may, and must, be over."""
        if claim.number not in self._leases:
            interval = LeaseIntervals(self.history, self.contract).of(DeliveredTask(claim))
            self._leases[claim.number] = (interval.steps[0][1], interval.expired_by)
        return self._leases[claim.number]

    @cached_property
    def gone(self) -> dict[int, float]:
        """The moment at which the worker of each claim may be gone; never for the others."""
        leases = LeaseIntervals(self.history, self.contract)
        return {
            claim.number: leases.of(DeliveredTask(claim)).worker_gone
            for claim in self.history.by(Verb.CLAIM)
        }

    def free_from(self, task: TaskState) -> float:
        """Return the moment from which the holder may have lost a task."""
        return min(task.free_from, self.gone.get(task.holder, NEVER))
