"""Forks a process in the middle of its work, and lets parent and child work on.

The parent forks while it is idle, in a block, in a statement, or with an sqlite3 connection of its
own. The child works, or gets an error, and ends in one of several ways. Then the parent goes on.
"""

from __future__ import annotations

import os
import random
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path

from pytest_queuekit.queue import QueueDatabase, QueueDatabaseError, TaskQueue
from tests.faults.attack import Attack
from tests.faults.cases import Ended, Send, forked, remove
from tests.faults.tally import Tally
from tests.queue.world import START

CASES = 100
TASKS = 20
"""Tasks that parent and child enqueue, claim and complete side by side."""
LARGE = 200
"""Large rows of a block: more than its cache holds, so that some are in the log before the fork."""

Moment = Callable[[QueueDatabase], AbstractContextManager[object]]


@contextmanager
def _in_transaction(db: QueueDatabase) -> Iterator[None]:
    payload = f'"{"x" * 3000}"'
    with db.transaction() as conn:
        conn.execute("PRAGMA cache_size = 10").fetchall()
        for number in range(2 * LARGE):
            if number == LARGE:
                yield
            conn.execute("INSERT INTO task_queue (type, payload) VALUES ('block', ?)", (payload,))


@contextmanager
def _in_savepoint(db: QueueDatabase) -> Iterator[None]:
    with _in_transaction(db), db.transaction():
        yield


@contextmanager
def _with_unread_rows(db: QueueDatabase) -> Iterator[None]:
    with db.connection() as conn:
        rows = conn.execute("SELECT id FROM task_queue")
        rows.fetchone()
        yield
        rows.close()


@contextmanager
def _with_own_connection(db: QueueDatabase) -> Iterator[None]:
    with closing(sqlite3.connect(db.path, isolation_level=None)) as conn:
        conn.execute("BEGIN")
        conn.execute("SELECT count(*) FROM task_queue").fetchall()
        yield
        conn.execute("COMMIT")


MOMENTS: dict[str, Moment] = {
    "idle": lambda db: nullcontext(),
    "in connection()": lambda db: db.connection(),
    "in transaction()": _in_transaction,
    "in a nested transaction()": _in_savepoint,
    "in snapshot()": lambda db: db.snapshot(),
    "with unread rows": _with_unread_rows,
    "with an sqlite3 connection": _with_own_connection,
}
SIDE_BY_SIDE = ("idle", "in connection()", "with an sqlite3 connection")
"""The moments in which the parent can work on while the child does."""
ENDINGS = ("return", "_exit", "exit", "error")


def _case(path: Path, moment: str, ending: str, send: Send) -> None:
    """Fork at a moment; both processes send the ids that they enqueued and completed."""
    db = QueueDatabase(path, busy_seconds=2)
    queue = TaskQueue(db)
    _work(queue, "before", send)
    child = None
    try:
        with MOMENTS[moment](db):
            child = os.fork()
            if child == 0:
                _work_in_child(path, send)
                _end(ending)
            if moment in SIDE_BY_SIDE:
                _work(queue, "parent", send)
            os.waitpid(child, 0)
    except QueueDatabaseError:
        if child != 0:
            raise
        send("refused at the end of the block")
    if child == 0:
        os._exit(0)
    _work(queue, "after", send)
    db.close()


def _work_in_child(path: Path, send: Send) -> None:
    with QueueDatabase(path, busy_seconds=0.05) as db:
        try:
            _work(TaskQueue(db), "child", send)
        except QueueDatabaseError as error:
            send(f"refused {type(error).__name__}")


def _work(queue: TaskQueue, name: str, send: Send) -> None:
    for number in range(TASKS):
        send(f"enqueued {queue.enqueue(name, number)}")
        task = queue.claim(name)
        if task is not None:
            queue.complete(task)
            send(f"completed {task.id}")


def _end(ending: str) -> None:
    match ending:
        case "_exit":
            os._exit(0)
        case "exit":
            sys.exit(0)
        case "error":
            raise QueueDatabaseError("of the child's own work")


def _batch(number: int, limit: int, folder: Path) -> Tally:
    tally, rng, path = Tally(), random.Random(number), folder / "forked.db"
    for _ in range(min(limit, CASES)):
        remove(path)
        moment, ending = rng.choice(list(MOMENTS)), rng.choice(ENDINGS)
        where = f"batch {number}: fork {moment}, the child ends by {ending}"
        tally.tried += 1
        ended = forked(lambda send, at=moment, by=ending: _case(path, at, by, send))  # type: ignore[misc] # bound choices
        if ended.error:
            tally.report("wrong", f"{where}: {ended.error.splitlines()[-1]}")
        _audit(path, ended, tally, where, in_block=2 * LARGE if "transaction()" in moment else 0)
        refusals = sum(line.startswith("refused") for line in ended.lines)
        tally.measure("refusals in one child", refusals)
    return tally


def _audit(path: Path, ended: Ended, tally: Tally, where: str, *, in_block: int) -> None:
    enqueued = [line.split()[1] for line in ended.lines if line.startswith("enqueued")]
    completed = [line.split()[1] for line in ended.lines if line.startswith("completed")]
    for name, ids in (("enqueued", enqueued), ("completed", completed)):
        if len(set(ids)) < len(ids):
            tally.report("doubled", f"{where}: an id was {name} twice")
    try:
        with QueueDatabase(path, clock=lambda: START + 1e9) as db:
            for problem in TaskQueue(db).integrity_check():
                tally.report("damaged", f"{where}: {problem}")
            rows = {str(row[0]): row[1] for row in db.execute("SELECT id, status FROM task_queue")}
    except (QueueDatabaseError, sqlite3.Error) as error:
        tally.report("damaged", f"{where}: {error}")
        return
    if len(rows) < len(enqueued) + in_block:
        tally.report("lost", f"{where}: {len(rows)} tasks of {len(enqueued) + in_block}")
    if len(rows) > len(enqueued) + in_block:
        tally.report("doubled", f"{where}: {len(rows)} tasks of {len(enqueued) + in_block}")
    for task_id in completed:
        if rows.get(task_id) != "completed":
            tally.report("lost", f"{where}: the completion of task {task_id}")


FORKS = Attack(
    name="fork",
    model="os.fork() while the process is idle, in a block, in a statement, or has an sqlite3 "
    "connection of its own",
    checked="parent and child lose and double nothing, and the file is sound; a child that cannot "
    "use the file gets an error",
    batches=20,
    run=_batch,
)
