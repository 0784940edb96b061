"""Queues that do the wrong thing when another process keeps the write lock for too long."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import mutant
from tests.mutants.processes import HasNoPatience
from tests.queues.small_sqlite import NOW, BusyError, RefusedError, SmallSqliteQueue


class EmptyUnderLock(HasNoPatience):
    """Says that it is empty when another process has the lock."""

    name = "empty-under-lock"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        try:
            return super().claim(worker, lease=lease, capabilities=capabilities)
        except BusyError:
            return None


class CompletesNothingUnderLock(HasNoPatience):
    """Says yes to a completion that met a lock, and forgets it."""

    name = "completes-nothing-under-lock"

    def complete(self, claim: Claim) -> None:
        try:
            super().complete(claim)
        except BusyError:
            return


class ReleasesNothingUnderLock(HasNoPatience):
    """Says yes to a release that met a lock, and forgets it."""

    name = "releases-nothing-under-lock"

    def release(self, claim: Claim) -> None:
        try:
            super().release(claim)
        except BusyError:
            return


class CancelsNothingUnderLock(HasNoPatience):
    """Says yes to a cancel that met a lock, and forgets it."""

    name = "cancels-nothing-under-lock"

    def cancel(self, task_id: Any) -> None:
        try:
            super().cancel(task_id)
        except BusyError:
            return


class RefusesUnderLock(HasNoPatience):
    """Says that the worker does not hold its task when another process has the lock."""

    name = "refuses-under-lock"

    def complete(self, claim: Claim) -> None:
        try:
            super().complete(claim)
        except BusyError as error:
            raise RefusedError("no longer held") from error


class StaysInATransaction(HasNoPatience):
    """Leaves a transaction open after it met a lock, so that each later call fails."""

    name = "stays-in-a-transaction"
    stuck = False

    def _run(self, sql: str, *values: Any) -> list[Any]:
        if self.stuck:
            raise BusyError("cannot start a transaction within a transaction")
        try:
            return super()._run(sql, *values)
        except BusyError:
            self.stuck = True
            raise


class LeasesFromTheCall(SmallSqliteQueue):
    """Reads the time before it waits for the lock, and leases a task from then on."""

    name = "leases-from-the-call"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        began = time.time()
        claim = super().claim(worker, lease=lease, capabilities=capabilities)
        if claim is not None and time.time() > began + 1:
            end = "UPDATE task SET lease_end = ? WHERE id = ?"
            self._run(end, began + lease, claim.task_id)
        return claim


class BatchLeasesFromTheCall(SmallSqliteQueue):
    """Reads the time before it waits for the lock, and leases a batch from then on."""

    name = "batch-leases-from-the-call"

    def claim_many(self, worker: str, limit: int, *, lease: float = 60.0) -> list[Claim]:
        ((called,),) = self._run(f"SELECT {NOW}")
        claims: list[Claim] = []
        while len(claims) < limit and (claim := self.claim(worker, lease=lease)) is not None:
            claims.append(claim)
            self._run("UPDATE task SET lease_end = ? WHERE id = ?", called + lease, claim.task_id)
        return claims


class DelaysFromTheCall(SmallSqliteQueue):
    """Reads the time before it waits for the lock, and delays a task from then on."""

    name = "delays-from-the-call"
    began = 0.0

    def enqueue(
        self,
        payload: str,
        *,
        priority: int = 100,
        delay: float = 0.0,
        key: str | None = None,
        group: str | None = None,
        capabilities: Mapping[str, Any] | None = None,
        max_attempts: int = 5,
    ) -> int:
        self.began = time.time()
        return super().enqueue(
            payload,
            priority=priority,
            delay=delay,
            key=key,
            group=group,
            capabilities=capabilities,
            max_attempts=max_attempts,
        )

    def _run(self, sql: str, *values: Any) -> list[Any]:
        if sql.startswith("INSERT INTO task"):
            sql = sql.replace(f"{NOW} + ?", f"{self.began!r} + ?")
        return super()._run(sql, *values)


class RetriesFromTheCall(SmallSqliteQueue):
    """Reads the time before it waits for the lock, and counts a retry's wait from then on."""

    name = "retries-from-the-call"

    def fail(self, claim: Claim, error: str) -> None:
        due = f"{time.time()!r} + wait(attempts + 1)"
        self._acknowledge(claim, f"error = ?, due = {due}, {self._count_attempt()}", error)


class RequeuesNothingUnderLock(HasNoPatience):
    """Says yes to a requeue that met a lock, and forgets it."""

    name = "requeues-nothing-under-lock"

    def requeue(self, task_id: Any) -> None:
        try:
            super().requeue(task_id)
        except BusyError:
            return


class BatchAddsNothingUnderLock(HasNoPatience):
    """Says yes to a batch that met a lock, and forgets it."""

    name = "batch-adds-nothing-under-lock"

    def enqueue_many(self, payloads: Sequence[str]) -> list[int] | None:
        try:
            with self._atomically():
                return [self._insert(payload) for payload in payloads]
        except BusyError:
            return None

    def _insert(self, payload: str) -> int:
        self._check_text(payload)
        columns = "payload, priority, due, needs, max_attempts"
        values = f"?, 100, {NOW}, '{{}}', 5"
        added = f"INSERT INTO task ({columns}) VALUES ({values}) RETURNING id"  # noqa: S608
        ((number,),) = self._run(added, payload)
        return int(number)


class BatchAddedInParts(HasNoPatience):
    """Adds the tasks of a batch one by one, and says busy after the first ones."""

    name = "batch-added-in-parts"

    def enqueue_many(self, payloads: Sequence[str]) -> list[int]:
        return [self.enqueue(payload) for payload in payloads]


class BatchClaimedInParts(HasNoPatience):
    """Claims the tasks of a batch one by one, and says busy after the first ones."""

    name = "batch-claimed-in-parts"

    def claim_many(self, worker: str, limit: int, *, lease: float = 60.0) -> list[Claim]:
        claims: list[Claim] = []
        while len(claims) < limit and (claim := self.claim(worker, lease=lease)) is not None:
            claims.append(claim)
        return claims


MUTANTS = (
    mutant(EmptyUnderLock, "RACE-21", also=("RACE",)),
    mutant(CompletesNothingUnderLock, "RACE-21", also=("RACE",)),
    mutant(ReleasesNothingUnderLock, "RACE-21", also=("RACE",)),
    mutant(CancelsNothingUnderLock, "RACE-21", also=("RACE",)),
    mutant(RefusesUnderLock, "RACE-21", also=("RACE",)),
    mutant(StaysInATransaction, "RACE-21", also=("RACE",)),
    mutant(RequeuesNothingUnderLock, "RACE-21", also=("RACE",)),
    mutant(BatchAddsNothingUnderLock, "RACE-21", also=("RACE",)),
    mutant(BatchAddedInParts, "RACE-21", also=("RACE",)),
    mutant(BatchClaimedInParts, "RACE-21", also=("RACE",)),
    mutant(LeasesFromTheCall, "RACE-22"),
    mutant(BatchLeasesFromTheCall, "RACE-22"),
    mutant(DelaysFromTheCall, "RACE-22"),
    mutant(RetriesFromTheCall, "RACE-22"),
)
