"""Queues that go wrong when a process forks with an open instance."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import mutant
from tests.queues.small_sqlite import BusyError, RefusedError, SmallSqliteQueue


class _Forked(SmallSqliteQueue):
    """Uses the connection of its parent, and knows if it was forked. Not yet a mutant."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.opener = os.getpid()

    @property
    def is_child(self) -> bool:
        return os.getpid() != self.opener

    def _run(self, sql: str, *values: Any) -> list[Any]:
        self.pid = os.getpid()
        return super()._run(sql, *values)


class ClaimsAhead(_Forked):
    """Claims five tasks at a time, and a child hands out its copies of them too."""

    name = "claims-ahead"
    survives_fork = True

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.ahead: list[Claim] = []

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        while not self.is_child and len(self.ahead) < 5:
            claim = super().claim(worker, lease=lease, capabilities=capabilities)
            if claim is None:
                break
            self.ahead.append(claim)
        return self.ahead.pop(0) if self.ahead else None


class RecoversInTheChild(_Forked):
    """Puts held tasks back at the first call in a child, as after a restart."""

    name = "recovers-in-the-child"
    survives_fork = True

    def _return_expired(self) -> None:
        if self.is_child:
            self.opener = os.getpid()
            self._run("UPDATE task SET state = 'queued' WHERE state = 'leased'")
        super()._return_expired()


class CollectsInTheChild(_Forked):
    """Collects tasks until its instance closes, which a child does not come to."""

    name = "collects-in-the-child"

    def enqueue(self, payload: str, **options: Any) -> int:
        return 0 if self.is_child else super().enqueue(payload, **options)


class NumbersAlike(_Forked):
    """Numbers tasks by a counter of the instance, which goes on in parent and child alike."""

    name = "numbers-alike"
    survives_fork = True
    number = 0

    def enqueue(self, payload: str, **options: Any) -> int:
        task = super().enqueue(payload, **options)
        self.number += 1
        self._run("UPDATE OR REPLACE task SET id = ? WHERE id = ?", 10**6 + self.number, task)
        return task


class SharesItsConnection(_Forked):
    """Promises to survive a fork, and lets the child write through its parent's connection."""

    name = "shares-its-connection"
    survives_fork = True


class SaysNothingOfForks(_Forked):
    """Promises nothing about forks, and lets the child write through its parent's connection."""

    name = "says-nothing-of-forks"


class TakesItsTasksAlong(_Forked):
    """Deletes the waiting tasks that came through its instance, or a copy, when it closes."""

    name = "takes-its-tasks-along"
    survives_fork = True

    def close(self) -> None:
        if not self.is_child:
            time.sleep(0.1)
            self._run("DELETE FROM task WHERE payload LIKE '%child-%' AND state = 'queued'")
        super().close()


class WaitsForEver(_Forked):
    """Waits for a lock until it is free, which a child that inherited it never sees."""

    name = "waits-for-ever"

    def _run(self, sql: str, *values: Any) -> list[Any]:
        while True:
            try:
                return super()._run(sql, *values)
            except BusyError:
                time.sleep(0.1)


class DropsInTheChild(_Forked):
    """Says yes to an enqueue in a child that does not get the lock."""

    name = "drops-in-the-child"
    survives_fork = True

    def enqueue(self, payload: str, **options: Any) -> int:
        if self.is_child:
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                self.connection.rollback()
            except Exception:  # noqa: BLE001 - that is the bug
                return 0
        return super().enqueue(payload, **options)

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        if self.is_child:
            raise RefusedError("a child only enqueues")
        return super().claim(worker, lease=lease, capabilities=capabilities)


class GivesBackInTheChild(_Forked):
    """Gives the tasks of its instance back when it closes, those of the parent too."""

    name = "gives-back-in-the-child"
    survives_fork = True

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.taken: list[Any] = []

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        claim = super().claim(worker, lease=lease, capabilities=capabilities)
        if claim is not None:
            self.taken.append(claim.task_id)
        return claim

    def close(self) -> None:
        for task in self.taken:
            self._run("UPDATE task SET state = 'queued' WHERE state = 'leased' AND id = ?", task)
        super().close()


class ClearsInTheChild(_Forked):
    """Deletes what is left in the queue when a child closes, as a test's teardown would."""

    name = "clears-in-the-child"

    def close(self) -> None:
        if self.is_child:
            self._run("DELETE FROM task WHERE state = 'queued'")
        super().close()


MUTANTS = (
    mutant(ClaimsAhead, "FORK-1", also=("RACE", "DURABLE", "FORK")),
    mutant(RecoversInTheChild, "FORK-1"),
    mutant(CollectsInTheChild, "FORK-1", also=("FORK-2",)),
    mutant(NumbersAlike, "FORK-1", also=("RACE", "KEY", "DURABLE")),
    mutant(SharesItsConnection, "FORK-2"),
    mutant(SaysNothingOfForks, "FORK-2"),
    mutant(TakesItsTasksAlong, "FORK-2"),
    mutant(WaitsForEver, "FORK-3"),
    mutant(DropsInTheChild, "FORK-3"),
    mutant(GivesBackInTheChild, "FORK-4"),
    mutant(ClearsInTheChild, "FORK-4"),
)
