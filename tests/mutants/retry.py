"""Queues that try again too soon, too often, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import WATCHED, mutant
from tests.queues.memory import MemoryQueue, Task
from tests.queues.variants import FailsForGood


class DropsFailedTasks(MemoryQueue):
    """Takes a failed task for done."""

    name = "drops-failed-tasks"

    def fail(self, claim: Claim, error: str) -> None:
        super().fail(claim, error)
        task = self.store.tasks[claim.task_id]
        if not self._is_spent(task):
            task.state = "dropped"

    def stats(self) -> dict[str, int]:
        states = [task.state for task in self.store.tasks.values()]
        return {name: states.count(name) for name in ("queued", "leased", "completed", "dead")}


class RetriesAtOnce(MemoryQueue):
    """Waits for nothing after a failure."""

    name = "retries-at-once"

    def _wait(self, failures: int) -> float:
        return 0.0


class WaitsNoLonger(MemoryQueue):
    """Waits as long after each failure as after the first."""

    name = "waits-no-longer"

    def _wait(self, failures: int) -> float:
        return super()._wait(1)


class WaitsTwiceAsLong(MemoryQueue):
    """Is one failure ahead when it computes a wait, from the second on."""

    name = "waits-twice-as-long"

    def _wait(self, failures: int) -> float:
        return super()._wait(failures + (failures > 1))


class TriesOnceMore(MemoryQueue):
    """Gives up after one failure too many."""

    name = "tries-once-more"

    def _is_spent(self, task: Task) -> bool:
        return task.attempts > task.max_attempts


class TriesForEver(MemoryQueue):
    """Never gives up, but where a task sets a limit of its own."""

    name = "tries-for-ever"

    def _is_spent(self, task: Task) -> bool:
        return task.max_attempts != 5 and super()._is_spent(task)


class OneLimitForAll(MemoryQueue):
    """Ignores a task's own number of attempts."""

    name = "one-limit-for-all"

    def _is_spent(self, task: Task) -> bool:
        return task.attempts >= 5


class CountsFailuresTogether(MemoryQueue):
    """Counts the failures of all tasks that are in the queue."""

    name = "counts-failures-together"

    def _is_spent(self, task: Task) -> bool:
        return sum(each.attempts for each in self.store.tasks.values()) >= task.max_attempts


class BuriesInSilence(MemoryQueue):
    """Lists no dead letters."""

    name = "buries-in-silence"

    def dead_letters(self) -> Sequence[Any]:
        return []


class ListsTheLiving(MemoryQueue):
    """Lists every task that is not waiting among the dead letters."""

    name = "lists-the-living"

    def dead_letters(self) -> Sequence[Any]:
        return [self._decode(t.text) for t in self.store.tasks.values() if t.state != "queued"]


class RevivesTheListed(MemoryQueue):
    """Puts dead tasks back into the queue when their list is read."""

    name = "revives-the-listed"

    def dead_letters(self) -> Sequence[Any]:
        listed = super().dead_letters()
        for task in self._in_state("dead"):
            task.state, task.attempts = "queued", 0
        return listed


class FailureStopsTheQueue(MemoryQueue):
    """Hands out nothing while a failed task waits for its next attempt."""

    name = "failure-stops-the-queue"

    def _waiting(self) -> list[Task]:
        waiting = super()._waiting()
        failed = [task for task in waiting if task.error and not self._is_due(task)]
        return failed or waiting


class RetriesWhatIsDone(MemoryQueue):
    """Plans a retry when a task fails, and does not call it off."""

    name = "retries-what-is-done"

    def complete(self, claim: Claim) -> None:
        super().complete(claim)
        task = self.store.tasks[claim.task_id]
        if task.error is not None:
            task.error, task.state = None, "queued"
            task.due = self._now() + self._wait(task.attempts + 1)


class VanishingIsNoAttempt(MemoryQueue):
    """Counts no attempt when a worker vanishes."""

    name = "vanishing-is-no-attempt"

    def _return_expired(self) -> int:
        expired = [task for task in self._in_state("leased") if self._is_expired(task)]
        for task in expired:
            task.state = "queued"
        return len(expired)


class WaitsWithoutACap(MemoryQueue):
    """Lets the waits grow beyond the longest."""

    name = "waits-without-a-cap"

    def _wait(self, failures: int) -> float:
        return 2.0 ** (failures - 1)


class ReleaseForgetsFailures(MemoryQueue):
    """Counts failures from zero after a release."""

    name = "release-forgets-failures"

    def release(self, claim: Claim) -> None:
        super().release(claim)
        self.store.tasks[claim.task_id].attempts = 0


class PastesErrorsIntoSql(MemoryQueue):
    """Cannot take an error with a quote in it."""

    name = "pastes-errors-into-sql"

    def fail(self, claim: Claim, error: str) -> None:
        if "'" in error:
            raise SyntaxError("near 's': syntax error")
        super().fail(claim, error)


class DeathLeavesNoLetter(MemoryQueue):
    """Lists a dead task only if a worker reported its failure."""

    name = "death-leaves-no-letter"

    def dead_letters(self) -> Sequence[Any]:
        return [self._decode(t.text) for t in self._in_state("dead") if t.error is not None]


class DeathDropsTheTask(MemoryQueue):
    """Drops a task with a single attempt when its worker vanishes."""

    name = "death-drops-the-task"

    def _count_attempt(self, task: Task) -> None:
        super()._count_attempt(task)
        if task.state == "dead" and task.max_attempts == 1 and task.error is None:
            del self.store.tasks[task.number]


class OnlyAttemptIsRepeated(MemoryQueue):
    """Hands out a task with a single attempt again when its worker vanishes."""

    name = "only-attempt-is-repeated"

    def _return_expired(self) -> int:
        single = [task for task in self._in_state("leased") if task.max_attempts == 1]
        for task in single:
            if self._is_expired(task):
                task.state = "queued"
        return super()._return_expired()


class RetriesFinalFailures(FailsForGood):
    """Tries a task again that failed for good."""

    name = "retries-final-failures"

    def _bury(self, task: Task) -> None:
        pass


class ForgetsFinalFailures(FailsForGood):
    """Deletes a task that failed for good, so that no dead letter is left."""

    name = "forgets-final-failures"

    def _bury(self, task: Task) -> None:
        del self.store.tasks[task.number]


MUTANTS = (
    mutant(
        DropsFailedTasks,
        "RETRY-1",
        also=(
            "RETRY-3",
            "RETRY-5",
            "RETRY-6",
            "KEY-4",
            "STATS-7",
            "ACK-17",
            "RETRY-12",
            "RETRY-13",
            "ORDER-12",
            *WATCHED,
        ),
    ),
    mutant(RetriesAtOnce, "RETRY-2", also=("RETRY-3", "RETRY-5", "RETRY-6", "STATS-7", "RETRY-13")),
    mutant(WaitsNoLonger, "RETRY-3"),
    mutant(WaitsTwiceAsLong, "RETRY-3", also=("RETRY-5", "RETRY-6", "ACK-17")),
    mutant(
        TriesOnceMore,
        "RETRY-4",
        also=(
            "RETRY-5",
            "RETRY-7",
            "RETRY-15",
            "RETRY-16",
            "RETRY-17",
            "RETRY-19",
            "STATS-4",
            "STATS-7",
        ),
    ),
    mutant(TriesForEver, "RETRY-4", also=("RETRY-7", "RETRY-11", "RETRY-12")),
    mutant(
        OneLimitForAll,
        "RETRY-5",
        also=(
            "RETRY-3",
            "RETRY-15",
            "RETRY-16",
            "RETRY-17",
            "RETRY-19",
            "STATS-4",
            "STATS-7",
        ),
    ),
    mutant(
        CountsFailuresTogether,
        "RETRY-6",
        also=(
            "LEASE-10",
            "RETRY-5",
            "RETRY-13",
            "GROUP-2",
            "LEASE",
        ),
    ),
    mutant(BuriesInSilence, "RETRY-7", also=("RETRY-14", "STATS-7")),
    mutant(ListsTheLiving, "RETRY-7"),
    mutant(RevivesTheListed, "RETRY-8", also=("STATS-7", *WATCHED)),
    mutant(FailureStopsTheQueue, "RETRY-9", also=("GROUP-2",)),
    mutant(RetriesWhatIsDone, "RETRY-10", also=WATCHED),
    mutant(VanishingIsNoAttempt, "RETRY-11", also=("RETRY-15",)),
    mutant(DeathLeavesNoLetter, "RETRY-14"),
    mutant(DeathDropsTheTask, "RETRY-14", also=("STATS-12", *WATCHED)),
    mutant(OnlyAttemptIsRepeated, "RETRY-15"),
    mutant(WaitsWithoutACap, "RETRY-3"),
    mutant(ReleaseForgetsFailures, "RETRY-12"),
    mutant(PastesErrorsIntoSql, "RETRY-13"),
    mutant(RetriesFinalFailures, "RETRY-20", also=WATCHED),
    mutant(ForgetsFinalFailures, "RETRY-20", also=WATCHED),
)
