"""Whether a worker can do its whole work on a database.

All tasks are claimed on a scratch copy of the database's schema, so that no task of others is
touched and none of ours is left. Only the write lock is taken on the database itself.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from ..database import QueueDatabase
from ..exceptions import QueueDatabaseError, StaleClaimError
from ..models import Task
from ..scheduling import SchedulingStrategy, TaskClaimerFactory
from ..tasks import TaskQueue
from .scratch import scratch_folder

_LEASE = 60.0
_OBJECTS = """
    SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite@_%' ESCAPE '@'
    ORDER BY type = 'trigger', type = 'index', type = 'view'
"""


def problems(db: QueueDatabase, worker_id: str) -> tuple[str, ...]:
    """Return what keeps a worker from its work; nothing if it can do all of it."""
    found: list[str] = []
    try:
        with db.transaction():
            pass
        with _copy_of_schema(db) as (copy, clock):
            found.extend(_Cycle(copy, clock, worker_id).problems())
    except QueueDatabaseError as error:
        found.append(str(error))
    except sqlite3.Error as error:
        found.append(f"the schema of {db.path} cannot be copied ({error}): validate the file")
    except Exception as error:  # noqa: BLE001 - what is broken may raise anything
        found.append(f"a step ended with {type(error).__name__}: {error}")
    return tuple(found)


class _Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = time.time()

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def _copy_of_schema(db: QueueDatabase) -> Iterator[tuple[QueueDatabase, _Clock]]:
    with db.connection() as conn:
        statements = [row[0] for row in conn.execute(_OBJECTS)]
        version = conn.execute("PRAGMA user_version").fetchone()[0]
    with scratch_folder() as folder:
        path = folder / "scratch.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as conn:
            conn.execute("BEGIN")
            for statement in statements:
                conn.execute(statement)
            conn.execute(f"PRAGMA user_version={version}")
            conn.execute("COMMIT")
        clock = _Clock()
        copy = type(db)(path, clock=clock)
        try:
            yield copy, clock
        finally:
            copy.close()


class _Cycle:
    """The work of one worker, step by step."""

    def __init__(self, db: QueueDatabase, clock: _Clock, worker_id: str) -> None:
        self._db = db
        self._queue = TaskQueue(db, rng=random.Random(0))  # noqa: S311 - a repeatable jitter
        self._clock = clock
        self._worker = worker_id

    def problems(self) -> Iterator[str]:
        """Run the steps; each yields what went wrong in it."""
        steps: tuple[Callable[[], Iterator[str]], ...] = (
            self._report,
            self._work,
            self._try_again,
            self._lose_lease,
            self._use_strategies,
        )
        for step in steps:
            yield from step()

    def _report(self) -> Iterator[str]:
        self._queue.heartbeat(self._worker, {"region": "EU"})
        listed = self._db.execute("SELECT worker_id FROM workers").fetchall()
        if [row[0] for row in listed] != [self._worker]:
            yield f"a heartbeat of worker {self._worker!r} does not put it on the list of workers"

    def _work(self) -> Iterator[str]:
        task = self._claimed({"step": "work"})
        self._queue.log(task.id, "INFO", "probe")
        extended = self._queue.extend(task, 2 * _LEASE)
        if (extended.lease_until_utc or "") <= (task.lease_until_utc or ""):
            yield "extend() does not move the end of the lease"
        self._queue.complete(extended, {"ok": True})
        done = self._queue.get(task.id)
        if done.status != "completed" or done.get_result() != {"ok": True}:
            yield f"a completed task has status {done.status!r} and result {done.result!r}"

    def _try_again(self) -> Iterator[str]:
        task = self._claimed({"step": "try again"})
        failed = self._queue.fail(task, "probe")
        if (failed.status, failed.attempts) != ("queued", 1):
            yield f"a failed task is {failed.status!r} after {failed.attempts} attempt(s)"
        if self._queue.claim(self._worker) is not None:
            yield "a failed task is claimed again at once, without its wait"
        self._clock.seconds += 10
        self._queue.release(self._again())
        self._queue.complete(self._again())

    def _lose_lease(self) -> Iterator[str]:
        late = self._claimed({"step": "lose the lease"})
        self._clock.seconds += 2 * _LEASE
        taken_over = self._again()
        try:
            self._queue.complete(late)
        except StaleClaimError:
            pass
        else:
            yield "a claim whose lease lapsed can still complete the task"
        self._queue.complete(taken_over)

    def _use_strategies(self) -> Iterator[str]:
        for strategy in SchedulingStrategy:
            wanted = self._queue.enqueue("probe", {"step": strategy.name})
            task = TaskClaimerFactory.create(strategy, self._db).claim_task(
                self._worker, {"region": "EU"}, _LEASE
            )
            if task is None or (task.id, task.locked_by) != (wanted, self._worker):
                yield f"a {strategy.name} claim does not get the only task"
            else:
                self._queue.complete(task)

    def _claimed(self, payload: dict[str, str]) -> Task:
        self._queue.enqueue("probe", payload)
        task = self._again()
        if task.get_payload() != payload or task.locked_by != self._worker:
            raise QueueDatabaseError(f"{payload} was enqueued, and {task} was claimed")
        return task

    def _again(self) -> Task:
        task = self._queue.claim(self._worker, lease_seconds=_LEASE)
        if task is None:
            raise QueueDatabaseError(f"worker {self._worker!r} gets no task while one is due")
        return task
