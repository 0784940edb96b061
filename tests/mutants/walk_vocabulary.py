"""Queues that go wrong with a bare payload, a requeue, a keyed batch or a lease of a task's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import mutant
from tests.queues.domains import Integers
from tests.queues.memory import MemoryQueue, Task
from tests.queues.variants import CountsReady, FailsForGood, TakesFractions


class ReleaseEmptiesPayloads(MemoryQueue):
    """Takes a payload for none when a task is released, if it is empty, 0 or false."""

    name = "release-empties-payloads"

    def release(self, claim: Claim) -> None:
        super().release(claim)
        task = self.store.tasks[claim.task_id]
        task.text = self._encode(self._decode(task.text) or None)


class RetryRoundsIntegers(MemoryQueue):
    """Stores the payload of a failed task again, with integers as floating-point numbers."""

    name = "retry-rounds-integers"

    def fail(self, claim: Claim, error: str) -> None:
        super().fail(claim, error)
        task = self.store.tasks[claim.task_id]
        task.text = json.dumps(json.loads(task.text, parse_int=lambda digits: int(float(digits))))


class ReleaseRoundsIds(Integers):
    """Stores the id of a released task again, as a floating-point number."""

    name = "release-rounds-ids"

    def release(self, claim: Claim) -> None:
        super().release(claim)
        task = self.store.tasks[claim.task_id]
        task.text = str(int(float(task.text)))


class CancelKeepsTheKey(MemoryQueue):
    """Takes a later task of the key for one more of the task that was cancelled, and drops it."""

    name = "cancel-keeps-the-key"

    def cancel(self, task_id: Any) -> None:
        task = self.store.tasks.get(task_id)
        super().cancel(task_id)
        if task is not None:
            task.state = "cancelled"
            self.store.tasks[task_id] = task

    def _holds_key(self, task: Task) -> bool:
        return task.state == "cancelled" or super()._holds_key(task)


class RequeueForgetsKeys(MemoryQueue):
    """Lets a second task of the key of a requeued task in."""

    name = "requeue-forgets-keys"

    def requeue(self, task_id: Any) -> None:
        super().requeue(task_id)
        self.store.tasks[task_id].key = None


class RequeueLosesCapabilities(MemoryQueue):
    """Gives a requeued task to any worker."""

    name = "requeue-loses-capabilities"

    def requeue(self, task_id: Any) -> None:
        super().requeue(task_id)
        self.store.tasks[task_id].needs = {}


class RetryForgetsOwnLease(MemoryQueue):
    """Leases a failed task as the claim asks, and not as its enqueue asked."""

    name = "retry-forgets-own-lease"

    def fail(self, claim: Claim, error: str) -> None:
        super().fail(claim, error)
        self.store.tasks[claim.task_id].own_lease = None


class BatchKeysOverlookTheHeld(MemoryQueue):
    """Lets a task of a batch in while a worker holds the task of its key."""

    name = "batch-keys-overlook-the-held"
    in_batch = False

    def enqueue_many(
        self, payloads: Sequence[Any], *, keys: Sequence[str | None] | None = None
    ) -> list[int]:
        with self._atomically():
            self.in_batch = True
            try:
                return super().enqueue_many(payloads, keys=keys)
            finally:
                self.in_batch = False

    def _holds_key(self, task: Task) -> bool:
        return super()._holds_key(task) and not (self.in_batch and task.state == "leased")


class RequeuedCountAsWaiting(CountsReady):
    """Counts a requeued task as waiting until it is claimed."""

    name = "requeued-count-as-waiting"

    def requeue(self, task_id: Any) -> None:
        super().requeue(task_id)
        self.store.tasks[task_id].error = "requeued"

    def _counts_as_ready(self, task: Task) -> bool:
        return task.error != "requeued" and super()._counts_as_ready(task)


class UrgentTasksAlwaysRetried(FailsForGood):
    """Tries a task of a high priority again although it failed for good."""

    name = "urgent-tasks-always-retried"

    def _bury(self, task: Task) -> None:
        if task.priority >= 10:
            super()._bury(task)


class ReleaseRoundsPriorities(TakesFractions):
    """Cuts the fraction off the priority of a released task."""

    name = "release-rounds-priorities"

    def release(self, claim: Claim) -> None:
        with self._atomically():
            super().release(claim)
            task = self.store.tasks[claim.task_id]
            task.priority = int(task.priority)


class BackupReturnsHeldTasks(MemoryQueue):
    """Gives back the tasks of all workers, so that a copy begins without any."""

    name = "backup-returns-held-tasks"

    def backup(self, location: str) -> None:
        with self._atomically():
            for task in self._in_state("leased"):
                task.state = "queued"
            super().backup(location)


class _ClaimsManyOtherwise(MemoryQueue):
    in_batch = False

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        with self._atomically():
            self.in_batch = True
            try:
                return super().claim_many(worker, limit)
            finally:
                self.in_batch = False


class BatchClaimOverfillsGroups(_ClaimsManyOtherwise):
    """Looks at the limit of a group in single claims only."""

    name = "batch-claim-overfills-groups"

    def _has_free_slot(self, task: Task) -> bool:
        return self.in_batch or super()._has_free_slot(task)


class BatchClaimTakesTheExpired(_ClaimsManyOtherwise):
    """Looks at the expiry of a task in single claims only."""

    name = "batch-claim-takes-the-expired"

    def _is_outdated(self, task: Task) -> bool:
        return not self.in_batch and super()._is_outdated(task)


class BatchClaimForgetsOwnLeases(_ClaimsManyOtherwise):
    """Gives each task of a batch the usual lease."""

    name = "batch-claim-forgets-own-leases"

    def _lease_of(self, task: Task, lease: float) -> float:
        return lease if self.in_batch else super()._lease_of(task, lease)


MUTANTS = (
    mutant(CancelKeepsTheKey, "WALK-1", also=("STATS",)),  # it counts cancelled tasks
    mutant(BatchClaimOverfillsGroups, "WALK-1", also=("GROUP",)),
    *(
        mutant(queue, "WALK-1")
        for queue in (
            ReleaseEmptiesPayloads,
            ReleaseRoundsIds,
            RetryRoundsIntegers,
            RequeueForgetsKeys,
            RequeueLosesCapabilities,
            RetryForgetsOwnLease,
            BatchKeysOverlookTheHeld,
            RequeuedCountAsWaiting,
            UrgentTasksAlwaysRetried,
            ReleaseRoundsPriorities,
            BackupReturnsHeldTasks,
            BatchClaimTakesTheExpired,
            BatchClaimForgetsOwnLeases,
        )
    ),
)
