"""SqliteHuey of huey (https://github.com/coleifer/huey), with its own defaults.

huey's consumer runs functions. Here the kit takes the consumer's place: a claim does what huey's
scheduler and worker do before they run the function.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

from huey import SqliteHuey

from pytest_queuekit.adapters.sqlite_locks import locked_is_busy
from pytest_queuekit.model.adapter import Claim, Limitation, QueueAdapter
from pytest_queuekit.model.capabilities import Guarantee, Order


def work(payload: Any) -> None:
    """Stand for the user's function; the kit never calls it."""


@locked_is_busy
class HueyQueue(QueueAdapter):
    """SqliteHuey, with the kit as its consumer. A dequeued task is gone from the queue."""

    name = "huey"
    distribution = "huey"
    order = Order(priority="higher-first", ties="none")
    guarantee = Guarantee.AT_MOST_ONCE
    refuses = (pickle.PicklingError, RecursionError)
    limitations = (
        Limitation(
            rule="STATS-5",
            reason="A cancelled task stays until a worker reads and discards it",
            source="docs/guide.rst, revoke and restore",
        ),
        "A task whose worker is killed is lost (docs/deployment.rst, Shutdown Signals).",
        "Tasks of one priority are not strictly first in, first out, unless strict_fifo is set "
        "(huey/storage.py, SqliteStorage).",
        "huey's own consumer retries failed tasks; the kit does not run it "
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
        return {"queued": self.huey.pending_count() + self.huey.scheduled_count()}

    def close(self) -> None:
        self.huey.storage.close()
