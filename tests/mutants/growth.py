"""Queues that look at every task, and queues that never become smaller."""

# ruff: noqa: S608 - the SQL is put together from the queue's own pieces only

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_queuekit.adapters.reference import ReferenceQueue
from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import mutant
from tests.queues.small_sqlite import SmallSqliteQueue


class SortsEveryTask(SmallSqliteQueue):
    """Sorts by an expression that its index does not have."""

    name = "sorts-every-task"

    def _turn(self) -> str:
        return "priority + 0, id"


class ReadsTheDoneTasksToo(SmallSqliteQueue):
    """Compares states without regard to case, and so without the index."""

    name = "reads-the-done-tasks-too"

    def _ready(self) -> str:
        return super()._ready().replace("state = 'queued'", "lower(state) = 'queued'")


class SearchesForDoubles(SmallSqliteQueue):
    """Looks at each enqueue for a task with the same payload, and does nothing about it."""

    name = "searches-for-doubles"

    def enqueue(self, payload: str, **options: Any) -> int:
        self._run("SELECT max(id) FROM task WHERE payload = ?", payload)
        return super().enqueue(payload, **options)


class FindsTheTaskByItsToken(SmallSqliteQueue):
    """Completes the task with the token and the id of a claim, and has no index for that."""

    name = "finds-the-task-by-its-token"

    def complete(self, claim: Claim) -> None:
        named = "CAST(id AS TEXT) = CAST(? AS TEXT)"
        held = f"{named} AND lower(state) = 'leased' AND token = ?"
        sql = f"UPDATE task SET state = 'completed' WHERE {held} RETURNING id"
        self._change(sql, claim.task_id, claim.token)


class _ReadsAll(SmallSqliteQueue):
    """Can read every task, for a statement without an index."""

    def _read_all(self, task_id: Any) -> None:
        self._run("SELECT count(*) FROM task WHERE id + 0 = ?", task_id)


class ReadsAllToFail(_ReadsAll):
    """Looks at every task to find one that failed."""

    name = "reads-all-to-fail"

    def fail(self, claim: Claim, error: str) -> None:
        self._read_all(claim.task_id)
        super().fail(claim, error)


class ReadsAllToRelease(_ReadsAll):
    """Looks at every task to find one that is released."""

    name = "reads-all-to-release"

    def release(self, claim: Claim) -> None:
        self._read_all(claim.task_id)
        super().release(claim)


class ReadsAllToExtend(_ReadsAll):
    """Looks at every task to find one whose lease is extended."""

    name = "reads-all-to-extend"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        self._read_all(claim.task_id)
        return super().extend(claim, seconds)


class ReadsAllToCancel(_ReadsAll):
    """Looks at every task to find one that is cancelled."""

    name = "reads-all-to-cancel"

    def cancel(self, task_id: Any) -> None:
        self._read_all(task_id)
        super().cancel(task_id)


class CountsEachAgainstAll(SmallSqliteQueue):
    """Counts, for each task, the tasks of its state."""

    name = "counts-each-against-all"

    def stats(self) -> Mapping[str, int]:
        alike = "(SELECT count(*) FROM task AS other WHERE other.state = task.state)"
        self._run(f"SELECT DISTINCT state, {alike} FROM task")
        return super().stats()


class _Reads(ReferenceQueue):
    """Reads tasks before each claim, to log how many there are."""

    reads = ""

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        with self.db.connection() as connection:
            connection.execute(f"SELECT sum(length(payload)) FROM task_queue WHERE {self.reads}")
        return super().claim(worker, lease=lease, capabilities=capabilities)


class ReadsEachLease(_Reads):
    """Reads every leased task at each claim."""

    name = "reads-each-lease"
    reads = "status = 'leased'"


class ReadsEachDelay(_Reads):
    """Reads every task that is not due at each claim."""

    name = "reads-each-delay"
    reads = "status = 'queued' AND run_after_utc > datetime('now')"


class KeepsWhatIsPurged(SmallSqliteQueue):
    """Marks purged tasks and never deletes them."""

    name = "keeps-what-is-purged"

    def purge(self) -> None:
        with self._atomically():
            self._run("UPDATE task SET state = 'purged' WHERE state = 'completed'")

    def stats(self) -> Mapping[str, int]:
        counts = dict(super().stats())
        counts.pop("purged", None)
        return counts


class _Copies(SmallSqliteQueue):
    """Can copy a task into a table from which nothing is ever deleted."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self._run("CREATE TABLE IF NOT EXISTS copy (payload TEXT)")

    def _copy(self, claim: Claim, state: str) -> None:
        copied = "SELECT payload FROM task WHERE id = ? AND state = ?"
        self._run(f"INSERT INTO copy {copied}", claim.task_id, state)


class KeepsACopyOfReleases(_Copies):
    """Keeps a copy of each task that is released."""

    name = "keeps-a-copy-of-releases"

    def release(self, claim: Claim) -> None:
        super().release(claim)
        self._copy(claim, "queued")


class KeepsACopyOfFailures(_Copies):
    """Keeps a copy of each task that failed and waits for its next attempt."""

    name = "keeps-a-copy-of-failures"

    def fail(self, claim: Claim, error: str) -> None:
        super().fail(claim, error)
        self._copy(claim, "queued")


class KeepsACopyOfTheDead(_Copies):
    """Keeps a copy of each task that is dead, even if the task is requeued."""

    name = "keeps-a-copy-of-the-dead"

    def fail(self, claim: Claim, error: str) -> None:
        super().fail(claim, error)
        self._copy(claim, "dead")


class KeepsEachPayload(SmallSqliteQueue):
    """Remembers the tasks that it has handed out, and never forgets one."""

    name = "keeps-each-payload"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self._seen: list[Claim] = []

    def complete(self, claim: Claim) -> None:
        super().complete(claim)
        self._seen.append(claim)


class RemembersReleases(SmallSqliteQueue):
    """Remembers the tasks that its worker released, and never forgets one."""

    name = "remembers-releases"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self._released: list[Claim] = []

    def release(self, claim: Claim) -> None:
        super().release(claim)
        self._released.append(claim)


class RemembersFailures(SmallSqliteQueue):
    """Remembers the tasks that its worker failed, and never forgets one."""

    name = "remembers-failures"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self._failed: list[Claim] = []

    def fail(self, claim: Claim, error: str) -> None:
        super().fail(claim, error)
        self._failed.append(claim)


MUTANTS = (
    mutant(SortsEveryTask, "GROWTH-1"),
    mutant(ReadsTheDoneTasksToo, "GROWTH-1"),
    mutant(SearchesForDoubles, "GROWTH-2"),
    mutant(FindsTheTaskByItsToken, "GROWTH-3", also=("GROWTH-9",)),
    mutant(CountsEachAgainstAll, "GROWTH-4"),
    mutant(ReadsEachLease, "GROWTH-5"),
    mutant(ReadsEachDelay, "GROWTH-6"),
    mutant(KeepsWhatIsPurged, "GROWTH-7"),
    mutant(KeepsACopyOfReleases, "GROWTH-7"),
    mutant(KeepsACopyOfFailures, "GROWTH-7"),
    mutant(KeepsACopyOfTheDead, "GROWTH-7"),
    mutant(KeepsEachPayload, "GROWTH-8"),
    mutant(RemembersReleases, "GROWTH-8"),
    mutant(RemembersFailures, "GROWTH-8"),
    mutant(ReadsAllToFail, "GROWTH-9"),
    mutant(ReadsAllToRelease, "GROWTH-9"),
    mutant(ReadsAllToExtend, "GROWTH-9"),
    mutant(ReadsAllToCancel, "GROWTH-9"),
)
