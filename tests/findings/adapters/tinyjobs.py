"""TinyJobs (https://github.com/Piergiuseppe/tinyjobs) on SQLite, with its own defaults.

Its worker runs functions. Here the kit takes its place and calls the backend as the worker does.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any

from tinyjobs import TinyJobs

from pytest_queuekit import Claim, KeyConflict, Liveness, Order, QueueAdapter, Retry
from pytest_queuekit.adapters.sqlite_locks import locked_is_busy


def work(payload: Any) -> None:
    """Stand for the user's function; the kit never calls it."""


@locked_is_busy
class TinyjobsQueue(QueueAdapter):
    """TinyJobs with three attempts; a wait lasts half of its length to all of it."""

    name = distribution = "tinyjobs"
    order = Order(priority="higher-first")
    liveness = Liveness.LEASE
    lease_seconds = 60.0
    retry = Retry(max_attempts=3, first=0.75, factor=2.0, cap=450.0, jitter=1 / 3)
    key_conflict = KeyConflict.KEEP
    refuses = (OverflowError, RecursionError, TypeError, UnicodeError, ValueError)

    def __init__(self, location: str) -> None:
        self.app = TinyJobs(f"sqlite:///{location}")
        self.task = self.app.task(max_attempts=self.retry.max_attempts)(work)
        self.app.start()

    def call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self.app.run_sync(coroutine, name="call")

    def enqueue(
        self, payload: Any, *, priority: int = 0, delay: float = 0, key: str | None = None
    ) -> str:
        options = self.task.with_options(priority=priority, delay=delay, key=key)
        return str(options.enqueue(payload).id)

    def claim(self, worker: str) -> Claim | None:
        limits = {"queues": ("default",), "limit": 1, "lease_seconds": self.lease_seconds}
        for job in self.call(self.app.backend.claim(worker_id=worker, **limits)):
            payload = self.app.decode(job).args[0]
            return Claim(task_id=job.id, payload=payload, worker=worker, handle=job)
        return None

    def complete(self, claim: Claim) -> bool:
        return bool(self.call(self.app.backend.complete(claim.handle, None)))

    def fail(self, claim: Claim, error: str) -> bool:
        reported = self.app.lifecycle.fail(claim.handle, self.task, RuntimeError(error))
        return bool(self.call(reported)[0])

    def cancel(self, task_id: str) -> bool:
        return bool(self.app.cancel(task_id))

    def reclaim(self) -> int:
        return int(self.call(self.app.backend.reap_expired()))

    def stats(self) -> Mapping[str, int]:
        counts = {"queued": 0, "running": 0, **self.app.counts()}
        return {"queued": counts["queued"], "leased": counts["running"]}

    def close(self) -> None:
        self.app.close()
