"""Queues that are right for one process and wrong for several, or for one that is killed."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from queue import SimpleQueue
from typing import Any

from pytest_queuekit.model.adapter import Claim
from pytest_queuekit.model.capabilities import Retry
from tests.mutants.mutant import mutant
from tests.queues.small_sqlite import NOW, BusyError, SmallSqliteQueue

_GAP = 0.001
"""Seconds between two steps that belong together, so that another process comes between."""


class Impatient(SmallSqliteQueue):
    """Can be set not to wait for a lock. Not yet a mutant."""

    patient = True

    def _run(self, sql: str, *values: Any) -> list[Any]:
        if self.patient:
            return super()._run(sql, *values)
        try:
            return self.connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise BusyError(str(error)) from error
            raise


class SelectsThenUpdates(SmallSqliteQueue):
    """Chooses a task and takes it in two transactions."""

    name = "selects-then-updates"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        rows = self._run("SELECT id FROM task WHERE state = 'queued' ORDER BY priority, id LIMIT 1")
        if not rows:
            return None
        time.sleep(_GAP)
        taken = self._run(
            f"UPDATE task SET state = 'leased', token = token + 1, lease_end = {NOW} + ? "  # noqa: S608 - no user's text
            "WHERE id = ? RETURNING id, payload, token",
            *(lease, rows[0][0]),
        )
        return Claim(task_id=taken[0][0], payload=taken[0][1], worker=worker, token=taken[0][2])


class DropsWhenLocked(Impatient):
    """Says yes to an enqueue that met a lock, and forgets it."""

    name = "drops-when-locked"

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
        self.patient = key is not None
        try:
            return super().enqueue(
                payload,
                priority=priority,
                delay=delay,
                key=key,
                group=group,
                capabilities=capabilities,
                max_attempts=max_attempts,
            )
        except BusyError:
            return 0
        finally:
            self.patient = True

    def _return_expired(self) -> None:
        super()._return_expired()
        time.sleep(_GAP)


class NumbersAhead(SmallSqliteQueue):
    """Lets each instance take ten numbers at once."""

    name = "numbers-ahead"
    numbers: tuple[int, ...] = ()

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
        task = super().enqueue(
            payload,
            priority=priority,
            delay=delay,
            key=key,
            group=group,
            capabilities=capabilities,
            max_attempts=max_attempts,
        )
        if not self.numbers:
            self.numbers = tuple(range(1000 * task, 1000 * task + 10))
        number, *rest = self.numbers
        self.numbers = tuple(rest)
        self._run("UPDATE task SET error = ? WHERE id = ?", f"{number:012}", task)
        return task

    def _turn(self) -> str:
        return "priority, error, id"


class TakesWhatIsInSight(SmallSqliteQueue):
    """Takes any of the ten best tasks, so that claimers meet less often."""

    name = "takes-what-is-in-sight"

    def _turn(self) -> str:
        return "priority / 50, (id * 7) % 10, id"


class TakesTheSecond(SmallSqliteQueue):
    """Leaves the first task alone while there is a second, so that claimers meet less often."""

    name = "takes-the-second"

    def _turn(self) -> str:
        first = "(SELECT min(id) FROM task WHERE state = 'queued')"
        return f"priority, id = {first}, id"


class LockedIsEmpty(Impatient):
    """Says 'empty' when it cannot have the lock."""

    name = "locked-is-empty"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        self.patient = False
        try:
            return super().claim(worker, lease=lease, capabilities=capabilities)
        except BusyError:
            return None
        finally:
            self.patient = True


class CreatesWithoutALock(SmallSqliteQueue):
    """Looks whether there is a table, and makes it if there is none."""

    name = "creates-without-a-lock"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        if not self._run("SELECT 1 FROM sqlite_master WHERE name = 'marker'"):
            time.sleep(300 * _GAP)
            self._run("CREATE TABLE marker (made INTEGER)")


class SevenAtATime(SmallSqliteQueue):
    """Lets seven instances in."""

    name = "seven-at-a-time"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self._run("CREATE TABLE IF NOT EXISTS guest (id INTEGER PRIMARY KEY)")
        seated = self._run(
            "INSERT INTO guest SELECT NULL WHERE (SELECT count(*) FROM guest) < 7 RETURNING id"
        )
        if not seated:
            raise OSError("too many connections")
        self.guest = seated[0][0]

    def close(self) -> None:
        self._run("DELETE FROM guest WHERE id = ?", self.guest)
        super().close()


class ReleasesAll(SmallSqliteQueue):
    """Puts all held tasks back when one is released."""

    name = "releases-all"

    def release(self, claim: Claim) -> None:
        super().release(claim)
        self._run("UPDATE task SET state = 'queued' WHERE state = 'leased'")


class CompletesForAnyProcess(SmallSqliteQueue):
    """Completes a task by its id, whoever says so."""

    name = "completes-for-any-process"

    def _held(self) -> str:
        return "state = 'leased' AND token >= ? - 1000"


class CompletesForAnyProcessAtOnce(CompletesForAnyProcess):
    """Completes a task by its id, whoever says so, and declares no wait between attempts."""

    name = "completes-for-any-process-at-once"
    retry = Retry(max_attempts=5)


class HasNoPatience(Impatient):
    """Says 'busy' as soon as another holds the lock."""

    name = "has-no-patience"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.patient = False


class ServesSomeLate(SmallSqliteQueue):
    """Lets every second worker wait for a second before each claim."""

    name = "serves-some-late"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        if worker in ("claimer-1", "claimer-3"):
            time.sleep(1)
        return super().claim(worker, lease=lease, capabilities=capabilities)


class AsksBeforeItAdds(SmallSqliteQueue):
    """Looks for a key in one transaction, and adds its task in the next."""

    name = "asks-before-it-adds"

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
        held = self._run("SELECT task FROM key WHERE name = ?", key)
        if held:
            return int(held[0][0])
        task = super().enqueue(
            payload,
            priority=priority,
            delay=delay,
            group=group,
            capabilities=capabilities,
            max_attempts=max_attempts,
        )
        if key is not None:
            self._run("INSERT OR IGNORE INTO key VALUES (?, ?)", key, task)
        return task


class AnswersBeforeItWrites(SmallSqliteQueue):
    """Says yes to an enqueue, and leaves the writing to a thread that comes round later."""

    name = "answers-before-it-writes"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.waiting: SimpleQueue[Any] = SimpleQueue()
        self.writer = threading.Thread(target=self._write, daemon=True)
        self.writer.start()

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
        write = super().enqueue
        self.waiting.put(lambda: write(payload, priority=priority, key=key))
        return 0

    def close(self) -> None:
        self.waiting.put(None)
        self.writer.join()
        super().close()

    def _write(self) -> None:
        while (task := self.waiting.get()) is not None:
            time.sleep(_GAP)
            task()


class LosesTheKilled(SmallSqliteQueue):
    """Takes a task back only from a worker that is still there to say so."""

    name = "loses-the-killed"

    def _expired(self) -> str:
        return "0"


class ClaimsInTwoSteps(SmallSqliteQueue):
    """Marks a task as taken, and notes its lease in a second transaction."""

    name = "claims-in-two-steps"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        claim = super().claim(worker, lease=10**8, capabilities=capabilities)
        if claim is not None:
            time.sleep(15 * _GAP)
            self._run(
                f"UPDATE task SET lease_end = {NOW} + ? WHERE id = ?",  # noqa: S608 - no user's text
                *(lease, claim.task_id),
            )
        return claim


class CommitsWithinABatch(SmallSqliteQueue):
    """Adds each task of a batch in a transaction of its own."""

    name = "commits-within-a-batch"

    def enqueue_many(self, payloads: Sequence[Any]) -> list[int]:
        return [self.enqueue(payload) for payload in payloads]


MUTANTS = (
    mutant(SelectsThenUpdates, "RACE-2", also=("RACE",)),
    mutant(DropsWhenLocked, "RACE-4", also=("RACE", "DURABLE")),
    mutant(NumbersAhead, "RACE-5"),
    mutant(TakesWhatIsInSight, "RACE-6", also=("RACE",)),
    mutant(TakesTheSecond, "RACE-14", also=("RACE",)),
    mutant(LockedIsEmpty, "RACE-7"),
    mutant(SevenAtATime, "RACE-8"),
    mutant(CreatesWithoutALock, "RACE-8", also=("KEY", "RACE", "DURABLE")),
    mutant(ReleasesAll, "RACE-10"),
    mutant(CompletesForAnyProcess, "RACE-11"),
    mutant(CompletesForAnyProcessAtOnce, "RACE-11"),
    mutant(HasNoPatience, "RACE-12"),
    mutant(ServesSomeLate, "RACE-13"),
    mutant(AsksBeforeItAdds, "KEY-9"),
    mutant(CommitsWithinABatch, "DURABLE-8"),
    mutant(AnswersBeforeItWrites, "DURABLE-8", also=("KEY", "RACE")),
    mutant(LosesTheKilled, "DURABLE-9", also=("DURABLE-10",)),
    mutant(ClaimsInTwoSteps, "DURABLE-10"),
)
