"""Checks that a worker can do its whole work on a database.

The worker claims tasks on a scratch copy of the database's schema, so the check touches no other
task and leaves none behind. On the database itself it only takes the write lock.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from ..database import QueueDatabase, checked_database
from ..exceptions import QueueDatabaseError, StaleClaimError
from ..messages import one_line, shown
from ..models import Task
from ..scheduling import TaskClaimerFactory
from ..schema import tuples
from ..strategies import SchedulingStrategy
from ..tasks import TaskQueue
from .scratch import scratch_folder

_LEASE = 60.0
_OBJECTS = """
    SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite@_%' ESCAPE '@'
    ORDER BY type = 'trigger', type = 'index', type = 'view'
"""


def problems(db: QueueDatabase, worker_id: str, task_type: str) -> tuple[str, ...]:
    """Return the problems of a worker; empty if it can do its whole work."""
    faults: list[str] = []
    try:
        with checked_database(db).transaction():
            pass
        with _copy_of_schema(db) as (copy, clock):
            faults.extend(_Cycle(copy, clock, worker_id, task_type).problems())
    except QueueDatabaseError as error:
        faults.append(str(error))
    except sqlite3.Error as error:
        faults.append(f"the schema of {db.path} cannot be copied ({error}): validate the file")
    except Exception as error:  # noqa: BLE001 - broken code may raise anything
        faults.append(f"a step raised {type(error).__name__}: {one_line(str(error))}")
    return tuple(faults)


class _Clock:
    """A clock that the steps move by hand."""

    def __init__(self) -> None:
        self.seconds = time.time()

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def _copy_of_schema(db: QueueDatabase) -> Iterator[tuple[QueueDatabase, _Clock]]:
    with db.connection() as conn:
        cursor = tuples(conn)
        statements = [row[0] for row in cursor.execute(_OBJECTS)]
        marks = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("user_version", "application_id")
        }
    with scratch_folder() as folder:
        path = folder / "scratch.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as conn:
            conn.execute("BEGIN")
            for statement in statements:
                conn.execute(statement)
            for name, value in marks.items():
                conn.execute(f"PRAGMA {name}={value}")
            conn.execute("COMMIT")
        clock = _Clock()
        copy = type(db)(path, clock=clock)
        try:
            yield copy, clock
        finally:
            copy.close()


class _Cycle:
    """The work of one worker, step by step."""

    def __init__(self, db: QueueDatabase, clock: _Clock, worker_id: str, task_type: str) -> None:
        self._db = db
        self._queue = TaskQueue(db, rng=random.Random(0))  # noqa: S311 - a repeatable jitter
        self._clock = clock
        self._worker = worker_id
        self._type = task_type

    def problems(self) -> Iterator[str]:
        """Run the steps and yield their problems."""
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
            yield (
                f"a heartbeat of worker {shown(self._worker)} does not add it to the list of "
                "workers"
            )

    def _work(self) -> Iterator[str]:
        task = self._enqueue_and_claim({"step": "work"})
        self._queue.log(task.id, "INFO", "probe")
        extended = self._queue.extend(task, 2 * _LEASE)
        if (extended.lease_until_utc or "") <= (task.lease_until_utc or ""):
            yield "extend() does not move the end of the lease"
        self._queue.complete(extended, {"ok": True})
        done = self._queue.get(task.id)
        if done.status != "completed" or done.get_result() != {"ok": True}:
            yield (
                f"a completed task has status {shown(done.status)} and result {shown(done.result)}"
            )

    def _try_again(self) -> Iterator[str]:
        task = self._enqueue_and_claim({"step": "try again"})
        failed = self._queue.fail(task, "probe")
        if (failed.status, failed.attempts) != ("queued", 1):
            yield f"a failed task is {shown(failed.status)} after {failed.attempts} attempt(s)"
        if self._queue.claim(self._worker) is not None:
            yield "a failed task is claimed again at once, without its wait"
        self._clock.seconds += 10
        self._queue.release(self._claim())
        self._queue.complete(self._claim())

    def _lose_lease(self) -> Iterator[str]:
        late = self._enqueue_and_claim({"step": "lose the lease"})
        self._clock.seconds += 2 * _LEASE
        taken_over = self._claim()
        try:
            self._queue.complete(late)
        except StaleClaimError:
            pass
        else:
            yield "a claim with a lapsed lease can still complete the task"
        self._queue.complete(taken_over)

    def _use_strategies(self) -> Iterator[str]:
        for strategy in SchedulingStrategy:
            wanted = self._queue.enqueue(self._type, {"step": strategy.name})
            task = TaskClaimerFactory.create(strategy, self._db).claim_task(
                self._worker, {"region": "EU"}, _LEASE
            )
            if task is None or (task.id, task.locked_by) != (wanted, self._worker):
                yield f"a {strategy.name} claim does not get the only task"
            else:
                self._queue.complete(task)

    def _enqueue_and_claim(self, payload: dict[str, str]) -> Task:
        self._queue.enqueue(self._type, payload)
        task = self._claim()
        if task.get_payload() != payload or task.locked_by != self._worker:
            raise QueueDatabaseError(f"enqueued {payload}, but claimed {task}")
        return task

    def _claim(self) -> Task:
        task = self._queue.claim(self._worker, lease_seconds=_LEASE)
        if task is None:
            raise QueueDatabaseError(
                f"worker {shown(self._worker)} gets no task while a task is due"
            )
        return task
