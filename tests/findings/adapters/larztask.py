"""TaskQueue of larztask (https://github.com/larz-scripter/larztask), one file for each job."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from larztask import TaskQueue

from pytest_queuekit import Claim, Order, QueueAdapter, Retry


class LarztaskQueue(QueueAdapter):
    """TaskQueue in a directory. `run_job` calls `work`, which ends as the kit says."""

    name = distribution = "larztask"
    order = Order(priority="higher-first")
    retry = Retry(max_attempts=4, first=2.0, factor=2.0, cap=3600.0)
    refuses = (RecursionError, TypeError, UnicodeError)

    def __init__(self, location: str) -> None:
        self.app = TaskQueue(location)
        self.error: str | None = None
        self.app.register("work", self.work, max_retries=self.retry.max_attempts - 1)

    def work(self, payload: Any) -> None:
        if self.error is not None:
            raise RuntimeError(self.error)

    def enqueue(self, payload: Any, *, priority: int = 0, delay: float = 0) -> str:
        return str(self.app.enqueue("work", args=(payload,), priority=priority, delay=delay))

    def claim(self, worker: str) -> Claim | None:
        job = self.app.store.claim_ready(time.time())
        if job is None:
            return None
        return Claim(task_id=job["id"], payload=job["args"][0], worker=worker, handle=job)

    def complete(self, claim: Claim) -> bool:
        return self.fail(claim, None)

    def fail(self, claim: Claim, error: str | None) -> bool:
        if claim.handle["status"] != "running":  # a worker runs each job that it claimed once
            return False
        self.error = error
        self.app.run_job(claim.handle)
        return True

    def stats(self) -> Mapping[str, int]:
        of_state = {"queued": "queued", "leased": "running", "completed": "done", "dead": "dead"}
        counts = self.app.counts()
        return {state: counts[its] for state, its in of_state.items()}

    def dead_letters(self) -> list[Any]:
        return [job["args"][0] for job in self.app.store.list("dead")]
