"""Queues that take delays for something else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.mutants.mutant import mutant
from tests.queues.memory import MemoryQueue, Task


class IgnoresDelays(MemoryQueue):
    """Takes a delay, and does nothing about it."""

    name = "ignores-delays"

    def _is_due(self, task: Task) -> bool:
        return True


class ComesASecondEarly(MemoryQueue):
    """Hands a task out up to a second before it is due."""

    name = "comes-a-second-early"

    def _is_due(self, task: Task) -> bool:
        return super()._is_due(task) or task.due - self._now() < 1.0


class OneTimer(MemoryQueue):
    """Has one timer: a delayed task that is enqueued stops the one that ran."""

    name = "one-timer"

    def _keep(self, task: Task) -> None:
        if task.due > self._now():
            for other in self._waiting():
                if other.due > self._now():
                    other.due = math.inf
        super()._keep(task)


class CutsFractionsOff(MemoryQueue):
    """Keeps times in whole seconds, rounded down."""

    name = "cuts-fractions-off"

    def _keep(self, task: Task) -> None:
        task.due = math.floor(task.due)
        super()._keep(task)


class LooksAtTheHeadOnly(MemoryQueue):
    """Looks at the first task, and says 'empty' if that has to wait."""

    name = "looks-at-the-head-only"

    def _waiting(self) -> list[Task]:
        waiting = super()._waiting()
        return sorted(waiting, key=self._order_key)[:1]


class LooksAtFiftyTasks(MemoryQueue):
    """Looks at the fifty tasks that came first."""

    name = "looks-at-fifty-tasks"

    def _waiting(self) -> list[Task]:
        return super()._waiting()[:50]


class LooksAtTheFiftyBest(MemoryQueue):
    """Looks at the fifty tasks of the best priorities that do not have the default one."""

    name = "looks-at-the-fifty-best"

    def _waiting(self) -> list[Task]:
        waiting = super()._waiting()
        plain = [task for task in waiting if task.priority == 100]
        return plain + sorted((t for t in waiting if t.priority != 100), key=self._order_key)[:50]


class DelayedGoBehind(MemoryQueue):
    """Puts tasks that were delayed behind all others."""

    name = "delayed-go-behind"

    def _keep(self, task: Task) -> None:
        task.late = task.due > self._now()  # type: ignore[attr-defined]  # the mutant's own field
        super()._keep(task)

    def _order_key(self, task: Task) -> Any:
        return getattr(task, "late", False), task.priority, task.number


class NextTickForZero(MemoryQueue):
    """Treats a delay of 0 like any other: the task is there at the next second."""

    name = "next-tick-for-zero"

    def enqueue(
        self,
        payload: Any,
        *,
        priority: int = 100,
        delay: float | None = None,
        expires: float | None = None,
        lease: float | None = None,
        key: str | None = None,
        group: str | None = None,
        capabilities: Mapping[str, Any] | None = None,
        max_attempts: int = 5,
    ) -> int:
        return super().enqueue(
            payload,
            priority=priority,
            delay=0.5 if delay == 0 else delay or 0.0,
            expires=expires,
            lease=lease,
            key=key,
            group=group,
            capabilities=capabilities,
            max_attempts=max_attempts,
        )


class ReadsTheSecondsOfADuration(MemoryQueue):
    """Loses whole days of a delay."""

    name = "reads-the-seconds-of-a-duration"

    def _keep(self, task: Task) -> None:
        delay = task.due - self._now()
        if delay > 3600 * 23:
            task.due = self._now() + (delay + 1) % 86_400 - 1
        super()._keep(task)


class OverflowsAtTenYears(MemoryQueue):
    """Keeps a delay in milliseconds and 32 bits."""

    name = "overflows-at-ten-years"

    def _keep(self, task: Task) -> None:
        milliseconds = round((task.due - self._now()) * 1000)
        task.due = self._now() + ((milliseconds + 2**31) % 2**32 - 2**31) / 1000
        super()._keep(task)


class AcceptsAnyDelay(MemoryQueue):
    """Takes NaN for a delay; nothing is ever later than it."""

    name = "accepts-any-delay"

    def _check_seconds(self, name: str, value: float, least: float) -> None:
        if name != "delay":
            super()._check_seconds(name, value, least)


class DelaysAgain(MemoryQueue):
    """Delays a task that is given back as it was at first."""

    name = "delays-again"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.delays: dict[int, float] = {}

    def _keep(self, task: Task) -> None:
        super()._keep(task)
        self.delays[task.number] = task.due - self._now()

    def release(self, claim: Claim) -> None:
        super().release(claim)
        self.store.tasks[claim.task_id].due = self._now() + self.delays[claim.task_id]


class NeverExpires(MemoryQueue):
    """Takes the option `expires`, and does nothing about it."""

    name = "never-expires"

    def _is_outdated(self, task: Task) -> bool:
        return False


class ExpiresInMinutes(MemoryQueue):
    """Takes the seconds of `expires` for minutes."""

    name = "expires-in-minutes"

    def _keep(self, task: Task) -> None:
        task.expires = self._now() + 60 * (task.expires - self._now())
        super()._keep(task)


class ExpiredBlocksOthers(MemoryQueue):
    """Finds an expired task first, and says that there is none."""

    name = "expired-blocks-others"

    def _waiting(self) -> list[Task]:
        waiting = super()._waiting()
        return [] if any(map(self._is_outdated, waiting)) else waiting


class ExpiresEarly(MemoryQueue):
    """Withholds a task when half of its time is over."""

    name = "expires-early"

    def _keep(self, task: Task) -> None:
        task.expires = self._now() + (task.expires - self._now()) / 2
        super()._keep(task)


class ExpiresUnderItsWorker(MemoryQueue):
    """Deletes an expired task although a worker holds it."""

    name = "expires-under-its-worker"

    def _is_current(self, task: Task, claim: Claim) -> bool:
        return super()._is_current(task, claim) and task.expires > self._now()


MUTANTS = (
    mutant(
        IgnoresDelays,
        "SCHEDULE-1",
        also=(
            "SCHEDULE-3",
            "SCHEDULE-8",
            "RETRY-2",
            "RETRY-3",
            "RETRY-5",
            "RETRY-6",
            "STATS-7",
            "RETRY-13",
        ),
    ),
    mutant(
        ComesASecondEarly,
        "SCHEDULE-1",
        also=(
            "SCHEDULE-3",
            "RETRY-2",
            "RETRY-3",
            "RETRY-5",
            "RETRY-6",
            "STATS-4",
            "STATS-7",
            "RETRY-13",
        ),
    ),
    mutant(OneTimer, "SCHEDULE-2", also=("STATS-7",)),
    mutant(CutsFractionsOff, "SCHEDULE-3"),
    mutant(
        LooksAtTheHeadOnly,
        "SCHEDULE-4",
        also=(
            "SCHEDULE-2",
            "SCHEDULE-5",
            "RETRY-9",
            "ROUTE-4",
            "ROUTE-5",
            "GROUP-2",
            "GROUP-4",
            "SCHEDULE-11",
        ),
    ),
    mutant(LooksAtFiftyTasks, "SCHEDULE-4", also=("SCHEDULE-5", "ROUTE-5")),
    mutant(LooksAtTheFiftyBest, "SCHEDULE-5"),
    mutant(DelayedGoBehind, "SCHEDULE-6"),
    mutant(NextTickForZero, "SCHEDULE-7"),
    mutant(ReadsTheSecondsOfADuration, "SCHEDULE-8"),
    mutant(OverflowsAtTenYears, "SCHEDULE-8"),
    mutant(AcceptsAnyDelay, "SCHEDULE-9"),
    mutant(DelaysAgain, "SCHEDULE-10"),
    mutant(NeverExpires, "SCHEDULE-11"),
    mutant(ExpiresInMinutes, "SCHEDULE-11"),
    mutant(ExpiredBlocksOthers, "SCHEDULE-11"),
    mutant(ExpiresEarly, "SCHEDULE-12"),
    mutant(ExpiresUnderItsWorker, "SCHEDULE-12"),
)
