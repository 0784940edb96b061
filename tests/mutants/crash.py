"""Queues that lose the tasks of dead workers, or give away those of living ones."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Liveness, Retry
from tests.mutants.mutant import mutant
from tests.queues.small_sqlite import NOW, SmallSqliteQueue
from tests.queues.watched import BeatsByItself, Listens, WatchesProcesses


class NoticesNoDeath(SmallSqliteQueue):
    """Promises at-least-once by default, and leaves a task with its dead worker."""

    name = "notices-no-death"
    liveness = Liveness.NONE
    extend = QueueAdapter.extend

    def _expired(self) -> str:
        return "0"


class WaitsForALastWord(Listens):
    """Takes a task back from a silent worker only once that has closed its instance."""

    name = "waits-for-a-last-word"

    def _expired(self) -> str:
        return f"{super()._expired()} AND error = 'closed'"


class TrustsTheProcessId(WatchesProcesses):
    """Takes a process for alive while its id is in use, as it is until its parent reaps it."""

    name = "trusts-the-process-id"

    def _identity(self, pid: int) -> str:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return ""
        return f"{pid} -"


class LooksWhenItOpens(WatchesProcesses):
    """Looks for dead workers when it is opened, and not while it runs."""

    name = "looks-when-it-opens"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        with self._atomically():
            super()._return_expired()

    def _return_expired(self) -> None:
        """Leave the dead to the next opening."""


class RecoversTasksWithoutKeys(Listens):
    """Puts the tasks of a dead worker back, except those with a key."""

    name = "recovers-tasks-without-keys"

    def _expired(self) -> str:
        return f"{super()._expired()} AND id NOT IN (SELECT task FROM key)"  # noqa: S608 - no user's text


class RecoversOneTask(WatchesProcesses):
    """Puts one task of a dead worker back, and forgets the worker with it."""

    name = "recovers-one-task"

    def _expired(self) -> str:
        one = "(SELECT min(id) FROM task WHERE state = 'leased')"
        served = "EXISTS (SELECT 1 FROM task AS other WHERE other.error = task.holder)"
        return f"{super()._expired()} AND id = {one} AND NOT {served}"

    def _count_attempt(self) -> str:
        return f"{super()._count_attempt()}, error = holder"


class RecoversWhatWasNeverReleased(Listens):
    """Puts a dead worker's task back, unless a worker released the task before."""

    name = "recovers-what-was-never-released"

    def release(self, claim: Claim) -> None:
        self._acknowledge(claim, f"state = 'queued', due = {NOW}, error = 'released'")

    def _expired(self) -> str:
        return f"{super()._expired()} AND error IS NOT 'released'"


class CompletesForTheWoken(Listens):
    """Completes a task for a worker that wakes up, although another has it now."""

    name = "completes-for-the-woken"

    def _held(self) -> str:
        return "state = 'leased' AND token >= ? - 1000"

    def complete(self, claim: Claim) -> None:
        self._change(
            "UPDATE task SET state = 'completed' WHERE id = ? AND state = 'leased' RETURNING id",
            claim.task_id,
        )


class BeatsForTheWoken(BeatsByItself):
    """Lets the heart of a woken worker take its task back from the new holder."""

    name = "beats-for-the-woken"

    def _held(self) -> str:
        return "state IN ('leased', 'queued') AND ? > 0"


class TakesTheStoppedForDead(WatchesProcesses):
    """Takes a stopped process for a dead one, and completes by the id of the task."""

    name = "takes-the-stopped-for-dead"

    def _identity(self, pid: int) -> str:
        identity = super()._identity(pid)
        stat = Path(f"/proc/{pid}/stat")
        return "" if not identity or ") T " in stat.read_text(encoding="utf-8") else identity


class HearsHalf(Listens):
    """Lets a beat count for half of its time."""

    name = "hears-half"
    notice_seconds = 3.0

    def extend(self, claim: Claim, seconds: float) -> Claim:
        return super().extend(claim, 0.3 * seconds)


class HearsTheFirstBeat(Listens):
    """Hears the first beat of a task and no further one."""

    name = "hears-the-first-beat"
    notice_seconds = 3.0

    def extend(self, claim: Claim, seconds: float) -> Claim:
        self._acknowledge(
            claim, f"lease_end = iif(error IS NULL, {NOW} + ?, lease_end), error = 'heard'", seconds
        )
        return claim


class FeedsEveryWorker(WatchesProcesses):
    """Counts failures and no deaths, and so gives a deadly task to worker after worker."""

    name = "feeds-every-worker"

    def _return_expired(self) -> None:
        self._run(
            f"UPDATE task SET state = 'queued' WHERE state = 'leased' AND {self._expired()}"  # noqa: S608 - no user's text
        )


class DiesWithItsOnlyTask(WatchesProcesses):
    """Puts a dead worker's task back, and leaves it where no attempt is left."""

    name = "dies-with-its-only-task"

    def _expired(self) -> str:
        return f"{super()._expired()} AND attempts + 1 < max_attempts"


class AbandonsItsOnlyAttempt(SmallSqliteQueue):
    """Gives a task one attempt, and does not notice the death of the worker that has it."""

    name = "abandons-its-only-attempt"
    liveness = Liveness.NONE
    retry = Retry(max_attempts=1)
    extend = QueueAdapter.extend

    def enqueue(  # type: ignore[override]  # declares fewer options
        self, payload: str, *, key: str | None = None, priority: int = 100
    ) -> int:
        return super().enqueue(payload, key=key, priority=priority, max_attempts=1)

    def _expired(self) -> str:
        return "0"


class LateBeatKeepsTheTask(Listens):
    """Takes the beat of a worker for that of any other worker that has the task by now."""

    name = "late-beat-keeps-the-task"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        self._check(seconds=seconds)
        self._change(
            f"UPDATE task SET lease_end = {NOW} + ? "  # noqa: S608 - no user's text
            "WHERE id = ? AND state = 'leased' RETURNING id",
            *(seconds, claim.task_id),
        )
        return claim


MUTANTS = (
    mutant(NoticesNoDeath, "CRASH-1"),
    mutant(AbandonsItsOnlyAttempt, "CRASH-1"),
    mutant(WaitsForALastWord, "CRASH-1", also=("CRASH-2", "DURABLE")),
    mutant(RecoversTasksWithoutKeys, "CRASH-1", also=("CRASH-2",)),
    mutant(RecoversOneTask, "CRASH-1", also=("CRASH-2",)),
    mutant(RecoversWhatWasNeverReleased, "CRASH-1", also=("CRASH-2",)),
    mutant(TrustsTheProcessId, "CRASH-2"),
    mutant(LooksWhenItOpens, "CRASH-2"),
    mutant(CompletesForTheWoken, "CRASH-3", also=("RACE",)),
    mutant(BeatsForTheWoken, "CRASH-3", also=("RACE", "KEY", "DURABLE")),
    mutant(LateBeatKeepsTheTask, "CRASH-3"),
    mutant(TakesTheStoppedForDead, "CRASH-3"),
    mutant(HearsHalf, "CRASH-4"),
    mutant(HearsTheFirstBeat, "CRASH-4"),
    mutant(FeedsEveryWorker, "CRASH-5"),
    mutant(DiesWithItsOnlyTask, "CRASH-6"),
)
