"""Queues that requeue a dead letter wrongly."""

from __future__ import annotations

from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import mutant
from tests.queues.memory import MemoryQueue, RefusedError, Task


class RequeuesNothing(MemoryQueue):
    """Accepts a requeue, and leaves the task dead."""

    name = "requeues-nothing"

    def requeue(self, task_id: Any) -> None:
        task = self.store.tasks.get(task_id)
        if task is None or not self._may_requeue(task):
            raise RefusedError(f"task_id={task_id!r} is not dead")


class RefusesEachRequeue(MemoryQueue):
    """Finds no dead letter by its id."""

    name = "refuses-each-requeue"

    def _may_requeue(self, task: Task) -> bool:
        return False


class RequeuesWithItsWait(MemoryQueue):
    """Lets a requeued task wait as after a further failure."""

    name = "requeues-with-its-wait"

    def requeue(self, task_id: Any) -> None:
        super().requeue(task_id)
        self.store.tasks[task_id].due += 60.0


class RequeuesACopy(MemoryQueue):
    """Enqueues a copy of a dead letter, which stays dead."""

    name = "requeues-a-copy"

    def requeue(self, task_id: Any) -> None:
        with self._atomically():
            task = self.store.tasks.get(task_id)
            if task is None or not self._may_requeue(task):
                raise RefusedError(f"task_id={task_id!r} is not dead")
            self.enqueue(self._decode(task.text), max_attempts=task.max_attempts)


class RequeuesTheRequeued(MemoryQueue):
    """Queues a task again that was requeued before and is completed by now."""

    name = "requeues-the-requeued"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.known: set[int] = set()

    def requeue(self, task_id: Any) -> None:
        if task_id in self.known and self.store.tasks[task_id].state == "completed":
            self.store.tasks[task_id].state = "dead"
        super().requeue(task_id)
        self.known.add(task_id)


class RequeuesTheHeld(MemoryQueue):
    """Takes a task from its worker when it is requeued."""

    name = "requeues-the-held"

    def _may_requeue(self, task: Task) -> bool:
        never_failed = task.state == "leased" and task.max_attempts > 1
        return never_failed or super()._may_requeue(task)


class RequeuesTheDone(MemoryQueue):
    """Queues a completed task again if it had more than one attempt."""

    name = "requeues-the-done"

    def _may_requeue(self, task: Task) -> bool:
        done = task.state == "completed" and task.max_attempts > 1
        return done or super()._may_requeue(task)


class RequeuesTheWaiting(MemoryQueue):
    """Makes a task ready that waits for its delay or its retry."""

    name = "requeues-the-waiting"

    def _may_requeue(self, task: Task) -> bool:
        return task.state == "queued" or super()._may_requeue(task)


class RequeuesWithItsFailures(MemoryQueue):
    """Lets a requeued task keep its failures, so that it dies of the next one."""

    name = "requeues-with-its-failures"

    def requeue(self, task_id: Any) -> None:
        with self._atomically():
            task = self.store.tasks.get(task_id)
            attempts = task.attempts if task is not None else 0
            super().requeue(task_id)
            self.store.tasks[task_id].attempts = attempts


class RequeuesWithoutALimit(MemoryQueue):
    """Tries a requeued task for ever."""

    name = "requeues-without-a-limit"

    def requeue(self, task_id: Any) -> None:
        super().requeue(task_id)
        self.store.tasks[task_id].max_attempts = 1_000_000


class _KnowsTheRequeued(MemoryQueue):
    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.requeued: set[int] = set()

    def requeue(self, task_id: Any) -> None:
        super().requeue(task_id)
        self.requeued.add(task_id)


class RequeueLosesPriority(MemoryQueue):
    """Requeues a task with the default priority."""

    name = "requeue-loses-priority"

    def requeue(self, task_id: Any) -> None:
        super().requeue(task_id)
        self.store.tasks[task_id].priority = 100


class RequeueGainsPriority(MemoryQueue):
    """Requeues a task before all others."""

    name = "requeue-gains-priority"

    def requeue(self, task_id: Any) -> None:
        super().requeue(task_id)
        self.store.tasks[task_id].priority = -100


class RequeuedRetriedAtOnce(_KnowsTheRequeued):
    """Does not wait before it retries a task that was requeued."""

    name = "requeued-retried-at-once"

    def fail(self, claim: Claim, error: str) -> None:
        super().fail(claim, error)
        if claim.task_id in self.requeued:
            self.store.tasks[claim.task_id].due = 0.0


class RequeuedLostByRelease(_KnowsTheRequeued):
    """Takes the release of a requeued task for its completion."""

    name = "requeued-lost-by-release"

    def release(self, claim: Claim) -> None:
        super().release(claim)
        if claim.task_id in self.requeued:
            self.store.tasks[claim.task_id].state = "completed"


class RequeuedKeptAfterTheLease(_KnowsTheRequeued):
    """Never takes a requeued task back from a worker that died."""

    name = "requeued-kept-after-the-lease"

    def _is_expired(self, task: Task) -> bool:
        return task.number not in self.requeued and super()._is_expired(task)


MUTANTS = (
    mutant(RequeuesNothing, "RETRY-16", also=("RETRY-17", "RETRY-19")),
    mutant(RefusesEachRequeue, "RETRY-16", also=("RETRY-17", "RETRY-19")),
    mutant(RequeuesWithItsWait, "RETRY-16", also=("RETRY-17", "RETRY-19")),
    mutant(RequeuesACopy, "RETRY-17", also=("RETRY-19",)),
    mutant(RequeuesTheRequeued, "RETRY-17"),
    mutant(RequeuesTheHeld, "RETRY-18"),
    mutant(RequeuesTheDone, "RETRY-18"),
    mutant(RequeuesTheWaiting, "RETRY-18"),
    mutant(RequeuesWithItsFailures, "RETRY-19"),
    mutant(RequeuesWithoutALimit, "RETRY-19"),
    *(
        mutant(queue, "WALK-1")
        for queue in (
            RequeueLosesPriority,
            RequeueGainsPriority,
            RequeuedRetriedAtOnce,
            RequeuedLostByRelease,
            RequeuedKeptAfterTheLease,
        )
    ),
)
