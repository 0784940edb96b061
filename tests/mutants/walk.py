"""Queues whose features work alone, and not together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.delayed import RemembersDelays
from tests.mutants.mutant import mutant
from tests.queues.memory import MemoryQueue, Task
from tests.queues.small_sqlite import NOW, SmallSqliteQueue


class PurgeForgetsKeys(MemoryQueue):
    """Deletes the keys of all tasks when it purges, and not those of the deleted tasks alone."""

    name = "purge-forgets-keys"

    def purge(self) -> int:
        gone = super().purge()
        for task in self.store.tasks.values():
            task.key = None
        return gone


class SecondFailureFreesKey(MemoryQueue):
    """Frees the key of a task that fails for the second time."""

    name = "second-failure-frees-key"

    def fail(self, claim: Claim, error: str) -> None:
        super().fail(claim, error)
        task = self.store.tasks[claim.task_id]
        if task.attempts > 1:
            task.key = None


class CancelSparesRetries(MemoryQueue):
    """Accepts the cancel of a task that waits for its retry, and retries it."""

    name = "cancel-spares-retries"

    def cancel(self, task_id: Any) -> None:
        task = self.store.tasks.get(task_id)
        if task is None or task.error is None or task.state != "queued":
            super().cancel(task_id)


class RetryLosesPriority(MemoryQueue):
    """Retries every task with the default priority."""

    name = "retry-loses-priority"

    def fail(self, claim: Claim, error: str) -> None:
        super().fail(claim, error)
        self.store.tasks[claim.task_id].priority = 100


class ReleaseLosesPriority(MemoryQueue):
    """Puts a released task back with the default priority."""

    name = "release-loses-priority"

    def release(self, claim: Claim) -> None:
        super().release(claim)
        self.store.tasks[claim.task_id].priority = 100


class ExpiryLosesPriority(MemoryQueue):
    """Puts a task with an expired lease back with the default priority."""

    name = "expiry-loses-priority"

    def _count_attempt(self, task: Task) -> None:
        super()._count_attempt(task)
        if task.error is None:
            task.priority = 100


class RetryLosesCapabilities(MemoryQueue):
    """Retries a task with any worker from the second failure on."""

    name = "retry-loses-capabilities"

    def fail(self, claim: Claim, error: str) -> None:
        super().fail(claim, error)
        task = self.store.tasks[claim.task_id]
        if task.attempts > 1:
            task.needs = {}


class ReclaimIgnoresExtensions(MemoryQueue):
    """Ends a lease at its first end in `reclaim`, though not in `claim`."""

    name = "reclaim-ignores-extensions"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.ends: dict[int, float] = {}

    def extend(self, claim: Claim, seconds: float) -> Claim:
        with self._atomically():
            self.ends.setdefault(claim.task_id, self._held_by(claim).lease_end)
            return super().extend(claim, seconds)

    def reclaim(self) -> int:
        for task in self._in_state("leased"):
            task.lease_end = self.ends.pop(task.number, task.lease_end)
        return super().reclaim()


class BatchClaimsTooEarly(MemoryQueue):
    """Claims in batches what is not due."""

    name = "batch-claims-too-early"
    in_batch = False

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        self.in_batch = True
        try:
            return super().claim_many(worker, limit)
        finally:
            self.in_batch = False

    def _is_due(self, task: Task) -> bool:
        return self.in_batch or super()._is_due(task)


class BatchTasksAreNotRetried(MemoryQueue):
    """Gives a task of a batch one attempt."""

    name = "batch-tasks-are-not-retried"

    def enqueue_many(self, payloads: Sequence[Any], **options: Any) -> list[int]:
        numbers = super().enqueue_many(payloads)
        for number in numbers:
            self.store.tasks[number].max_attempts = 1
        return numbers


class OpeningEndsWaits(SmallSqliteQueue):
    """Makes tasks that wait for a retry ready when an instance opens the queue."""

    name = "opening-ends-waits"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self._run("UPDATE task SET due = 0 WHERE state = 'queued' AND error IS NOT NULL")


class OpeningEndsExtensions(SmallSqliteQueue):
    """Ends the leases that were extended when an instance opens the queue."""

    name = "opening-ends-extensions"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self._run("UPDATE task SET lease_end = 0 WHERE state = 'leased' AND error = 'extended'")

    def extend(self, claim: Claim, seconds: float) -> Claim:
        super().extend(claim, seconds)
        self._run("UPDATE task SET error = 'extended' WHERE id = ?", claim.task_id)
        return claim


class PurgeForgetsFailures(MemoryQueue):
    """Counts the failures of all tasks from zero after a purge."""

    name = "purge-forgets-failures"

    def purge(self) -> int:
        gone = super().purge()
        for task in self._in_state("queued"):
            task.attempts = 0
        return gone


class KeyRevivesTheDead(MemoryQueue):
    """Tries a dead task again when its key is enqueued again."""

    name = "key-revives-the-dead"

    def _holder_of(self, key: str | None) -> Task | None:
        for task in self._in_state("dead"):
            if key is not None and task.key == key:
                task.state, task.attempts, task.due = "queued", 0, 0.0
                return task
        return super()._holder_of(key)


class UrgentTasksRetriedAtOnce(MemoryQueue):
    """Does not wait before it retries a task of a high priority."""

    name = "urgent-tasks-retried-at-once"

    def fail(self, claim: Claim, error: str) -> None:
        super().fail(claim, error)
        task = self.store.tasks[claim.task_id]
        if task.priority < 10:
            task.due = 0.0


class ReleaseForgetsLimit(MemoryQueue):
    """Gives a released task the usual number of attempts."""

    name = "release-forgets-limit"

    def release(self, claim: Claim) -> None:
        super().release(claim)
        self.store.tasks[claim.task_id].max_attempts = 5


class ExpiryForgetsLimit(MemoryQueue):
    """Gives a task with an expired lease the usual number of attempts."""

    name = "expiry-forgets-limit"

    def _count_attempt(self, task: Task) -> None:
        super()._count_attempt(task)
        if task.error is None and task.state == "queued":
            task.max_attempts = 5


class CancelFreesAllKeys(MemoryQueue):
    """Frees the keys of all waiting tasks when one of them is cancelled."""

    name = "cancel-frees-all-keys"

    def cancel(self, task_id: Any) -> None:
        super().cancel(task_id)
        for task in self._in_state("queued"):
            task.key = None


class ExtendedTasksComeBack(MemoryQueue):
    """Forgets at the end of an extended lease that the task was completed."""

    name = "extended-tasks-come-back"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.extended: set[int] = set()

    def extend(self, claim: Claim, seconds: float) -> Claim:
        self.extended.add(claim.task_id)
        return super().extend(claim, seconds)

    def _return_expired(self) -> int:
        for task in self._in_state("completed"):
            if task.number in self.extended and self._is_expired(task):
                task.state = "queued"
        return super()._return_expired()


class KeyedDeadUncounted(MemoryQueue):
    """Does not count dead tasks that have a key."""

    name = "keyed-dead-uncounted"

    def stats(self) -> Mapping[str, int]:
        keyed = [task for task in self._in_state("dead") if task.key is not None]
        counts = super().stats()
        return {**counts, "dead": counts["dead"] - len(keyed)}


class DelayedTasksForAnyWorker(RemembersDelays):
    """Gives a task that had a delay to any worker."""

    name = "delayed-tasks-for-any-worker"

    def _may_go(self, task: Task, capabilities: Mapping[str, Any]) -> bool:
        if task.number in self.delayed:
            return self._is_due(task)
        return super()._may_go(task, capabilities)


class RetriesHaveShortLeases(MemoryQueue):
    """Leases a task that failed before for a tenth of the time."""

    name = "retries-have-short-leases"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        return super()._lease(task, worker, lease / 10 if task.error else lease)


class FailureAfterExtensionIgnored(MemoryQueue):
    """Takes a failure after an extension for a release."""

    name = "failure-after-extension-ignored"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.extended: set[int | None] = set()

    def extend(self, claim: Claim, seconds: float) -> Claim:
        self.extended.add(claim.token)
        return super().extend(claim, seconds)

    def fail(self, claim: Claim, error: str) -> None:
        if claim.token in self.extended:
            self.release(claim)
        else:
            super().fail(claim, error)


class PurgeEndsDelays(MemoryQueue):
    """Makes delayed tasks ready when it purges."""

    name = "purge-ends-delays"

    def purge(self) -> int:
        gone = super().purge()
        for task in self._in_state("queued"):
            task.due = 0.0
        return gone


class GroupedReleaseLosesNeeds(SmallSqliteQueue):
    """Releases a task of a group for any worker, whatever capabilities it asked for."""

    name = "grouped-release-loses-needs"

    def release(self, claim: Claim) -> None:
        needs = "needs = iif(grp IS NULL, needs, '{}')"
        self._acknowledge(claim, f"state = 'queued', due = {NOW}, {needs}")


class FailureKeepsAnExtendedLease(SmallSqliteQueue):
    """Retries a task only after the lease that its worker extended before the failure."""

    name = "failure-keeps-an-extended-lease"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        extended = super().extend(claim, seconds)
        self._acknowledge(claim, "error = 'extended'")
        return extended

    def fail(self, claim: Claim, error: str) -> None:
        retry = f"{NOW} + wait(attempts + 1)"
        due = f"iif(error = 'extended', max(lease_end, {retry}), {retry})"
        self._acknowledge(claim, f"due = {due}, error = ?, {self._count_attempt()}", error)


class RequeueForgetsTheGroup(SmallSqliteQueue):
    """Requeues a dead task without its group, so that more of the group are held at a time."""

    name = "requeue-forgets-the-group"

    def requeue(self, task_id: Any) -> None:
        ready = f"state = 'queued', attempts = 0, error = NULL, due = {NOW}, grp = NULL"
        dead = "WHERE id = ? AND state = 'dead' RETURNING id"
        self._change(f"UPDATE task SET {ready} {dead}", task_id)  # noqa: S608 - no value of a user


_ALONE: Mapping[str, tuple[str, ...]] = {
    "ReclaimIgnoresExtensions": ("LEASE-3", "LEASE-5"),
    "OpeningEndsWaits": ("CLOCK", "RETRY"),
    "OpeningEndsExtensions": ("LEASE-3", "LEASE-5", "LEASE-13"),
    "ExtendedTasksComeBack": ("ACK-16", "ACK", "LEASE"),
}
"""The rules that a mutant breaks besides."""

MUTANTS = tuple(
    mutant(queue, "WALK-1", also=_ALONE.get(queue.__name__, ()))
    for queue in (
        PurgeForgetsKeys,
        SecondFailureFreesKey,
        CancelSparesRetries,
        RetryLosesPriority,
        ReleaseLosesPriority,
        ExpiryLosesPriority,
        RetryLosesCapabilities,
        ReclaimIgnoresExtensions,
        BatchClaimsTooEarly,
        BatchTasksAreNotRetried,
        OpeningEndsWaits,
        OpeningEndsExtensions,
        PurgeForgetsFailures,
        KeyRevivesTheDead,
        UrgentTasksRetriedAtOnce,
        ReleaseForgetsLimit,
        ExpiryForgetsLimit,
        CancelFreesAllKeys,
        ExtendedTasksComeBack,
        KeyedDeadUncounted,
        DelayedTasksForAnyWorker,
        RetriesHaveShortLeases,
        FailureAfterExtensionIgnored,
        PurgeEndsDelays,
        GroupedReleaseLosesNeeds,
        FailureKeepsAnExtendedLease,
        RequeueForgetsTheGroup,
    )
)
