"""A fixed sequence of calls to attack, and the states of the queue that it passes through.

The same seed makes the same calls with the same results: the clock, the jitter and SQLite's
random() are all seeded. An undisturbed run records the states, and a disturbed run must leave the
state before or after the call that was under way.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pytest_queuekit.queue import (
    QueueDatabase,
    SchedulingStrategy,
    StaleClaimError,
    Task,
    TaskQueue,
)
from tests.queue.world import Clock

Synchronous = Literal["NORMAL", "FULL"]
State = str
"""The rows that a user would miss, as JSON."""

ROWS = (
    "SELECT id, type, priority, payload, compatibility, status, attempts, max_attempts, "
    "run_after_utc, lease_until_utc, locked_by, completed_at_utc, error_message, result, "
    "idempotency_key, lease_token FROM task_queue ORDER BY id",
    "SELECT log_id, task_id, level, message FROM task_logs ORDER BY log_id",
    "SELECT id FROM task_archive ORDER BY id",
    "SELECT worker_id, heartbeat_utc FROM workers ORDER BY worker_id",
)
"""The queries of a state: all columns but random draws and times of the last change."""
NO_SCHEMA: State = "no schema"
_CAPABILITIES: tuple[dict[str, Any] | None, ...] = (None, None, {"region": "EU"})
WEIGHTS = {
    "enqueue": 9, "enqueue_many": 3, "claim": 7, "claim_many": 2, "complete": 5, "fail": 3,
    "release": 1, "extend": 2, "cancel": 1, "requeue": 1, "purge": 1, "archive": 1, "reclaim": 1,
    "heartbeat": 1, "log": 1, "raw_insert": 2, "time_passes": 2,
}  # fmt: skip
"""How often a workload makes each of its calls."""


@dataclass
class Workload:
    """The calls of one seed on one file.

    path: the database file.
    seed: chooses the calls.
    synchronous: the durability level.
    on_connect: called with each new connection.
    """

    path: Path
    seed: int
    synchronous: Synchronous = "NORMAL"
    on_connect: Callable[[sqlite3.Connection], None] | None = None
    held: list[Task] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self.clock = Clock()
        self.db = QueueDatabase(
            self.path,
            clock=self.clock,
            synchronous=self.synchronous,
            on_connect=self._connected,
        )
        self.queue = TaskQueue(self.db, rng=random.Random(self.seed))

    def calls(self, count: int) -> Iterator[str]:
        """Make calls, and yield after each one its name."""
        self.db.initialize_schema()
        yield "initialize_schema"
        for _ in range(count - 1):
            name = self._rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            getattr(self, name)()
            yield name

    def _connected(self, conn: sqlite3.Connection) -> None:
        draws = random.Random(self.seed)
        conn.create_function("random", 0, lambda: draws.getrandbits(63))
        if self.on_connect is not None:
            self.on_connect(conn)

    # -- the calls ----------------------------------------------------------------------------

    def enqueue(self) -> None:
        task_id = self.queue.enqueue(
            "t",
            {"number": self._rng.randrange(1000), "text": "x" * self._rng.choice((0, 10, 6000))},
            priority=self._rng.randint(1, 1000),
            delay=self._rng.choice((0, 0, 5)),
            idempotency_key=self._rng.choice((None, None, f"key-{self._rng.randrange(9)}")),
            compatibility=self._rng.choice((None, None, {"region": "EU"})),
            max_attempts=self._rng.choice((1, 2, 5)),
        )
        self.ids.append(task_id)

    def enqueue_many(self) -> None:
        self.ids += self.queue.enqueue_many("m", range(self._rng.randint(1, 12)))

    def claim(self) -> None:
        task = self.queue.claim(
            self._rng.choice(("ann", "bob")),
            self._rng.choice(_CAPABILITIES),
            lease_seconds=self._rng.choice((2, 60)),
            strategy=self._rng.choice(list(SchedulingStrategy)),
        )
        self.held += [task] if task else []

    def claim_many(self) -> None:
        self.held += self.queue.claim_many("ann", limit=self._rng.randint(1, 5))

    def complete(self) -> None:
        self._acknowledge(lambda task: self.queue.complete(task, {"done": task.id}))

    def fail(self) -> None:
        is_retried = self._rng.random() < 0.7
        self._acknowledge(lambda task: self.queue.fail(task, "no luck", retry=is_retried))

    def release(self) -> None:
        self._acknowledge(self.queue.release)

    def extend(self) -> None:
        self._acknowledge(self.queue.extend)

    def cancel(self) -> None:
        if self.ids:
            task_id = self.ids.pop(self._rng.randrange(len(self.ids)))
            if self.db.execute("SELECT 1 FROM task_queue WHERE id = ?", (task_id,)).fetchall():
                self.queue.cancel(task_id)

    def requeue(self) -> None:
        for task in self.queue.dead_letters(limit=1):
            self.queue.requeue(task.id)

    def purge(self) -> None:
        # One status is one transaction: a purge of two may stop between them, as documented.
        self.queue.purge(0, statuses=[self._rng.choice(("completed", "cancelled"))])

    def archive(self) -> None:
        self.queue.archive(0, statuses=["completed"])

    def reclaim(self) -> None:
        self.queue.reclaim()

    def heartbeat(self) -> None:
        self.queue.heartbeat("ann")

    def log(self) -> None:
        rows = self.db.execute("SELECT max(id) FROM task_queue").fetchall()
        if rows[0][0]:
            self.queue.log(rows[0][0], "INFO", "looked at")

    def raw_insert(self) -> None:
        with self.db.transaction() as conn:
            conn.execute("INSERT INTO task_queue (type, payload) VALUES ('raw', '{}')")
            conn.execute("INSERT INTO task_queue (type, payload) VALUES ('raw', '[]')")

    def time_passes(self) -> None:
        self.clock.advance(self._rng.choice((1, 3, 90)))

    def _acknowledge(self, call: Callable[[Task], object]) -> None:
        if self.held:
            task = self.held.pop(self._rng.randrange(len(self.held)))
            try:
                call(task)
            except StaleClaimError:
                return


def state_of(path: Path) -> State:
    """Return the state of a file that no process uses, read by sqlite3 alone.

    Raises sqlite3.Error if the file cannot be read.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        return read_state(conn)


def read_state(conn: sqlite3.Connection) -> State:
    """Return the state that a connection sees."""
    tables = conn.execute("SELECT name FROM sqlite_schema WHERE name = 'task_archive'").fetchall()
    if not tables:
        return NO_SCHEMA
    return json.dumps([list(map(list, conn.execute(rows).fetchall())) for rows in ROWS])


def states(folder: Path, seed: int, count: int) -> list[State]:
    """Return the states before each call of a workload, and after the last."""
    passed = [NO_SCHEMA]
    load = Workload(folder / f"states-{seed}.db", seed)
    for _ in load.calls(count):
        with load.db.connection() as conn:
            passed.append(read_state(conn))
    load.db.close()
    return passed
