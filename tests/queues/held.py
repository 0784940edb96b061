"""Queues that are busy, or slow, on a common day."""

from __future__ import annotations

import time

from pytest_queuekit.adapters.reference import ReferenceQueue
from pytest_queuekit.model.adapter import Claim


class Held(ReferenceQueue):
    """Keeps the write lock while it sends a mail, and has no patience with who else does."""

    name = "held"

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.db.close()
        self.db = self.module.QueueDatabase(location, busy_seconds=0.01)
        self.queue = self.module.TaskQueue(self.db)

    def complete(self, claim: Claim) -> None:
        with self.db.transaction():
            time.sleep(0.1)
        super().complete(claim)


class Slow(ReferenceQueue):
    """Takes a second for each claim, without keeping anybody else from theirs."""

    name = "slow"

    def claim(self, worker: str, **options: object) -> Claim | None:
        time.sleep(1)
        return super().claim(worker, **options)  # type: ignore[arg-type]
