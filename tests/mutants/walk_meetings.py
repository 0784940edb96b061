"""Queues whose features work together, unless another call comes between two steps of one call."""

# ruff: noqa: S608 - the SQL is put together from this file's own pieces only

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_queuekit.model.adapter import Claim
from pytest_queuekit.model.capabilities import KeyConflict
from tests.mutants.mutant import mutant
from tests.rules.example_queue import ExampleQueue, RefusedError


class InSteps(ExampleQueue):
    """The queue of the rules' examples, correct, with the pieces that the mutants need."""

    key_conflict = KeyConflict.KEEP

    def _row(self, columns: str, task_id: Any) -> Sequence[Any]:
        rows = self.run(f"SELECT {columns} FROM task WHERE id = :id", id=task_id)
        return rows[0] if rows else (None,) * (columns.count(",") + 1)

    def _require_held(self, claim: Claim) -> None:
        if self._row("state, token", claim.task_id) != ("leased", claim.token):
            raise RefusedError(f"task_id={claim.task_id!r} is no longer held")


class RetriesReadiedByALook(InSteps):
    """Notes which failed tasks are due again, and readies them, whoever has claimed them since."""

    name = "retries-readied-by-a-look"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        due = "state = 'queued' AND error IS NOT NULL AND due <= :now"
        for (task_id,) in self.run(f"SELECT id FROM task WHERE {due}"):
            self.run("UPDATE task SET state = 'queued' WHERE id = :id", id=task_id)
        return super().claim(worker, lease=lease, capabilities=capabilities)


class KeyedFailureAfterACheck(InSteps):
    """Checks who holds a task with a key, then fails it without another look."""

    name = "keyed-failure-after-a-check"

    def fail(self, claim: Claim, error: str) -> None:
        if self._row("key", claim.task_id) == (None,):
            super().fail(claim, error)
            return
        self._require_held(claim)
        spent = "state = iif(attempts + 1 >= max_attempts, 'dead', 'queued')"
        later = "attempts = attempts + 1, due = :now + wait(attempts + 1)"
        changes = f"error = :error, {later}, {spent}"
        self.run(f"UPDATE task SET {changes} WHERE id = :id", id=claim.task_id, error=error)


class SecondExtensionAfterACheck(InSteps):
    """Extends a lease for the second time by writing back the delivery as it was a moment ago."""

    name = "second-extension-after-a-check"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.extended: set[tuple[Any, Any]] = set()

    def extend(self, claim: Claim, seconds: float) -> None:
        if (claim.task_id, claim.token) not in self.extended:
            super().extend(claim, seconds)
            self.extended.add((claim.task_id, claim.token))
            return
        self._require_held(claim)
        changes = "state = 'leased', token = :token, lease_end = max(lease_end, :now) + :seconds"
        values = {"id": claim.task_id, "token": claim.token, "seconds": seconds}
        self.run(f"UPDATE task SET {changes} WHERE id = :id", **values)


class SecondFailureMakesACopy(InSteps):
    """Retries a task that fails again as a copy, which is there before the task is gone."""

    name = "second-failure-makes-a-copy"

    def fail(self, claim: Claim, error: str) -> None:
        attempts, most = self._row("attempts, max_attempts", claim.task_id)
        if not attempts or attempts + 1 >= most:
            super().fail(claim, error)
            return
        self._require_held(claim)
        kept = "payload, priority, key, grp, needs, max_attempts"
        new = "error, attempts, due"
        copy = f"{kept}, :error, attempts + 1, :now + wait(attempts + 1)"
        self.run(
            f"INSERT INTO task ({kept}, {new}) SELECT {copy} FROM task WHERE id = :id",
            id=claim.task_id,
            error=error,
        )
        held = "id = :id AND state = 'leased' AND token = :token"
        self.run(f"DELETE FROM task WHERE {held}", id=claim.task_id, token=claim.token)


class ReleaseAfterExtensionUnchecked(InSteps):
    """Checks who holds a task with an extended lease, then releases it without another look."""

    name = "release-after-extension-unchecked"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.extended: set[tuple[Any, Any]] = set()

    def extend(self, claim: Claim, seconds: float) -> None:
        super().extend(claim, seconds)
        self.extended.add((claim.task_id, claim.token))

    def release(self, claim: Claim) -> None:
        if (claim.task_id, claim.token) not in self.extended:
            super().release(claim)
            return
        self._require_held(claim)
        self.run("UPDATE task SET state = 'queued' WHERE id = :id", id=claim.task_id)


class PurgeUndoesReturns(InSteps):
    """Reads the tasks that came back before, purges, and writes them back as they were."""

    name = "purge-undoes-returns"

    def purge(self) -> None:
        returned = self.run("SELECT state, id FROM task WHERE attempts > 0")
        super().purge()
        for state, task_id in returned:
            changed = "UPDATE task SET state = :state WHERE id = :id AND state != :state"
            self.run(changed, state=state, id=task_id)


class RoutedDelaysPromotedByALook(InSteps):
    """Readies the delayed tasks for certain workers in a step of its own, before each claim."""

    name = "routed-delays-promoted-by-a-look"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        due = "state = 'queued' AND delay > 0 AND needs != '{}' AND due <= :now"
        for (task_id,) in self.run(f"SELECT id FROM task WHERE {due}"):
            ready = "delay = 0, state = 'queued'"
            self.run(f"UPDATE task SET {ready} WHERE id = :id", id=task_id)
        return super().claim(worker, lease=lease, capabilities=capabilities)


class ReclaimCopiesReturnedTasks(InSteps):
    """Tries a task with an expired lease again as a copy, if it came back before: two make two."""

    name = "reclaim-copies-returned-tasks"

    def reclaim(self) -> None:
        late = "state = 'leased' AND attempts > 0 AND lease_end <= :now"
        kept = "payload, priority, due, key, grp, needs, max_attempts, error"
        left = f"{late} AND attempts + 1 < max_attempts"
        for (task_id,) in self.run(f"SELECT id FROM task WHERE {left}"):
            copy = f"SELECT {kept}, attempts + 1 FROM task WHERE id = :id"
            self.run(f"INSERT INTO task ({kept}, attempts) {copy}", id=task_id)
            self.run("DELETE FROM task WHERE id = :id", id=task_id)
        super().reclaim()

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        self.reclaim()
        return super().claim(worker, lease=lease, capabilities=capabilities)


class BatchTakesARetryUnseen(InSteps):
    """Begins a batch with the first task and, if that came back, takes it without another look."""

    name = "batch-takes-a-retry-unseen"

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        self.reclaim()
        head = self.first_waiting(worker)
        if head is None or not self._row("attempts", head)[0]:
            return super().claim_many(worker, limit)
        first = self.take(head, worker)
        return [first, *(super().claim_many(worker, limit - 1) if limit > 1 else [])]


MUTANTS = tuple(
    mutant(queue, "WALK-2")
    for queue in (
        RetriesReadiedByALook,
        KeyedFailureAfterACheck,
        SecondExtensionAfterACheck,
        SecondFailureMakesACopy,
        ReleaseAfterExtensionUnchecked,
        PurgeUndoesReturns,
        RoutedDelaysPromotedByALook,
        ReclaimCopiesReturnedTasks,
        BatchTakesARetryUnseen,
    )
)
