"""huey (https://github.com/coleifer/huey) with SqliteHuey, with its own defaults.

huey's consumer runs functions. Here the kit is the consumer: a claim does what huey's scheduler
and worker do up to the moment where the function would run.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

from huey import SqliteHuey

from pytest_queuekit.adapters.sqlite_locks import locked_is_busy
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Guarantee, Order


def work(payload: Any) -> None:
    """Stand for the function that a user would have run; it is never called."""


@locked_is_busy
class HueyQueue(QueueAdapter):
    """SqliteHuey, with the kit in the consumer's place. A task is gone once it is dequeued."""

    name = "huey"
    distribution = "huey"
    order = Order(priority="higher-first", ties="none")
    guarantee = Guarantee.AT_MOST_ONCE
    refuses = (pickle.PicklingError, RecursionError)
    limitations = (
        "A task whose worker is killed is lost (docs/deployment.rst, Shutdown Signals).",
        "Tasks of one priority are not strictly first in, first out, unless strict_fifo is set "
        "(huey/storage.py, SqliteStorage).",
        "A cancelled task stays until a worker meets it and throws it away (docs/api.rst, revoke).",
        "Failed tasks are retried by huey's own consumer, which the kit does not run "
        "(docs/guide.rst, Retrying tasks that fail).",
    )

    def __init__(self, location: str) -> None:
        self.huey = SqliteHuey(filename=location)
        self.task = self.huey.task()(work)

    def enqueue(
        self, payload: Any, *, priority: int | None = None, delay: float | None = None
    ) -> str:
        return str(self.task(payload, priority=priority, delay=delay).id)

    def claim(self, worker: str) -> Claim | None:
        for due in self.huey.read_schedule():
            self.huey.enqueue(due)
        while (task := self.huey.dequeue()) is not None:
            if not self.huey.ready_to_run(task):
                self.huey.add_schedule(task)
            elif not self.huey.is_revoked(task, peek=False):
                return Claim(task_id=task.id, payload=task.args[0], worker=worker)
        return None

    def cancel(self, task_id: Any) -> None:
        self.huey.revoke_by_id(task_id)

    def stats(self) -> Mapping[str, int]:
        waiting = self.huey.pending_count() + self.huey.scheduled_count()
        if self.huey.result_count():  # among the results it keeps what was revoked
            tasks = [*self.huey.pending(), *self.huey.scheduled()]
            waiting -= sum(map(self.huey.is_revoked, tasks))
        return {"queued": waiting}

    def close(self) -> None:
        self.huey.storage.close()
