"""The durable queue of monlite (https://github.com/qataruts/monlite)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monlite import create_db, create_queue

from pytest_queuekit import Claim, KeyConflict, Liveness, Order, QueueAdapter, Retry
from pytest_queuekit.adapters.sqlite_locks import locked_is_busy


@locked_is_busy
class MonliteQueue(QueueAdapter):
    """A monlite queue with the three attempts of its own examples.

    `recover` frees the tasks that nobody touched for 60 s, its default: that is the lease.
    """

    name = distribution = "monlite"
    order = Order(priority="higher-first")
    liveness = Liveness.LEASE
    lease_seconds = 60.0
    retry = Retry(max_attempts=3, first=1.0, factor=2.0, cap=30.0)
    key_conflict = KeyConflict.KEEP
    refuses = (RecursionError, TypeError, UnicodeError, ValueError)
    limitations = ("Tasks of dead workers come back when the application calls recover().",)

    def __init__(self, location: str) -> None:
        self.db = create_db(location)
        self.queue = create_queue(self.db, max_attempts=self.retry.max_attempts)

    def enqueue(
        self, payload: Any, *, priority: int = 0, delay: float = 0, key: str | None = None
    ) -> int:
        options = {"delay": int(delay * 1000), "priority": priority, "job_id": key}
        return int(self.queue.add("work", payload, **options)["id"])

    def claim(self, worker: str) -> Claim | None:
        job = self.queue.claim("work")
        if job is None:
            return None
        return Claim(task_id=job["id"], payload=job["payload"], worker=worker, handle=job)

    def complete(self, claim: Claim) -> None:
        self.queue.complete(claim.handle)

    def fail(self, claim: Claim, error: str) -> None:
        self.queue.fail(claim.handle, error)

    def reclaim(self) -> int:
        return int(self.queue.recover())

    def stats(self) -> Mapping[str, int]:
        of = self.queue.counts()
        waiting = {"queued": of["pending"], "leased": of["active"]}
        return {**waiting, "completed": of["done"], "dead": of["failed"]}

    def close(self) -> None:
        self.db.close()
