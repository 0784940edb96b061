"""Queues that let too many tasks of a group run, or none."""

# ruff: noqa: S608 - the SQL is put together from this file's own pieces only

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import mutant
from tests.queues.memory import MemoryQueue, Task
from tests.queues.small_sqlite import NOW, SmallSqliteQueue
from tests.queues.variants import TwoOfAGroup


class IgnoresGroups(MemoryQueue):
    """Takes the option, and does nothing about it."""

    name = "ignores-groups"

    def _has_free_slot(self, task: Task) -> bool:
        return True


class OneMoreOfAGroup(TwoOfAGroup):
    """Lets a third task of a group run where two are declared."""

    name = "one-more-of-a-group"

    def _has_free_slot(self, task: Task) -> bool:
        alike = [other for other in self.store.tasks.values() if other.group == task.group]
        return task.group is None or sum(map(self._holds_slot, alike)) <= self.group_limit


class ReleasedFromItsGroup(MemoryQueue):
    """Forgets the group of a task that was claimed before."""

    name = "released-from-its-group"

    def _has_free_slot(self, task: Task) -> bool:
        return task.token is not None or super()._has_free_slot(task)


class FailureKeepsTheSlot(MemoryQueue):
    """A failed task keeps its slot while it waits for its next attempt."""

    name = "failure-keeps-the-slot"

    def _holds_slot(self, task: Task) -> bool:
        return super()._holds_slot(task) or task.error is not None


class ReleaseKeepsTheSlot(MemoryQueue):
    """A released task keeps its slot, also against itself."""

    name = "release-keeps-the-slot"

    def _holds_slot(self, task: Task) -> bool:
        given_back = task.state == "queued" and task.token is not None
        return super()._holds_slot(task) or (given_back and not task.attempts)


class ExpiryKeepsTheSlot(MemoryQueue):
    """A task whose lease expired keeps its slot."""

    name = "expiry-keeps-the-slot"

    def _holds_slot(self, task: Task) -> bool:
        expired = task.attempts > 0 and task.error is None and task.state == "queued"
        return super()._holds_slot(task) or expired


class SlotsAreReserved(MemoryQueue):
    """Gives the slot to the first task of a group when it is enqueued; a cancel leaves it there."""

    name = "slots-are-reserved"

    def cancel(self, task_id: Any) -> None:
        task = self.store.tasks.get(task_id)
        super().cancel(task_id)
        if task is not None and task.group is not None:
            task.state, task.text = "leased", "null"
            task.lease_end = self._now() + 1e9
            self.store.tasks[task_id] = task


class FullGroupStopsAll(MemoryQueue):
    """Looks only at the first task: behind a full group everything waits."""

    name = "full-group-stops-all"

    def _waiting(self) -> list[Task]:
        due = [task for task in super()._waiting() if self._is_due(task)]
        head = min(due, key=self._order_key, default=None)
        return due if head is None or self._has_free_slot(head) else []


class NoGroupIsAGroup(MemoryQueue):
    """Takes tasks without a group for those of one, while a group is in use."""

    name = "no-group-is-a-group"

    def _has_free_slot(self, task: Task) -> bool:
        held = [other for other in self.store.tasks.values() if self._holds_slot(other)]
        if task.group is None and any(other.group for other in held):
            return not any(other.group is None for other in held)
        return super()._has_free_slot(task)


class CountsThenTakes(SmallSqliteQueue):
    """Finds a group with a free slot, and takes its task in a second step."""

    name = "counts-then-takes"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        rows = self._run(
            f"SELECT id FROM task WHERE {self._ready()} ORDER BY id LIMIT 1",
            "{}",
        )
        if not rows:
            return None
        time.sleep(0.001)
        taken = self._run(
            f"UPDATE task SET state = 'leased', token = token + 1, lease_end = {NOW} + ? "
            "WHERE id = (SELECT min(id) FROM task WHERE state = 'queued' "
            "AND grp = (SELECT grp FROM task WHERE id = ?)) RETURNING id, payload, token",
            *(lease, rows[0][0]),
        )
        if not taken:
            return None
        return Claim(task_id=taken[0][0], payload=taken[0][1], worker=worker, token=taken[0][2])


class LooksForSlotsWithoutALock(MemoryQueue):
    """Chooses a task with a free slot, then takes it, if it still waits, without another look."""

    name = "looks-for-slots-without-a-lock"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        self._check_seconds("lease", lease, 0.001)
        with self._atomically():
            self._return_expired()
            ready = [task for task in self._waiting() if self._may_go(task, capabilities or {})]
            ready.sort(key=self._order_key)
        if ready and ready[0].group is not None:
            time.sleep(0.0005)
        with self._atomically():
            free = (task for task in ready if task.state == "queued" and self._is_there(task))
            task = next(free, None)
            return None if task is None else self._lease(task, worker, lease)

    def _is_there(self, task: Task) -> bool:
        return self.store.tasks.get(task.number) is task and self._is_due(task)


class CountsBeforeItTakes(SmallSqliteQueue):
    """Counts the held tasks of the groups in one statement, and takes a task in the next."""

    name = "counts-before-it-takes"

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        self._check(lease=lease, more_than_nothing=lease - 0.001)
        full = {
            group
            for (group,) in self._run(
                "SELECT grp FROM task WHERE state = 'leased' AND grp IS NOT NULL "
                f"GROUP BY grp HAVING count(*) >= {self.group_limit} AND max(lease_end) > {NOW}"
            )
        }
        self.full = json.dumps(sorted(full))
        return super().claim(worker, lease=lease, capabilities=capabilities)

    def _ready(self) -> str:
        slot = f"(grp IS NULL OR grp NOT IN (SELECT value FROM json_each('{self.full}')))"
        return f"state = 'queued' AND {self._due()} AND {slot} AND matches(needs, ?)"


class BatchCountsItsGroupsOnce(TwoOfAGroup):
    """Counts the held tasks of each group at the begin of a batch, not before each of its tasks."""

    name = "batch-counts-its-groups-once"
    held: Counter[str | None] | None = None

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        with self._atomically():
            self.held = Counter(task.group for task in self._in_state("leased"))
            try:
                return super().claim_many(worker, limit, **options)
            finally:
                self.held = None

    def _has_free_slot(self, task: Task) -> bool:
        if self.held is None or task.group is None:
            return super()._has_free_slot(task)
        return self.held[task.group] < self.group_limit


class BatchEndsWithItsGroup(TwoOfAGroup):
    """Ends a batch at the first task of a group that the batch itself has filled."""

    name = "batch-ends-with-its-group"

    def claim_many(self, worker: str, limit: int, **options: Any) -> list[Claim]:
        claims: list[Claim] = []
        with self._atomically():
            self._return_expired()
            ready = [task for task in self._waiting() if self._may_go(task, {})]
            for task in sorted(ready, key=self._order_key)[:limit]:
                if not self._has_free_slot(task):
                    break
                claims.append(self._lease(task, worker, options.get("lease", 60.0)))
        return claims


MUTANTS = (
    mutant(
        IgnoresGroups,
        "GROUP-1",
        also=(
            "GROUP-2",
            "GROUP-4",
        ),
    ),
    mutant(
        OneMoreOfAGroup,
        "GROUP-1",
        also=(
            "GROUP-2",
            "GROUP-4",
        ),
    ),
    mutant(ReleasedFromItsGroup, "GROUP-2"),
    mutant(FailureKeepsTheSlot, "GROUP-2"),
    mutant(ReleaseKeepsTheSlot, "GROUP-2"),
    mutant(ExpiryKeepsTheSlot, "GROUP-2"),
    mutant(SlotsAreReserved, "GROUP-3"),
    mutant(FullGroupStopsAll, "GROUP-4"),
    mutant(NoGroupIsAGroup, "GROUP-4"),
    mutant(BatchCountsItsGroupsOnce, "GROUP-1", also=("GROUP-4",)),
    mutant(BatchEndsWithItsGroup, "GROUP-4"),
    mutant(CountsThenTakes, "GROUP-5", also=("RACE", "DURABLE", "KEY")),
    mutant(LooksForSlotsWithoutALock, "GROUP-6", also=("GROUP-7", "RACE", "ORDER")),
    mutant(CountsBeforeItTakes, "GROUP-7", also=("GROUP", "RACE")),
)
