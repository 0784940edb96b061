"""Every public call of the queue, each with the state that it needs, for faults to interrupt.

A case prepares a queue and returns the call. The call must leave the queue either as it was or
as after the whole call, unless the case works in several transactions (`in_steps`).
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_queuekit.queue import QueueDatabase, SchedulingStrategy, TaskQueue
from tests.faults.workload import ROWS
from tests.queue.world import START

Rows = list[tuple[Any, ...]]


class Subject:
    """An open queue with a clock that stands still until a case moves it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = START
        self.connections: list[sqlite3.Connection] = []
        self.db = QueueDatabase(
            path, clock=lambda: self.now, on_connect=self.connections.append, busy_seconds=1
        )
        self.queue = TaskQueue(self.db, rng=random.Random(0))
        self.others: list[QueueDatabase] = []

    def close(self) -> None:
        """Close the queue, and the databases that a case opened."""
        for db in (self.db, *self.others):
            db.close()

    def rows(self) -> Rows:
        """Return what other connections see of the queue, without random draws."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as conn:
            return [row for sql in ROWS for row in conn.execute(sql)]

    def tasks(self) -> dict[int, str]:
        """Return the status of each task."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as conn:
            return dict(conn.execute("SELECT id, status FROM task_queue").fetchall())

    def problems(self) -> list[str]:
        """Return what is damaged. Raises sqlite3.OperationalError if the lock is taken."""
        with closing(sqlite3.connect(self.path, timeout=0, isolation_level=None)) as conn:
            conn.execute("BEGIN IMMEDIATE")
            conn.execute("ROLLBACK")
            found = [row[0] for row in conn.execute("PRAGMA integrity_check")]
            return [problem for problem in found if problem != "ok"]

    def is_in_transaction(self) -> bool:
        """Return True if a connection of the queue has an open transaction."""
        for conn in self.connections:
            with suppress(sqlite3.ProgrammingError):  # it is closed
                if conn.in_transaction:
                    return True
        return False

    def open_files(self) -> list[str]:
        """Return the files of the queue that this process has open, where /proc shows them."""
        here, found = str(self.path.parent), []
        for link in Path("/proc/self/fd").glob("*"):
            with suppress(OSError):  # the folder itself was open during glob()
                found.append(str(link.readlink()))
        return [name for name in found if name.startswith(here)]


Call = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A public call to interrupt.

    prepare: brings a queue with four tasks into the state that the call needs, and returns
        the call.
    in_steps: True if the call works in several transactions, so a part of it may be done, or if
        it is random.
    """

    prepare: Callable[[Subject], Call]
    in_steps: bool = False

    @property
    def name(self) -> str:
        """The name of the call."""
        return self.prepare.__name__.removeprefix("_")

    @property
    def closes(self) -> bool:
        """True if nothing can be called afterwards."""
        return self.prepare is _close


def _enqueue(subject: Subject) -> Call:
    return lambda: subject.queue.enqueue("t", {"a": 1})


def _enqueue_delayed(subject: Subject) -> Call:
    return lambda: subject.queue.enqueue("t", None, delay=5, compatibility={"region": "EU"})


def _enqueue_with_key(subject: Subject) -> Call:
    return lambda: subject.queue.enqueue("t", None, idempotency_key="new")


def _enqueue_with_a_held_key(subject: Subject) -> Call:
    subject.queue.enqueue("t", None, idempotency_key="held")
    return lambda: subject.queue.enqueue("t", None, idempotency_key="held")


def _enqueue_many(subject: Subject) -> Call:
    return lambda: subject.queue.enqueue_many("t", [1, 2], idempotency_keys=["a", None])


def _claim(subject: Subject) -> Call:
    return lambda: subject.queue.claim("w")


def _claim_by_weight(subject: Subject) -> Call:
    by = SchedulingStrategy.WEIGHTED_RANDOM
    return lambda: subject.queue.claim("w", strategy=by)


def _claim_with_capabilities(subject: Subject) -> Call:
    subject.queue.enqueue("t", None, compatibility={"region": "EU"}, priority=1)
    by = SchedulingStrategy.FIFO
    return lambda: subject.queue.claim("w", {"region": "EU"}, strategy=by)


def _claim_after_upkeep(subject: Subject) -> Call:
    subject.queue.claim("dead", lease_seconds=1)
    subject.queue.enqueue("t", None, delay=2)
    subject.now += 10
    return lambda: subject.queue.claim("w")


def _claim_many(subject: Subject) -> Call:
    return lambda: subject.queue.claim_many("w", limit=3)


def _claim_from_an_empty_queue(subject: Subject) -> Call:
    subject.queue.claim_many("w", limit=9)
    subject.queue.claim("w")
    return lambda: subject.queue.claim("w")


def _claimed(subject: Subject) -> Any:
    return subject.queue.claim("w", lease_seconds=5)


def _complete(subject: Subject) -> Call:
    task = _claimed(subject)
    return lambda: subject.queue.complete(task, {"done": True})


def _fail(subject: Subject) -> Call:
    task = _claimed(subject)
    return lambda: subject.queue.fail(task, "no")


def _fail_for_good(subject: Subject) -> Call:
    task = _claimed(subject)
    return lambda: subject.queue.fail(task, ValueError("no"), retry=False)


def _fail_the_last_attempt(subject: Subject) -> Call:
    subject.queue.enqueue("t", None, priority=1, max_attempts=1)
    task = _claimed(subject)
    return lambda: subject.queue.fail(task, "no")


def _extend(subject: Subject) -> Call:
    task = _claimed(subject)
    return lambda: subject.queue.extend(task, 60)


def _release(subject: Subject) -> Call:
    task = _claimed(subject)
    return lambda: subject.queue.release(task)


def _cancel(subject: Subject) -> Call:
    return lambda: subject.queue.cancel(1)


def _requeue(subject: Subject) -> Call:
    task = _claimed(subject)
    subject.queue.fail(task, "no", retry=False)
    return lambda: subject.queue.requeue(task.id)


def _reclaim(subject: Subject) -> Call:
    _claimed(subject)
    subject.now += 10
    return lambda: subject.queue.reclaim()


def _get(subject: Subject) -> Call:
    return lambda: subject.queue.get(1)


def _dead_letters(subject: Subject) -> Call:
    return lambda: subject.queue.dead_letters()


def _stats(subject: Subject) -> Call:
    return lambda: subject.queue.stats()


def _heartbeat(subject: Subject) -> Call:
    return lambda: subject.queue.heartbeat("w", {"region": "EU"})


def _stale_workers(subject: Subject) -> Call:
    return lambda: subject.queue.stale_workers()


def _forget_worker(subject: Subject) -> Call:
    subject.queue.heartbeat("w")
    return lambda: subject.queue.forget_worker("w")


def _log(subject: Subject) -> Call:
    return lambda: subject.queue.log(1, "INFO", "message", {"a": 1})


def _logs(subject: Subject) -> Call:
    return lambda: subject.queue.logs(1)


def _ended(subject: Subject) -> None:
    for _ in range(2):
        subject.queue.complete(_claimed(subject))
    subject.now += 10


def _purge(subject: Subject) -> Call:
    _ended(subject)
    return lambda: subject.queue.purge(1)


def _archive(subject: Subject) -> Call:
    _ended(subject)
    return lambda: subject.queue.archive(1)


def _sweep(subject: Subject) -> Call:
    subject.queue.heartbeat("stale")
    subject.queue.enqueue("t", None, delay=5)
    _claimed(subject)
    subject.now += 1000
    return lambda: subject.queue.sweep()


def _backup(subject: Subject) -> Call:
    target = subject.path.with_name("copy.db")

    def back_up() -> None:
        with suppress(OSError):
            target.unlink()
        subject.queue.backup(target)

    return back_up


def _integrity_check(subject: Subject) -> Call:
    return lambda: subject.queue.integrity_check()


def _vacuum(subject: Subject) -> Call:
    return lambda: subject.queue.vacuum()


def _initialize_schema(subject: Subject) -> Call:
    return lambda: subject.db.initialize_schema()


def _first_use(subject: Subject) -> Call:
    db = QueueDatabase(
        subject.path, clock=lambda: START, on_connect=subject.connections.append, busy_seconds=1
    )
    subject.others.append(db)
    return lambda: TaskQueue(db).enqueue("t", 1)


_INSERT = "INSERT INTO task_queue (type) VALUES ('raw')"


def _execute_a_read(subject: Subject) -> Call:
    return lambda: subject.db.execute("SELECT id FROM task_queue").fetchall()


def _execute_a_write(subject: Subject) -> Call:
    return lambda: subject.db.execute(_INSERT)


def _execute_with_returning(subject: Subject) -> Call:
    return lambda: subject.db.execute(f"{_INSERT} RETURNING id").fetchone()


def _transaction(subject: Subject) -> Call:
    def call() -> None:
        with subject.db.transaction() as conn:
            conn.execute(_INSERT)
            conn.execute(f"{_INSERT} RETURNING id")

    return call


def _transaction_of_calls(subject: Subject) -> Call:
    def call() -> None:
        with subject.db.transaction():
            subject.queue.enqueue("t", 1)
            task = subject.queue.claim("w")
            assert task is not None
            subject.queue.complete(task)
            subject.queue.enqueue_many("t", [2, 3])

    return call


def _nested_transactions(subject: Subject) -> Call:
    def call() -> None:
        with subject.db.transaction() as conn:
            conn.execute(_INSERT)
            with subject.db.transaction() as inner:
                inner.execute(_INSERT)
                with subject.db.transaction():
                    inner.execute(_INSERT)
            with subject.db.connection() as read, subject.db.snapshot() as run:
                run("SELECT 1")
                read.execute("SELECT count(*) FROM task_queue").fetchone()

    return call


def _transaction_with_an_undone_part(subject: Subject) -> Call:
    def call() -> None:
        with subject.db.transaction() as conn:
            conn.execute(_INSERT)
            with suppress(KeyError), subject.db.transaction() as inner:
                inner.execute(_INSERT)
                raise KeyError
            conn.execute(_INSERT)

    return call


def _undone_transaction(subject: Subject) -> Call:
    def call() -> None:
        with suppress(KeyError), subject.db.transaction() as conn:
            conn.execute(_INSERT)
            raise KeyError

    return call


def _snapshot(subject: Subject) -> Call:
    def call() -> None:
        with subject.db.snapshot() as read:
            read("SELECT id FROM task_queue")

    return call


def _connection(subject: Subject) -> Call:
    def call() -> None:
        with subject.db.connection() as conn:
            conn.execute("SELECT id FROM task_queue").fetchone()
            conn.execute(f"{_INSERT} RETURNING id").fetchone()

    return call


def _connection_with_its_own_transaction(subject: Subject) -> Call:
    def call() -> None:
        with subject.db.connection() as conn:
            conn.execute("BEGIN IMMEDIATE")
            conn.execute(_INSERT)
            subject.queue.enqueue("t", 1)
            conn.commit()

    return call


def _connection_around_others(subject: Subject) -> Call:
    def call() -> None:
        with subject.db.connection(), subject.db.transaction() as conn:
            conn.execute(_INSERT)
            with subject.db.transaction():
                conn.execute(_INSERT)

    return call


def _get_connection(subject: Subject) -> Call:
    def call() -> None:
        conn = subject.db.get_connection()
        conn.execute(f"{_INSERT} RETURNING id")
        subject.queue.enqueue_many("t", [1])

    return call


def _execute_many(subject: Subject) -> Call:
    return lambda: subject.db.execute_many(
        "INSERT INTO task_queue (type) VALUES (?)", [("a",), ("b",)]
    )


def _complete_many(subject: Subject) -> Call:
    tasks = subject.queue.claim_many("w", limit=2)
    return lambda: subject.queue.complete_many(tasks)


def _restore(subject: Subject) -> Call:
    copy = subject.path.with_name("copy.db")
    subject.queue.backup(copy)
    subject.queue.enqueue("t", None)
    return lambda: subject.queue.restore(copy)


def _close(subject: Subject) -> Call:
    return lambda: subject.db.close()


CASES = tuple(
    Case(prepare=prepare, in_steps=in_steps)
    for in_steps, group in (
        (
            False,
            (
                _enqueue,
                _enqueue_delayed,
                _enqueue_with_key,
                _enqueue_with_a_held_key,
                _enqueue_many,
                _claim,
                _claim_with_capabilities,
                _claim_many,
                _claim_from_an_empty_queue,
                _complete,
                _fail,
                _fail_for_good,
                _fail_the_last_attempt,
                _extend,
                _release,
                _cancel,
                _requeue,
                _get,
                _dead_letters,
                _stats,
                _heartbeat,
                _stale_workers,
                _forget_worker,
                _log,
                _logs,
                _backup,
                _integrity_check,
                _vacuum,
                _initialize_schema,
                _first_use,
                _execute_a_read,
                _execute_a_write,
                _execute_with_returning,
                _transaction,
                _transaction_of_calls,
                _nested_transactions,
                _transaction_with_an_undone_part,
                _undone_transaction,
                _snapshot,
                _connection_with_its_own_transaction,
                _connection_around_others,
                _connection,
                _execute_many,
                _complete_many,
                _restore,
                _close,
            ),
        ),
        (
            True,
            (
                _claim_after_upkeep,
                _claim_by_weight,
                _get_connection,
                _reclaim,
                _purge,
                _archive,
                _sweep,
            ),
        ),
    )
    for prepare in group
)
"""All cases."""
