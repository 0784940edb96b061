"""Queues with a call in two steps, which is wrong only if another call comes between them."""

# ruff: noqa: S608 - the SQL is put together from this file's own pieces only

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import mutant
from tests.queues import memory
from tests.queues.memory import MemoryQueue, Task
from tests.queues.small_sqlite import NOW, RefusedError, SmallSqliteQueue


class CancelsAfterALook(SmallSqliteQueue):
    """Looks whether a task waits, then deletes it, whoever has claimed it meanwhile."""

    name = "cancels-after-a-look"

    def cancel(self, task_id: Any) -> None:
        if self._run("SELECT state FROM task WHERE id = ?", task_id) != [("queued",)]:
            raise RefusedError(f"task_id={task_id!r} does not wait")
        self._run("DELETE FROM task WHERE id = ?", task_id)


class ClaimsWhatWasCancelled(SmallSqliteQueue):
    """Chooses a task, then takes it unless another worker has it: a cancelled one too."""

    name = "claims-what-was-cancelled"

    def cancel(self, task_id: Any) -> None:
        cancelled = "UPDATE task SET state = 'cancelled' WHERE id = ? AND state = 'queued'"
        self._change(f"{cancelled} RETURNING id", task_id)

    def stats(self) -> Mapping[str, int]:
        return {state: n for state, n in super().stats().items() if state != "cancelled"}

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        self._check(lease=lease, more_than_nothing=lease - 0.001)
        with self._atomically():
            self._return_expired()
        head = f"SELECT id FROM task WHERE {self._ready()} ORDER BY {self._turn()} LIMIT 1"
        taken = f"state = 'leased', token = token + 1, lease_end = {NOW} + ?"
        for (chosen,) in self._run(head, json.dumps(capabilities or {})):
            for number, payload, token in self._run(
                f"UPDATE task SET {taken} WHERE id = ? AND state IN ('queued', 'cancelled') "
                "RETURNING id, payload, token",
                *(lease, chosen),
            ):
                return Claim(task_id=number, payload=payload, worker=worker, token=token)
        return None


class EnqueuesInTwoCommits(SmallSqliteQueue):
    """Adds a task, then its payload."""

    name = "enqueues-in-two-commits"

    def _run(self, sql: str, *values: Any) -> list[Any]:
        if not sql.startswith("INSERT INTO task"):
            return super()._run(sql.replace("INSERT INTO key", "REPLACE INTO key"), *values)
        rows = super()._run(sql, "", *values[1:])
        super()._run("COMMIT")
        super()._run("BEGIN IMMEDIATE")
        super()._run("UPDATE task SET payload = ? WHERE id = ?", values[0], rows[0][0])
        return rows


class WritesTheKeyLater(SmallSqliteQueue):
    """Adds a task, then its key in a transaction of its own."""

    name = "writes-the-key-later"

    def _run(self, sql: str, *values: Any) -> list[Any]:
        if sql.startswith("INSERT INTO key"):
            super()._run("COMMIT")
            super()._run("BEGIN IMMEDIATE")
            return super()._run(sql.replace("INSERT", "INSERT OR IGNORE"), *values)
        return super()._run(sql, *values)


class PurgesAllButWhatItSaw(SmallSqliteQueue):
    """Reads which tasks live, then deletes all others: those that came meanwhile too."""

    name = "purges-all-but-what-it-saw"

    def purge(self) -> None:
        rows = self._run("SELECT id FROM task WHERE state != 'completed'")
        alive = ", ".join(str(number) for (number,) in rows)
        self._run(f"DELETE FROM task WHERE id NOT IN ({alive})")


class PurgesByTheStatesItSaw(MemoryQueue):
    """Reads the states of all tasks, and writes back those that stay."""

    name = "purges-by-the-states-it-saw"

    def purge(self) -> int:
        with self.store.lock:
            states = {task.number: task.state for task in self.store.tasks.values()}
        gone = [number for number, state in states.items() if state == "completed"]
        with self.store.lock:
            for number in gone:
                del self.store.tasks[number]
            for number in states.keys() & self.store.tasks.keys():
                self.store.tasks[number].state = states[number]
        return len(gone)


class RefreshesAKeyedTask(SmallSqliteQueue):
    """Writes back the task of a key that is enqueued again, as it was a moment ago."""

    name = "refreshes-a-keyed-task"

    def enqueue(self, payload: str, *, key: str | None = None, **options: Any) -> int:
        old = self._run(
            "SELECT state, id FROM task WHERE id = (SELECT task FROM key WHERE name = ?)", key
        )
        number = super().enqueue(payload, key=key, **options)
        for state, same in old:
            self._run("UPDATE task SET state = ? WHERE id = ?", state, same)
        return number


class ReclaimsByALook(SmallSqliteQueue):
    """Looks which leases are over, then takes those tasks back, even if they are completed now."""

    name = "reclaims-by-a-look"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        late = self._run(f"SELECT id FROM task WHERE state = 'leased' AND {self._expired()}")
        for (number,) in late:
            self._run(f"UPDATE task SET {self._count_attempt()} WHERE id = ?", number)
        return super().claim(worker, lease=lease, capabilities=capabilities)


class _Later(SmallSqliteQueue):
    """Keeps delayed tasks apart, in the state "later", until a claim moves them."""

    def _run(self, sql: str, *values: Any) -> list[Any]:
        rows = super()._run(sql, *values)
        if sql.startswith("INSERT INTO task"):
            later = f"UPDATE task SET state = 'later' WHERE id = ? AND due > {NOW}"
            super()._run(later, rows[0][0])
        return rows

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        self._promote()
        return super().claim(worker, lease=lease, capabilities=capabilities)

    def cancel(self, task_id: Any) -> None:
        self._change(
            "DELETE FROM task WHERE id = ? AND state IN ('queued', 'later') RETURNING id", task_id
        )

    def stats(self) -> Mapping[str, int]:
        counts = dict(super().stats())
        counts["queued"] += counts.pop("later", 0)
        return counts

    def _promote(self) -> None:
        for (number,) in self._run(f"SELECT id FROM task WHERE state = 'later' AND {self._due()}"):
            self._move(number)

    def _move(self, number: int) -> None:
        raise AssertionError(number)


class PromotesByALook(_Later):
    """Moves each task that it found due, even if another worker has moved and claimed it."""

    name = "promotes-by-a-look"

    def _move(self, number: int) -> None:
        self._run(
            "UPDATE task SET state = 'queued', token = token + 1 "
            "WHERE id = ? AND state IN ('later', 'leased')",
            number,
        )


class PromotesACopy(_Later):
    """Moves a task that is due by a copy: two workers make two copies."""

    name = "promotes-a-copy"

    def _move(self, number: int) -> None:
        columns = "payload, priority, due, needs, max_attempts"
        ((payload, *rest),) = self._run(f"SELECT {columns} FROM task WHERE id = ?", number) or [
            (None,)
        ]
        if payload is not None:
            super()._run(f" INSERT INTO task ({columns}) VALUES (?, ?, ?, ?, ?)", *(payload, *rest))
            self._run("DELETE FROM task WHERE id = ?", number)


class _ChecksFirst(SmallSqliteQueue):
    """Checks the token in one step, and writes by id in the next."""

    checked = ""

    def _acknowledge(self, claim: Claim, changes: str, *values: Any) -> None:
        if not changes.startswith(self.checked):
            super()._acknowledge(claim, changes, *values)
            return
        held = f"SELECT id FROM task WHERE id = ? AND {self._held()}"
        if not self._run(held, claim.task_id, claim.token):
            raise RefusedError("no longer held")
        self._run(f"UPDATE task SET {changes} WHERE id = ?", *values, claim.task_id)


class CompletesAfterACheck(_ChecksFirst):
    """Checks that the worker holds the task, then completes it by its id."""

    name = "completes-after-a-check"
    checked = "state = 'completed'"


class FailsAfterACheck(_ChecksFirst):
    """Checks that the worker holds the task, then fails it by its id."""

    name = "fails-after-a-check"
    checked = "error"


class ReleasesAfterACheck(_ChecksFirst):
    """Checks that the worker holds the task, then releases it by its id."""

    name = "releases-after-a-check"
    checked = "state = 'queued'"


class ExtendsWhatItRead(SmallSqliteQueue):
    """Extends a lease by writing back the whole task as it was a moment ago."""

    name = "extends-what-it-read"

    def extend(self, claim: Claim, seconds: float) -> Claim:
        self._check(seconds=seconds)
        held = f"SELECT lease_end FROM task WHERE id = ? AND {self._held()}"
        rows = self._run(held, claim.task_id, claim.token)
        if not rows:
            raise RefusedError("no longer held")
        self._run(
            "UPDATE task SET state = 'leased', token = ?, lease_end = max(?, "
            f"{NOW} + ?) WHERE id = ?",
            *(claim.token, rows[0][0], seconds, claim.task_id),
        )
        return claim


class CompletesOutsideTheLock(MemoryQueue):
    """Checks under the lock that the worker holds the task, and completes it without the lock."""

    name = "completes-outside-the-lock"

    def complete(self, claim: Claim) -> None:
        with self.store.lock:
            task = self._held_by(claim)
        task.state = "completed"


class CancelsOutsideTheLock(MemoryQueue):
    """Checks under the lock that a task waits, and deletes it afterwards."""

    name = "cancels-outside-the-lock"

    def cancel(self, task_id: Any) -> None:
        with self.store.lock:
            task: Task | None = self.store.tasks.get(task_id)
            if task is None or not self._may_cancel(task):
                raise memory.RefusedError(f"task_id={task_id!r} is not waiting")
        with self.store.lock:
            self.store.tasks.pop(task_id, None)


MUTANTS = (
    mutant(CancelsAfterALook, "RACE-17", also=("RACE",)),
    mutant(ClaimsWhatWasCancelled, "RACE-17", also=("RACE",)),
    mutant(EnqueuesInTwoCommits, "RACE-17", also=("KEY", "RACE")),
    mutant(WritesTheKeyLater, "RACE-17", also=("KEY", "RACE")),
    mutant(PurgesAllButWhatItSaw, "RACE-17", also=("RACE",)),
    mutant(CancelsOutsideTheLock, "RACE-17", also=("RACE",)),
    mutant(PurgesByTheStatesItSaw, "RACE-18", also=("RACE",)),
    mutant(RefreshesAKeyedTask, "RACE-18", also=("RACE",)),
    mutant(PromotesByALook, "RACE-19", also=("RACE",)),
    mutant(PromotesACopy, "RACE-19", also=("RACE",)),
    mutant(CompletesAfterACheck, "RACE-20", also=("RACE",)),
    mutant(FailsAfterACheck, "RACE-20", also=("RACE",)),
    mutant(ReleasesAfterACheck, "RACE-20", also=("RACE",)),
    mutant(ExtendsWhatItRead, "RACE-20", also=("RACE",)),
    mutant(ReclaimsByALook, "RACE-20", also=("RACE",)),
    mutant(CompletesOutsideTheLock, "RACE-20", also=("RACE",)),
)
