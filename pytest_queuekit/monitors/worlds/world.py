"""The records of a world: tasks, their phases, and habits."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import NamedTuple

from pytest_queuekit.monitors.timeline.moments import NEVER


class Phase(enum.IntEnum):
    """The state of a task in one world."""

    ABSENT = 1
    """The queue did not add the task: its enqueue was refused, or its key was held."""
    WAITING = 2
    HELD = 3
    """Delivered; the lease may have expired since."""
    DONE = 4
    DEAD = 5
    CANCELLED = 6
    PURGED = 7
    ANYWHERE = 8
    """The contract says nothing about the task any more."""


class TaskState(NamedTuple):
    """One task in one world. Moments are in nanoseconds.

    phase: where it is.
    due_from, due_by: while it waits, the moments from which it may, and must, be claimable.
    failures: how often it was reported failed.
    attempts: what counts against its limit; expiries and releases may count too.
    deliveries: how often it was delivered.
    holder: the number of its latest claim; -1 before the first.
    held_from: the moment at which that claim began.
    free_from, free_by: the moments from which the lease of that claim may, and must, be over.
    noticed: the moment by which the queue has noticed that the lease is over.
    by_key: True for an absent task that its key kept out.
    requeued: True if it was dead and was requeued since.
    """

    phase: Phase
    due_from: float = 0.0
    due_by: float = 0.0
    failures: int = 0
    attempts: int = 0
    deliveries: int = 0
    holder: int = -1
    free_from: float = NEVER
    free_by: float = NEVER
    noticed: float = NEVER
    by_key: bool = False
    requeued: bool = False


class Habit(enum.IntEnum):
    """A choice that the contract leaves to the queue, and that it makes the same way each time."""

    EXPIRY_COUNTS = 1
    """An expired lease counts against the limit of attempts."""
    RELEASE_COUNTS = 2
    """A release counts against the limit of attempts."""
    FAILURE_BURIES = 3
    """Without declared retries, a failed task is dead; otherwise it waits again."""
    DEAD_HOLDS_KEY = 4
    CANCELLED_HOLDS_KEY = 5
    PURGED_HOLDS_KEY = 6
    """A key that is held for ever outlasts the purge of its task."""
    CANCELS_HELD = 7
    """A cancel takes effect on a task that a worker holds."""
    REPLACES = 9
    """A second enqueue of a key replaces the task that waits under it."""
    SERVES_ALL = 8
    """A claim without capabilities gets tasks that need some."""


class World(NamedTuple):
    """One possible state of the queue.

    tasks: the tasks, in order of their enqueues.
    habits: the habits that the queue has shown.
    """

    tasks: tuple[TaskState, ...] = ()
    habits: frozenset[tuple[Habit, bool]] = frozenset()

    def having(self, habit: Habit) -> Iterator[tuple[bool, World]]:
        """Yield True and False with this world, as far as the queue may still have the habit."""
        for value in (False, True):
            if (habit, not value) not in self.habits:
                yield value, self._replace(habits=self.habits | {(habit, value)})

    def with_task(self, place: int, task: TaskState) -> World:
        """Return the world with another state of one task."""
        return self._replace(tasks=(*self.tasks[:place], task, *self.tasks[place + 1 :]))


class UnexplainedError(Exception):
    """One world does not explain an answer.

    kind: the stable word of the violation. title: its headline.
    because: the reason, to follow "although" in a sentence.
    tasks: the places of the tasks concerned.
    """

    def __init__(self, kind: str, title: str, because: str, *tasks: int) -> None:
        super().__init__(title)
        self.kind = kind
        self.title = title
        self.because = because
        self.tasks = tasks
