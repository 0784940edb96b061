"""Queues that miscount, or that harm what is alive when they clean up."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.delayed import RemembersDelays
from tests.mutants.mutant import WATCHED, mutant
from tests.queues.memory import MemoryQueue, RefusedError, Task
from tests.queues.variants import CountsReady


class CountsHeldAsWaiting(MemoryQueue):
    """Counts held tasks among the waiting ones."""

    name = "counts-held-as-waiting"

    def stats(self) -> Mapping[str, int]:
        counts = dict(super().stats())
        counts["queued"] += counts["leased"]
        return counts


class ForgetsWhatIsDone(MemoryQueue):
    """Counts no completed tasks."""

    name = "forgets-what-is-done"

    def stats(self) -> Mapping[str, int]:
        return {**super().stats(), "completed": 0}


class CountsUpOnly(MemoryQueue):
    """Keeps a counter of held tasks that a release does not lower."""

    name = "counts-up-only"
    released = 0

    def release(self, claim: Claim) -> None:
        super().release(claim)
        self.released += 1

    def stats(self) -> Mapping[str, int]:
        counts = super().stats()
        return {**counts, "leased": counts["leased"] + self.released}


class CountsOnlyWhatIsDue(MemoryQueue):
    """Does not count tasks that wait for an hour or more."""

    name = "counts-only-what-is-due"

    def stats(self) -> Mapping[str, int]:
        later = [task for task in self._waiting() if task.due > self._now() + 60]
        counts = super().stats()
        return {**counts, "queued": counts["queued"] - len(later)}


class CountsTheFailedAsDead(MemoryQueue):
    """Counts every task that ever failed as dead."""

    name = "counts-the-failed-as-dead"

    def stats(self) -> Mapping[str, int]:
        failed = [task for task in self._waiting() if task.error]
        counts = super().stats()
        return {
            **counts,
            "queued": counts["queued"] - len(failed),
            "dead": counts["dead"] + len(failed),
        }


class CountsTheDeadAsWaiting(MemoryQueue):
    """Counts dead tasks among the waiting ones."""

    name = "counts-the-dead-as-waiting"

    def stats(self) -> Mapping[str, int]:
        counts = super().stats()
        return {**counts, "queued": counts["queued"] + counts["dead"], "dead": 0}


class CountsTheCancelled(MemoryQueue):
    """Goes on counting tasks that were cancelled."""

    name = "counts-the-cancelled"
    cancelled = 0

    def cancel(self, task_id: Any) -> None:
        super().cancel(task_id)
        self.cancelled += 1

    def stats(self) -> Mapping[str, int]:
        counts = super().stats()
        return {**counts, "queued": counts["queued"] + self.cancelled}


class PurgesTheHeld(MemoryQueue):
    """Purges whatever is not waiting."""

    name = "purges-the-held"

    def _is_purged(self, task: Task) -> bool:
        return task.state != "queued"


class PurgesTheWaiting(MemoryQueue):
    """Purges all tasks that are due and that no worker holds."""

    name = "purges-the-waiting"

    def _is_purged(self, task: Task) -> bool:
        return task.state == "completed" or (task.state == "queued" and self._is_due(task))


class PurgesTheFailed(MemoryQueue):
    """Purges tasks that have an error."""

    name = "purges-the-failed"

    def _is_purged(self, task: Task) -> bool:
        return super()._is_purged(task) or task.error is not None


class PurgesTheDelayed(MemoryQueue):
    """Purges tasks that are not to be run now."""

    name = "purges-the-delayed"

    def _is_purged(self, task: Task) -> bool:
        return super()._is_purged(task) or (not self._is_due(task) and task.error is None)


class PurgesNothing(MemoryQueue):
    """Says yes to a purge, and deletes nothing."""

    name = "purges-nothing"

    def _is_purged(self, task: Task) -> bool:
        return False


class CopiesNothing(MemoryQueue):
    """Writes a copy without tasks."""

    name = "copies-nothing"

    def backup(self, location: str) -> None:
        self._open(location)


class CopiesAllAsWaiting(MemoryQueue):
    """Writes a copy in which all tasks wait again."""

    name = "copies-all-as-waiting"

    def backup(self, location: str) -> None:
        super().backup(location)
        for task in self._open(location).tasks.values():
            task.state = "queued"


class CopiesNoKeys(MemoryQueue):
    """Writes a copy in which no task has its key."""

    name = "copies-no-keys"

    def backup(self, location: str) -> None:
        super().backup(location)
        for task in self._open(location).tasks.values():
            task.key = None


class CopyRevivesKeys(MemoryQueue):
    """Writes a copy in which the keys of completed tasks are in use again."""

    name = "copy-revives-keys"

    def backup(self, location: str) -> None:
        super().backup(location)
        for task in self._open(location).tasks.values():
            task.key_until = -1.0

    def _holds_key(self, task: Task) -> bool:
        return super()._holds_key(task) or task.key_until < 0


class CopiesStateByState(MemoryQueue):
    """Copies one state after the other, so that a task that moves meanwhile may be missing."""

    name = "copies-state-by-state"

    def backup(self, location: str) -> None:
        tasks: dict[Any, Task] = {}
        for state in ("leased", "dead", "completed", "queued"):
            tasks |= self._copies(state)
        super().backup(location)
        self._open(location).tasks = tasks

    def _copies(self, state: str) -> dict[Any, Task]:
        with self._atomically():
            return {task.number: copy(task) for task in self._in_state(state)}


class RefusesToCopy(MemoryQueue):
    """Cannot be copied while it is in use."""

    name = "refuses-to-copy"

    def backup(self, location: str) -> None:
        raise RefusedError("in use")


class CountsTheVanished(MemoryQueue):
    """Keeps a counter of held tasks that a lease that expired does not lower."""

    name = "counts-the-vanished"
    vanished = 0

    def _return_expired(self) -> int:
        expired = super()._return_expired()
        self.vanished += expired
        return expired

    def stats(self) -> Mapping[str, int]:
        counts = super().stats()
        return {**counts, "leased": counts["leased"] + self.vanished}


class CountsCalls(MemoryQueue):
    """Counts a batch as one task."""

    name = "counts-calls"
    missed = 0

    def enqueue_many(self, payloads: Sequence[Any], **options: Any) -> list[int]:
        self.missed += len(payloads) - 1
        return super().enqueue_many(payloads)

    def stats(self) -> Mapping[str, int]:
        counts = super().stats()
        return {**counts, "queued": counts["queued"] - self.missed}


class PurgesTheDead(MemoryQueue):
    """Purges whatever is over."""

    name = "purges-the-dead"

    def _is_purged(self, task: Task) -> bool:
        return task.state in ("completed", "dead")


class CopyReusesNumbers(MemoryQueue):
    """Writes a copy that gives out the numbers of its tasks again."""

    name = "copy-reuses-numbers"

    def backup(self, location: str) -> None:
        super().backup(location)
        self._open(location).numbers = itertools.count(1)


class CountsTheDeadOfDeathsAsHeld(MemoryQueue):
    """Counts a dead task as held if its worker reported no failure."""

    name = "counts-the-dead-of-deaths-as-held"

    def stats(self) -> Mapping[str, int]:
        counts = super().stats()
        silent = sum(task.error is None for task in self._in_state("dead"))
        return {**counts, "dead": counts["dead"] - silent, "leased": counts["leased"] + silent}


class CountsTheDueAsWaiting(RemembersDelays, CountsReady):
    """Counts a task that had a delay as waiting when it is due."""

    name = "counts-the-due-as-waiting"

    def _counts_as_ready(self, task: Task) -> bool:
        return task.number not in self.delayed and super()._counts_as_ready(task)


class CountsTheDelayedAsReady(CountsReady):
    """Counts every queued task as ready that never failed."""

    name = "counts-the-delayed-as-ready"

    def _counts_as_ready(self, task: Task) -> bool:
        return task.error is None or super()._counts_as_ready(task)


class CountsRetriesAsReady(CountsReady):
    """Counts a task that waits for its retry as ready."""

    name = "counts-retries-as-ready"

    def _counts_as_ready(self, task: Task) -> bool:
        return task.error is not None or super()._counts_as_ready(task)


MUTANTS = (
    mutant(
        CountsHeldAsWaiting,
        "STATS-1",
        also=("STATS-2", "STATS-8", "STATS-10", "STATS-11", *WATCHED),
    ),
    mutant(ForgetsWhatIsDone, "STATS-1", also=("STATS-3", "STATS-5", "STATS-8", *WATCHED)),
    mutant(CountsUpOnly, "STATS-2", also=WATCHED),
    mutant(CountsOnlyWhatIsDue, "STATS-3", also=WATCHED),
    mutant(CountsTheFailedAsDead, "STATS-4", also=WATCHED),
    mutant(CountsTheDeadAsWaiting, "STATS-4", also=("STATS-12", *WATCHED)),
    mutant(CountsTheCancelled, "STATS-5", also=("ACK",)),
    mutant(PurgesTheHeld, "STATS-6", also=("STATS-8", "STATS-7")),
    mutant(PurgesTheWaiting, "STATS-6", also=("STATS-8",)),
    mutant(PurgesTheFailed, "STATS-7"),
    mutant(PurgesTheDelayed, "STATS-7"),
    mutant(PurgesNothing, "STATS-8"),
    mutant(CopiesNothing, "STATS-9", also=("STATS-14",)),
    mutant(CopiesAllAsWaiting, "STATS-9", also=("STATS-14",)),
    mutant(CopiesStateByState, "STATS-13"),
    mutant(RefusesToCopy, "STATS-9"),
    mutant(CopiesNoKeys, "STATS-14"),
    mutant(CopyRevivesKeys, "STATS-14"),
    mutant(CountsTheVanished, "STATS-10", also=("STATS-12", *WATCHED)),
    mutant(CountsTheDeadOfDeathsAsHeld, "STATS-12", also=WATCHED),
    mutant(CountsCalls, "STATS-11"),
    mutant(CountsTheDueAsWaiting, "STATS-3", also=WATCHED),
    mutant(CountsTheDelayedAsReady, "STATS-3", also=WATCHED),
    mutant(CountsRetriesAsReady, "STATS-4", also=WATCHED),
    mutant(PurgesTheDead, "STATS-7"),
    mutant(CopyReusesNumbers, "STATS-9"),
)
