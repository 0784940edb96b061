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


class KeepsEachPayload(SmallSqliteQueue):
    """Remembers the tasks that it has handed out, and never forgets one."""

    name = "keeps-each-payload"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self._seen: list[Claim] = []

    def complete(self, claim: Claim) -> None:
        super().complete(claim)
        self._seen.append(claim)


MUTANTS = (
    mutant(SortsEveryTask, "GROWTH-1"),
    mutant(ReadsTheDoneTasksToo, "GROWTH-1"),
    mutant(SearchesForDoubles, "GROWTH-2"),
    mutant(FindsTheTaskByItsToken, "GROWTH-3"),
    mutant(CountsEachAgainstAll, "GROWTH-4"),
    mutant(ReadsEachLease, "GROWTH-5"),
    mutant(ReadsEachDelay, "GROWTH-6"),
    mutant(KeepsWhatIsPurged, "GROWTH-7"),
    mutant(KeepsEachPayload, "GROWTH-8"),
)
