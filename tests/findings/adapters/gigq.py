"""GigQ (https://github.com/kpouianou/gigq), with its own defaults.

GigQ's worker runs functions. Here the kit takes its place and calls what `Worker.process_one` calls
before and after the function.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gigq import Job, JobQueue, JobStatus, Worker

from pytest_queuekit import Claim, Liveness, Order, QueueAdapter
from pytest_queuekit.adapters.sqlite_locks import locked_is_busy


def work(payload: Any) -> None:
    """Stand for the user's function; the kit never calls it."""


@locked_is_busy
class GigqQueue(QueueAdapter):
    """JobQueue and Worker. A job that runs longer than its time-out of 300 s is retried."""

    name = distribution = "gigq"
    order = Order(priority="higher-first", ties="none")
    liveness = Liveness.LEASE
    lease_seconds = 300.0
    refuses = (RecursionError, TypeError, UnicodeError, ValueError)

    def __init__(self, location: str) -> None:
        self.queue = JobQueue(location)
        self.worker = Worker(location)

    def enqueue(self, payload: Any, *, priority: int = 0, max_attempts: int = 3) -> str:
        options = {"priority": priority, "max_attempts": max_attempts}
        return str(self.queue.submit(Job("work", work, params={"payload": payload}, **options)))

    def claim(self, worker: str) -> Claim | None:
        self.worker._check_for_timeouts()
        job = self.worker._claim_job()
        if job is None:
            return None
        identity = {"task_id": job["id"], "attempt": job["attempts"], "handle": job["execution_id"]}
        return Claim(**identity, payload=job["params"]["payload"], worker=worker)

    def complete(self, claim: Claim) -> None:
        self.worker._complete_job(claim.task_id, claim.handle, JobStatus.COMPLETED)

    def cancel(self, task_id: str) -> bool:
        return bool(self.queue.cancel(task_id))

    def stats(self) -> Mapping[str, int]:
        of = self.queue.stats()
        waiting = {"queued": of["pending"], "leased": of["running"]}
        return {**waiting, "completed": of["completed"], "dead": of["failed"] + of["timeout"]}

    def purge(self) -> int:
        return int(self.queue.clear_completed())

    def close(self) -> None:
        self.queue.close()
