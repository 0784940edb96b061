"""Queues that listen to the wrong worker, or do not mean what they say."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

from pytest_queuekit.model.adapter import Claim
from pytest_queuekit.model.capabilities import Retry
from tests.mutants.bases import KnowsTheWorker
from tests.mutants.mutant import WATCHED, mutant
from tests.queues.memory import MemoryQueue, RefusedError, Task


class CompletesNothing(MemoryQueue):
    """Puts a completed task back at the end of the queue, once."""

    name = "completes-nothing"

    def complete(self, claim: Claim) -> None:
        super().complete(claim)
        task = self.store.tasks[claim.task_id]
        if not hasattr(task, "again") and not task.needs and task.key is None:
            task.again = True  # type: ignore[attr-defined]  # the mutant's own field
            task.state = "queued"


class ForgetsTheLease(MemoryQueue):
    """Leaves the lease of a completed task running, and hands it out when that is over."""

    name = "forgets-the-lease"

    def complete(self, claim: Claim) -> None:
        super().complete(claim)
        self.store.tasks[claim.task_id].state = "finished"

    def _in_state(self, state: str) -> list[Task]:
        tasks = super()._in_state(state)
        return tasks + super()._in_state("finished") if state == "leased" else tasks

    def stats(self) -> dict[str, int]:
        states = [task.state for task in self.store.tasks.values()]
        stored = {"queued": "queued", "leased": "leased", "completed": "finished", "dead": "dead"}
        return {name: states.count(state) for name, state in stored.items()}

    def _is_purged(self, task: Task) -> bool:
        return task.state == "finished"


class SecondCompletionRevives(MemoryQueue):
    """Toggles between done and waiting."""

    name = "second-completion-revives"

    def complete(self, claim: Claim) -> None:
        task = self.store.tasks.get(claim.task_id)
        if task is not None and task.state == "completed" and task.token == claim.token:
            task.state = "queued"
            return
        super().complete(claim)


class SecondCompletionTakesTheNext(MemoryQueue):
    """Completes the next task when a completion is said twice."""

    name = "second-completion-takes-the-next"

    def complete(self, claim: Claim) -> None:
        task = self.store.tasks.get(claim.task_id)
        if task is not None and task.state == "completed" and task.token == claim.token:
            following = self.store.tasks.get(task.number + 1)
            if following is not None:
                following.state = "completed"
            return
        super().complete(claim)


class CompletesTheOldest(MemoryQueue):
    """Completes the oldest held task, whichever is meant."""

    name = "completes-the-oldest"

    def complete(self, claim: Claim) -> None:
        self._held_by(claim)
        self._in_state("leased")[0].state = "completed"


class CompletesAllOfAWorker(MemoryQueue):
    """Completes all tasks that are held."""

    name = "completes-all-of-a-worker"

    def complete(self, claim: Claim) -> None:
        super().complete(claim)
        for task in self._in_state("leased"):
            task.state = "completed"


class RefusesTheLateAndIsDone(MemoryQueue):
    """Says no to a late completion, and takes the task for done all the same."""

    name = "refuses-the-late-and-is-done"

    def complete(self, claim: Claim) -> None:
        task = self.store.tasks.get(claim.task_id)
        late = task is not None and task.state == "leased" and self._is_expired(task)
        super().complete(claim)
        if late:
            raise RefusedError("too late")


def _knows(queue: MemoryQueue, claim: Claim) -> Task:
    """Return the held task of a claim, whoever holds it now."""
    task = queue.store.tasks.get(claim.task_id)
    if task is None or task.state != "leased":
        raise RefusedError(f"task_id={claim.task_id!r} is not held")
    return task


class CompletesForAnybody(MemoryQueue):
    """Completes a task by its id, whoever says so."""

    name = "completes-for-anybody"

    def complete(self, claim: Claim) -> None:
        with self._atomically():
            _knows(self, claim).state = "completed"


class FailsForAnybody(MemoryQueue):
    """Fails a task by its id, whoever says so."""

    name = "fails-for-anybody"

    def fail(self, claim: Claim, error: str) -> None:
        with self._atomically():
            task = _knows(self, claim)
            super().fail(self._as_held(task, claim), error)

    def _as_held(self, task: Task, claim: Claim) -> Claim:
        return Claim(
            task_id=claim.task_id, payload=claim.payload, worker=claim.worker, token=task.token
        )


class ReleasesForAnybody(MemoryQueue):
    """Releases a task by its id, whoever says so."""

    name = "releases-for-anybody"

    def release(self, claim: Claim) -> None:
        with self._atomically():
            task = _knows(self, claim)
            task.state, task.due = "queued", self._now()


class ExtendsForAnybody(MemoryQueue):
    """Extends a lease by the task's id, whoever says so."""

    name = "extends-for-anybody"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        self._check_seconds("seconds", seconds, 0.001)
        with self._atomically():
            task = _knows(self, claim)
            task.lease_end = max(task.lease_end, self._now()) + seconds
            return claim


class GoesByTheWorkersName(KnowsTheWorker):
    """Takes the worker's name for a fencing token."""

    name = "goes-by-the-workers-name"

    def _new_token(self, task: Task) -> Any:
        return zlib.crc32(self.worker.encode())


class ReleaseKeepsTheToken(MemoryQueue):
    """Gives the next holder of a released task the token of the last."""

    name = "release-keeps-the-token"

    def release(self, claim: Claim) -> None:
        super().release(claim)
        self.store.tasks[claim.task_id].released = True  # type: ignore[attr-defined]  # own field

    def _new_token(self, task: Task) -> int:
        if task.__dict__.pop("released", False) and task.token is not None:
            return task.token
        return super()._new_token(task)


class CancelsNothing(MemoryQueue):
    """Says yes to a cancel, and leaves a task that is due where it is."""

    name = "cancels-nothing"

    def cancel(self, task_id: Any) -> None:
        if self.store.tasks[task_id].due > self._now():
            super().cancel(task_id)


class CancelsTheNeighbour(MemoryQueue):
    """Cancels the next task as well."""

    name = "cancels-the-neighbour"

    def cancel(self, task_id: Any) -> None:
        super().cancel(task_id)
        self.store.tasks.pop(task_id + 1, None)


class KeepsCancelledTimers(MemoryQueue):
    """Leaves the timer of a delayed task running when it is cancelled."""

    name = "keeps-cancelled-timers"

    def cancel(self, task_id: Any) -> None:
        task = self.store.tasks.get(task_id)
        super().cancel(task_id)
        if task is not None and task.due > self._now():
            self.store.tasks[task_id] = task


class LateCancelRevives(MemoryQueue):
    """Puts a completed task back when it is cancelled."""

    name = "late-cancel-revives"

    def cancel(self, task_id: Any) -> None:
        task = self.store.tasks[task_id]
        if task.state == "completed":
            task.state = "queued"
        else:
            super().cancel(task_id)


class LateCancelTakesTheHead(MemoryQueue):
    """Cancels the first waiting task where the one that is meant waits no more."""

    name = "late-cancel-takes-the-head"

    def cancel(self, task_id: Any) -> None:
        task = self.store.tasks.get(task_id)
        waiting = self._waiting()
        if task is not None and task.state != "queued" and waiting:
            del self.store.tasks[waiting[0].number]
            return
        super().cancel(task_id)


class ReleasesByName(KnowsTheWorker):
    """Releases what a worker of that name holds, whatever its token."""

    name = "releases-by-name"

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        task.error = worker
        return super()._lease(task, worker, lease)

    def release(self, claim: Claim) -> None:
        task = self.store.tasks.get(claim.task_id)
        if task is not None and task.state == "leased" and task.error == claim.worker:
            super().release(replace(claim, token=task.token))
        else:
            super().release(claim)


class ReleaseRevives(MemoryQueue):
    """Releases a task in any state."""

    name = "release-revives"

    def release(self, claim: Claim) -> None:
        task = self.store.tasks.get(claim.task_id)
        if task is not None and task.state == "completed":
            task.state = "queued"
        else:
            super().release(claim)


class ExtendRevives(MemoryQueue):
    """Extends the lease of a completed task, which then runs out."""

    name = "extend-revives"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        task = self.store.tasks.get(claim.task_id)
        if task is not None and task.state == "completed":
            task.state = "leased"
        return super().extend(claim, seconds)


class LateFailureCounts(MemoryQueue):
    """Refuses a failure that comes too late, and counts it."""

    name = "late-failure-counts"

    def fail(self, claim: Claim, error: str) -> None:
        task = self.store.tasks.get(claim.task_id)
        if task is not None and task.state == "leased" and task.token != claim.token:
            task.attempts += 1
        super().fail(claim, error)


class GivesIdsAgain(MemoryQueue):
    """Numbers a task by the tasks that there are, and its deliveries from 1."""

    name = "gives-ids-again"

    def _keep(self, task: Task) -> None:
        task.number = max(self.store.tasks, default=0) + 1
        super()._keep(task)

    def _new_token(self, task: Task) -> int:
        return 1 if task.token is None else task.token + 1


class CancelGivesBack(MemoryQueue):
    """Puts a task that is cancelled while it is held back into the queue."""

    name = "cancel-gives-back"

    def cancel(self, task_id: Any) -> None:
        task = self.store.tasks[task_id]
        if task.state == "leased":
            task.state = "queued"
        else:
            super().cancel(task_id)


class FailsForTheNextHolder(MemoryQueue):
    """Accepts a failure from a worker that lost the task; the wait is longer than half a lease."""

    name = "fails-for-the-next-holder"
    retry = Retry(max_attempts=5, first=40, factor=1)

    def fail(self, claim: Claim, error: str) -> None:
        with self._atomically():
            task = self.store.tasks.get(claim.task_id)
            if task is not None and task.state == "leased":
                claim = replace(claim, token=task.token)
            super().fail(claim, error)


MUTANTS = (
    mutant(
        CompletesNothing,
        "ACK-1",
        also=(
            "ENQUEUE-9",
            "ACK-2",
            "ACK-3",
            "ACK-4",
            "ACK-12",
            "ACK-13",
            "ACK-14",
            "RETRY-10",
            "STATS-1",
            "STATS-9",
            "ACK-16",
            "CLAIM-9",
            *WATCHED,
        ),
    ),
    mutant(ForgetsTheLease, "ACK-2", also=("ACK-4", "ACK-16", "STATS", "GROUP", *WATCHED)),
    mutant(SecondCompletionRevives, "ACK-3"),
    mutant(SecondCompletionTakesTheNext, "ACK-3"),
    mutant(CompletesTheOldest, "ACK-4"),
    mutant(CompletesAllOfAWorker, "ACK-4", also=("LEASE-11", "STATS-1", "CLAIM-9", *WATCHED)),
    mutant(RefusesTheLateAndIsDone, "ACK-5"),
    mutant(CompletesForAnybody, "ACK-6", also=("ACK-10", "ACK-11")),
    mutant(FailsForTheNextHolder, "ACK-7", also=("ACK-11", "ACK-15", "ACK")),
    mutant(FailsForAnybody, "ACK-7", also=("ACK-11", "ACK-15", "ACK")),
    mutant(ReleasesForAnybody, "ACK-8", also=("ACK-11", "ACK-15")),
    mutant(ExtendsForAnybody, "ACK-9", also=("ACK-15",)),
    mutant(GivesIdsAgain, "ACK-19"),
    mutant(GoesByTheWorkersName, "ACK-10", also=("ACK-15",)),
    mutant(ReleaseKeepsTheToken, "ACK-11"),
    mutant(CancelsNothing, "ACK-12"),
    mutant(
        CancelsTheNeighbour,
        "ACK-12",
        also=(
            "STATS-5",
            "GROUP-3",
        ),
    ),
    mutant(KeepsCancelledTimers, "ACK-13"),
    mutant(LateCancelRevives, "ACK-14"),
    mutant(LateCancelTakesTheHead, "ACK-14", also=("ACK",)),
    mutant(ReleasesByName, "ACK-15"),
    mutant(ReleaseRevives, "ACK-16"),
    mutant(ExtendRevives, "ACK-16"),
    mutant(LateFailureCounts, "ACK-17"),
    mutant(CancelGivesBack, "ACK-18"),
)
