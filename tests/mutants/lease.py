"""Queues that end leases too early, too late or for the wrong worker."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.bases import KnowsTheBatch, KnowsTheWorker
from tests.mutants.mutant import WATCHED, mutant
from tests.queues.memory import MemoryQueue, RefusedError, Task
from tests.queues.variants import LeasesByTask


class ComesBackToTheSameWorker(KnowsTheWorker):
    """Keeps a task whose lease expired for the worker that had it."""

    name = "comes-back-to-the-same-worker"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        task.holder = worker  # type: ignore[attr-defined]  # the mutant's own field
        return super()._lease(task, worker, lease)

    def _is_due(self, task: Task) -> bool:
        lost = task.attempts > 0 and task.error is None
        return super()._is_due(task) and (not lost or task.holder == self.worker)  # type: ignore[attr-defined]  # as above


class ExpiresAtHalfTime(MemoryQueue):
    """Takes a task away when half of its lease is over."""

    name = "expires-at-half-time"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        return super()._lease(task, worker, lease / 2)


class LeasesFromTheTurn(MemoryQueue):
    """Counts a lease from the moment at which its task could be claimed, not from its claim."""

    name = "leases-from-the-turn"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        claim = super()._lease(task, worker, lease)
        if not task.attempts:
            task.lease_end += task.due - self._now()
        return claim


class ExtendsNothing(MemoryQueue):
    """Says yes to an extension, and changes nothing."""

    name = "extends-nothing"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        end = self.store.tasks[claim.task_id].lease_end
        super().extend(claim, seconds)
        self.store.tasks[claim.task_id].lease_end = end
        return claim


class CountsAnExtensionFromNow(MemoryQueue):
    """Ends a lease a few seconds after its extension, however long it would have lasted."""

    name = "counts-an-extension-from-now"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        super().extend(claim, seconds)
        self.store.tasks[claim.task_id].lease_end = self._now() + seconds
        return claim


class ExtendsOnce(MemoryQueue):
    """Refuses to extend a lease that was extended before."""

    name = "extends-once"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        task = self._held_by(claim)
        if getattr(task, "extended", False):
            raise RefusedError("extended before")
        task.extended = True  # type: ignore[attr-defined]  # the mutant's own field
        return super().extend(claim, seconds)


class ExtendsForEver(MemoryQueue):
    """Takes an extended task for one that is looked after."""

    name = "extends-for-ever"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        super().extend(claim, seconds)
        self.store.tasks[claim.task_id].lease_end = math.inf
        return claim


class ExtendsAll(MemoryQueue):
    """Extends every lease there is."""

    name = "extends-all"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        super().extend(claim, seconds)
        for task in self._in_state("leased"):
            task.lease_end = self.store.tasks[claim.task_id].lease_end
        return claim


class OneLeaseForAll(MemoryQueue):
    """Leases for a minute, whatever was asked for."""

    name = "one-lease-for-all"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        return super()._lease(task, worker, 60.0)


class AcceptsAnyLease(MemoryQueue):
    """Checks no lease, and compares with NaN."""

    name = "accepts-any-lease"

    def _check_seconds(self, name: str, value: float, least: float) -> None:
        if name != "lease":
            super()._check_seconds(name, value, least)

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        return super()._lease(task, worker, math.inf if lease is None else lease)


class NegativeLeases(MemoryQueue):
    """Takes a lease that is over before it begins."""

    name = "negative-leases"

    def _check_seconds(self, name: str, value: float, least: float) -> None:
        if name != "lease" or value != -60:
            super()._check_seconds(name, value, least)


class AcceptsAnyExtension(MemoryQueue):
    """Checks no extension."""

    name = "accepts-any-extension"

    def _check_seconds(self, name: str, value: float, least: float) -> None:
        if name != "seconds":
            super()._check_seconds(name, value, least)


class ReleasesForLater(MemoryQueue):
    """Keeps a released task back until its lease would have expired."""

    name = "releases-for-later"

    def release(self, claim: Claim) -> None:
        end = self._held_by(claim).lease_end
        super().release(claim)
        self.store.tasks[claim.task_id].due = end


class ReleasesForOthersOnly(KnowsTheWorker):
    """Gives a released task only to workers that have not had it."""

    name = "releases-for-others-only"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        had = getattr(task, "had", [])
        task.had = [*had, worker]  # type: ignore[attr-defined]  # the mutant's own field
        return super()._lease(task, worker, lease)

    def _is_due(self, task: Task) -> bool:
        had = getattr(task, "had", [])
        return super()._is_due(task) and (task.attempts > 0 or self.worker not in had)


class ReclaimsTwenty(MemoryQueue):
    """Looks at the first twenty leases when it reclaims."""

    name = "reclaims-twenty"

    def _in_state(self, state: str) -> list[Task]:
        tasks = super()._in_state(state)
        return tasks[-20:] if state == "leased" and len(tasks) > 20 else tasks

    def _return_expired(self) -> int:
        gone = super()._return_expired()
        for task in self._in_state("leased"):
            if gone and self._is_expired(task):
                task.lease_end = math.inf
        return gone


class RefusesInTheLastFifth(MemoryQueue):
    """Takes a completion for late when the lease is nearly over."""

    name = "refuses-in-the-last-fifth"

    def _is_current(self, task: Task, claim: Claim) -> bool:
        return super()._is_current(task, claim) and task.lease_end - self._now() > 8


class ALittleShort(MemoryQueue):
    """Takes a tenth of a second from each lease."""

    name = "a-little-short"

    def _is_expired(self, task: Task) -> bool:
        return task.lease_end <= self._now() + 0.1


class CutsLeasesToSeconds(MemoryQueue):
    """Leases for whole seconds, cut off."""

    name = "cuts-leases-to-seconds"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        return super()._lease(task, worker, int(lease))


class WritesThePayloadAgain(MemoryQueue):
    """Encodes a payload that is encoded already when the task comes back."""

    name = "writes-the-payload-again"

    def release(self, claim: Claim) -> None:
        super().release(claim)
        self._encode_again(self.store.tasks[claim.task_id])

    def _count_attempt(self, task: Task) -> None:
        super()._count_attempt(task)
        self._encode_again(task)

    def _encode_again(self, task: Task) -> None:
        task.text = self._encode(task.text)


class TakesOverWithTheOldToken(MemoryQueue):
    """Gives a task a new token after a reclaim, but none if a claim itself finds the lease over."""

    name = "takes-over-with-the-old-token"
    late: frozenset[int] = frozenset()

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        with self._atomically():
            expired = filter(self._is_expired, self._in_state("leased"))
            self.late = frozenset(task.number for task in expired)
            return super().claim(worker, lease=lease, capabilities=capabilities)

    def _new_token(self, task: Task) -> int:
        if task.number in self.late and task.token is not None:
            return task.token
        return super()._new_token(task)


class ClaimsOverrideTheTask(MemoryQueue):
    """Leases a task as long as its claim asks for, whatever its enqueue asked for."""

    name = "claims-override-the-task"

    def _lease_of(self, task: Task, lease: float) -> float:
        return lease


class OwnLeasesOnlyShorten(MemoryQueue):
    """Takes the shorter one of the task's own lease and that of the claim."""

    name = "own-leases-only-shorten"

    def _lease_of(self, task: Task, lease: float) -> float:
        return min(lease, super()._lease_of(task, lease))


class ChecksNoLeaseOfATask(LeasesByTask):
    """Takes any number for the lease of a task."""

    name = "checks-no-lease-of-a-task"

    def _check_seconds(self, name: str, value: float, least: float) -> None:
        if name != "lease" or not isinstance(value, int | float):
            super()._check_seconds(name, value, least)


class StoresWholeSeconds(LeasesByTask):
    """Keeps the lease of a task in a column for whole numbers."""

    name = "stores-whole-seconds"

    def _lease_of(self, task: Task, lease: float) -> float:
        return int(super()._lease_of(task, lease))


class LeasesByDefault(LeasesByTask):
    """Leases each task for as long as the queue's default, whatever its enqueue asked for."""

    name = "leases-by-default"

    def _lease_of(self, task: Task, lease: float) -> float:
        return 45.0


class BatchLeasesNeverEnd(KnowsTheBatch):
    """Writes the lease of a batch in milliseconds, where seconds belong."""

    name = "batch-leases-never-end"

    def _lease_of(self, task: Task, lease: float) -> float:
        return super()._lease_of(task, lease) * (1000 if self.in_batch else 1)


class BatchSharesOneLease(KnowsTheBatch):
    """Divides the lease of a batch among its tasks."""

    name = "batch-shares-one-lease"
    limit = 1

    def claim_many(self, worker: str, limit: int, *, lease: float = 60.0) -> list[Claim]:
        self.limit = limit
        return super().claim_many(worker, limit, lease=lease)

    def _lease_of(self, task: Task, lease: float) -> float:
        return super()._lease_of(task, lease) / (self.limit if self.in_batch else 1)


class BatchIgnoresItsLease(MemoryQueue):
    """Leases a batch for the usual time, whatever its claim asks for."""

    name = "batch-ignores-its-lease"

    def claim_many(self, worker: str, limit: int, *, lease: float = 60.0) -> list[Claim]:
        return super().claim_many(worker, limit)


class BatchTakesAnyLease(KnowsTheBatch):
    """Does not check the lease of a batch."""

    name = "batch-takes-any-lease"

    def _check_seconds(self, name: str, value: float, least: float) -> None:
        if not self.in_batch:
            super()._check_seconds(name, value, least)

    def _lease_of(self, task: Task, lease: float) -> float:
        real = isinstance(lease, int | float) and math.isfinite(lease)
        return super()._lease_of(task, lease if real else 1e9)


class BatchCutsOffFractions(KnowsTheBatch):
    """Cuts the fraction of a second off the lease of a batch."""

    name = "batch-cuts-off-fractions"

    def _lease_of(self, task: Task, lease: float) -> float:
        lease = super()._lease_of(task, lease)
        return float(int(lease)) if self.in_batch else lease


class _LeasesABatchOnce(MemoryQueue):
    """Has one lease for all tasks of a batch, in the first of them."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.first: dict[int, Claim] = {}

    def claim_many(self, worker: str, limit: int, *, lease: float = 60.0) -> list[Claim]:
        claims = super().claim_many(worker, limit, lease=lease)
        self.first |= {int(claim.task_id): claims[0] for claim in claims}
        return claims


class BatchExtendsItsFirstTask(_LeasesABatchOnce):
    """Extends the first task of a batch in place of any other."""

    name = "batch-extends-its-first-task"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        super().extend(self.first.get(claim.task_id, claim), seconds)
        return claim


class BatchExtendsAllItsTasks(_LeasesABatchOnce):
    """Extends all tasks of a batch with any of them."""

    name = "batch-extends-all-its-tasks"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        with self._atomically():
            for number, first in self.first.items():
                if first is self.first.get(claim.task_id) and number != claim.task_id:
                    self.store.tasks[number].lease_end += seconds
            return super().extend(claim, seconds)


MUTANTS = (
    mutant(
        ComesBackToTheSameWorker,
        "LEASE-1",
        also=(
            "LEASE-4",
            "LEASE-14",
            "LEASE-5",
            "LEASE-6",
            "LEASE-10",
            "ACK-4",
            "ACK-10",
            "STATS-6",
            "ACK-15",
            "ACK-19",
            "GROUP-2",
            "LEASE",
        ),
    ),
    mutant(
        ExpiresAtHalfTime,
        "LEASE-2",
        also=("ACK-7", "ACK-8", "ACK-11", "ACK-15", "ACK-19", "LEASE-12", "LEASE-13", "ACK"),
    ),
    mutant(LeasesFromTheTurn, "LEASE-2"),
    mutant(ExtendsNothing, "LEASE-3", also=("LEASE-5",)),
    mutant(CountsAnExtensionFromNow, "LEASE-13"),
    mutant(TakesOverWithTheOldToken, "ACK-6", also=("ACK",)),
    mutant(ExtendsOnce, "LEASE-3"),
    mutant(ExtendsForEver, "LEASE-4"),
    mutant(ExtendsAll, "LEASE-5", also=("LEASE-4",)),
    mutant(OneLeaseForAll, "LEASE-6"),
    mutant(AcceptsAnyLease, "LEASE-7", also=("LEASE-15",)),
    mutant(NegativeLeases, "LEASE-7", also=("LEASE-15",)),
    mutant(AcceptsAnyExtension, "LEASE-8"),
    mutant(
        ReleasesForLater,
        "LEASE-9",
        also=(
            "CLAIM-9",
            "SCHEDULE-10",
            "ORDER-12",
            *WATCHED,
        ),
    ),
    mutant(ReleasesForOthersOnly, "LEASE-9", also=("ORDER-12", *WATCHED)),
    mutant(ReclaimsTwenty, "LEASE-10", also=("LEASE-7",)),
    mutant(RefusesInTheLastFifth, "LEASE-11"),
    mutant(ALittleShort, "LEASE-2"),
    mutant(CutsLeasesToSeconds, "LEASE-12"),
    mutant(WritesThePayloadAgain, "LEASE-1", also=("LEASE-9", "RETRY-1", *WATCHED)),
    mutant(ClaimsOverrideTheTask, "LEASE-14"),
    mutant(BatchLeasesNeverEnd, "LEASE-1", also=("LEASE-4", "LEASE-5", "LEASE-6")),
    mutant(BatchSharesOneLease, "LEASE-2", also=("LEASE-13",)),
    mutant(BatchExtendsItsFirstTask, "LEASE-3", also=("LEASE-4",)),
    mutant(BatchExtendsAllItsTasks, "LEASE-5", also=("LEASE-4",)),
    mutant(BatchIgnoresItsLease, "LEASE-6", also=("LEASE-7",)),
    mutant(BatchTakesAnyLease, "LEASE-7"),
    mutant(BatchCutsOffFractions, "LEASE-12"),
    mutant(OwnLeasesOnlyShorten, "LEASE-14"),
    mutant(LeasesByDefault, "LEASE-2", also=("LEASE-14",)),
    mutant(ChecksNoLeaseOfATask, "LEASE-15"),
    mutant(StoresWholeSeconds, "LEASE-16"),
)
