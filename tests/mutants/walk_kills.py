"""Queues whose features work together, unless a worker is killed between two steps of one call."""

# ruff: noqa: S608 - the SQL is put together from this file's own pieces only

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import mutant
from tests.mutants.walk_meetings import InSteps

_KEPT = "payload, priority, due, expires, key, grp, needs, max_attempts, attempts, error"


class _Moves(InSteps):
    """Has what the queues need that take a task out of the table and add it again."""

    def _move(self, which: str, more: int = 0, **values: Any) -> None:
        """Move tasks, and raise their attempts."""
        rows = self.run(f"SELECT id, token, {_KEPT} FROM task WHERE {which}", **values)
        for task_id, *row in rows:
            self.run("DELETE FROM task WHERE id = :id", id=task_id)
            kept = dict(zip(f"token, {_KEPT}".split(", "), row, strict=True))
            kept["attempts"] += more
            marks = ", ".join(f":{name}" for name in kept)
            added = f"INSERT INTO task (id, {', '.join(kept)}) VALUES (:id, {marks})"
            self.run(added, id=task_id, **kept)


class RetryRegainsItsGroup(InSteps):
    """Retries a task of a group as a new task, which joins the group in a commit of its own."""

    name = "retry-regains-its-group"

    def fail(self, claim: Claim, error: str) -> None:
        (group,) = self._row("grp", claim.task_id)
        with self.transaction():
            super().fail(claim, error)
            if group is not None:
                self.run("UPDATE task SET grp = NULL WHERE id = :id", id=claim.task_id)
        if group is not None:
            joined = "UPDATE task SET grp = :grp WHERE id = :id"
            self.run(joined, grp=group, id=claim.task_id)


class KeyBeforeItsTask(InSteps):
    """Reserves the key of a delayed task by an empty task, and fills that in after a commit."""

    name = "key-before-its-task"

    def insert(
        self, payload: Any, *, delay: float = 0.0, key: str | None = None, **columns: Any
    ) -> Any:
        if key is None or not delay:
            return super().insert(payload, delay=delay, key=key, **columns)
        task_id = super().insert(None, delay=10**9, key=key, **columns)
        self.run("COMMIT")
        self.run("BEGIN IMMEDIATE")
        filled = "payload = :payload, delay = :delay, due = :due"
        values = {"payload": self.encode(payload), "delay": delay, "due": self.due(delay)}
        self.run(f"UPDATE task SET {filled} WHERE id = :id", id=task_id, **values)
        return task_id


class BatchInSeveralCommits(InSteps):
    """Adds each task of a batch in a commit of its own."""

    name = "batch-in-several-commits"

    def enqueue_many(
        self, payloads: Sequence[Any], *, keys: Sequence[str | None] | None = None
    ) -> Any:
        given = keys or [None] * len(payloads)
        return [
            self.holder(key) or self.insert(payload, key=key)
            for payload, key in zip(payloads, given, strict=True)
        ]


class CompletionSpendsTheAttempts(InSteps):
    """Uses up the attempts of a task before it completes the task, so that nobody retries it."""

    name = "completion-spends-the-attempts"

    def complete(self, claim: Claim) -> None:
        self._require_held(claim)
        self.run("UPDATE task SET attempts = max_attempts WHERE id = :id", id=claim.task_id)
        super().complete(claim)


class CancelFreesTheKeyFirst(InSteps):
    """Frees the key of a task in a commit of its own, before it cancels the task."""

    name = "cancel-frees-the-key-first"

    def cancel(self, task_id: Any) -> None:
        freed = "UPDATE task SET key = NULL WHERE id = :id AND state = 'queued'"
        self.run(freed, id=task_id)
        super().cancel(task_id)


class PromotionMovesDelayedTasks(_Moves):
    """Takes a delayed task that is due out of the table, and adds it as a ready one."""

    name = "promotion-moves-delayed-tasks"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        self._move("state = 'queued' AND delay > 0 AND due <= :now")
        return super().claim(worker, lease=lease, capabilities=capabilities)


class RequeueMovesDeadTasks(_Moves):
    """Takes a requeued task out of the table, and adds it again."""

    name = "requeue-moves-dead-tasks"

    def requeue(self, task_id: Any) -> None:
        super().requeue(task_id)
        self._move("id = :id", id=task_id)


class ReleaseGoesToTheHead(InSteps):
    """Makes a released task the first in the queue, and gives it its priority back after that."""

    name = "release-goes-to-the-head"

    def release(self, claim: Claim) -> None:
        (priority,) = self._row("priority", claim.task_id)
        with self.transaction():
            super().release(claim)
            self.run("UPDATE task SET priority = -100 WHERE id = :id", id=claim.task_id)
        restored = "UPDATE task SET priority = :priority WHERE id = :id"
        self.run(restored, priority=priority, id=claim.task_id)


class FailureCountsFirst(InSteps):
    """Counts a failure in a commit of its own, before it ends the delivery."""

    name = "failure-counts-first"

    def fail(self, claim: Claim, error: str) -> None:
        self._require_held(claim)
        counted = "UPDATE task SET attempts = attempts + :more WHERE id = :id"
        self.run(counted, more=1, id=claim.task_id)
        with self.transaction():
            self.run(counted, more=-1, id=claim.task_id)
            super().fail(claim, error)


class ReclaimMovesReturnedTasks(_Moves):
    """Takes a task whose lease ended for the second time out of the table, and adds it again."""

    name = "reclaim-moves-returned-tasks"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        late = "state = 'leased' AND attempts > 0 AND lease_end <= :now"
        self._move(f"{late} AND attempts + 1 < max_attempts", more=1)
        return super().claim(worker, lease=lease, capabilities=capabilities)


class LeaseBeginsLate(InSteps):
    """Sets the end of the lease of a task of a group in a commit of its own, after the claim."""

    name = "lease-begins-late"

    def take(self, task_id: Any, worker: str, lease: float = 60.0) -> Claim:
        claim = super().take(task_id, worker, lease)
        (group,) = self._row("grp", task_id)
        if group is not None:
            self.run("UPDATE task SET lease_end = 1e12 WHERE id = :id", id=task_id)
        return claim

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        claim = super().claim(worker, lease=lease, capabilities=capabilities)
        if claim is not None:
            ends = "UPDATE task SET lease_end = :end WHERE id = :id AND lease_end = 1e12"
            self.run(ends, end=self.lease_end(lease), id=claim.task_id)
        return claim


MUTANTS = (
    mutant(BatchInSeveralCommits, "WALK-3", also=("DURABLE",)),  # a killed producer shows it too
    *(
        mutant(queue, "WALK-3")
        for queue in (
            RetryRegainsItsGroup,
            KeyBeforeItsTask,
            CompletionSpendsTheAttempts,
            CancelFreesTheKeyFirst,
            PromotionMovesDelayedTasks,
            RequeueMovesDeadTasks,
            ReleaseGoesToTheHead,
            FailureCountsFirst,
            ReclaimMovesReturnedTasks,
            LeaseBeginsLate,
        )
    ),
)
