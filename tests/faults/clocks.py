"""Steps the clock, forwards and backwards, between the calls of several workers."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from pytest_queuekit.queue import (
    QueueDatabase,
    SchedulingStrategy,
    StaleClaimError,
    Task,
    TaskQueue,
)
from pytest_queuekit.queue.clock import seconds_of
from tests.faults.attack import Attack
from tests.faults.tally import Tally
from tests.queue.world import Clock

STEPS = 300
LEASE = 60
JUMPS = (0.3, 1, 59, 61, 3600, 86_400, -0.3, -1, -59, -61, -3600, -86_400)
END = 40 * 86_400.0


class _Workers:
    """Several workers on one queue, and an account of the queue's answers."""

    def __init__(self, path: Path, seed: int, tally: Tally) -> None:
        self.clock = Clock()
        self.db = QueueDatabase(path, clock=self.clock)
        self.queue = TaskQueue(self.db, rng=random.Random(seed))
        self.held: list[Task] = []
        self.enqueued: list[int] = []
        self.completed: Counter[int] = Counter()
        self.claims: Counter[tuple[int, int]] = Counter()
        self._latest = self.clock.now  # a task that was due stays due when the clock steps back
        self._rng = random.Random(seed)
        self._tally = tally

    def step(self) -> None:
        """Make one call, or step the clock."""
        if self._rng.random() < 0.3:
            self.clock.advance(self._rng.choice(JUMPS))
            self._latest = max(self._latest, self.clock.now)
            self._tally.tried += 1
        self._rng.choice((self._enqueue, self._claim, self._claim, self._acknowledge))()

    def _enqueue(self) -> None:
        delay = self._rng.choice((0, 0, 5, 300))
        self.enqueued.append(self.queue.enqueue("t", None, delay=delay, max_attempts=1000))

    def _claim(self) -> None:
        now = self.clock.now
        strategy = self._rng.choice(list(SchedulingStrategy))
        task = self.queue.claim("w", lease_seconds=LEASE, strategy=strategy)
        if task is None:
            return
        self.held.append(task)
        self.claims[task.id, task.lease_token] += 1
        if seconds_of(task.lease_until_utc or "") < now + LEASE:
            self._tally.report("wrong", f"task {task.id} has a lease shorter than {LEASE} s")
        if seconds_of(task.run_after_utc or "") > self._latest:
            self._tally.report("wrong", f"task {task.id} was delivered before its time")
        if task.id in self.completed:
            self._tally.report("doubled", f"task {task.id} was delivered after its completion")

    def _acknowledge(self) -> None:
        if not self.held:
            return
        task = self.held.pop(self._rng.randrange(len(self.held)))
        try:
            if self._rng.random() < 0.7:
                self.queue.complete(task)
                self.completed[task.id] += 1
            else:
                self._rng.choice((self.queue.extend, self.queue.release))(task)
        except StaleClaimError:
            return

    def finish(self) -> None:
        """Work off all tasks, and compare with the account."""
        self.clock.now += END
        while task := self.queue.claim("last"):
            self.queue.complete(task)
            self.completed[task.id] += 1
        for task_id in self.enqueued:
            if self.completed[task_id] != 1:
                harm = "doubled" if self.completed[task_id] else "lost"
                self._tally.report(harm, f"task {task_id}: {self.completed[task_id]} completions")
        for (task_id, token), count in self.claims.items():
            if count > 1:
                self._tally.report("doubled", f"claim {token} of task {task_id} given twice")
        for problem in self.queue.integrity_check():
            self._tally.report("damaged", problem)
        self.db.close()


def _batch(number: int, limit: int, folder: Path) -> Tally:
    tally = Tally()
    workers = _Workers(folder / "clock.db", number, tally)
    for _ in range(min(limit, STEPS)):
        workers.step()
    workers.finish()
    return tally


CLOCKS = Attack(
    name="clock",
    model="steps of the clock from 0.3 s to a day, forwards and backwards",
    checked="each task is completed exactly once, no lease is too short by the clock of the claim, "
    "no task comes before its time",
    batches=100,
    run=_batch,
)
