"""Correct queues with a place where a mutant can go wrong that the plain ones have not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_queuekit.model.adapter import Claim
from tests.queues.memory import MemoryQueue


class KnowsTheWorker(MemoryQueue):
    """Knows, while it claims, for whom."""

    worker = ""

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        with self.store.lock:
            self.worker = worker
            return super().claim(worker, lease=lease, capabilities=capabilities)


class KnowsTheBatch(MemoryQueue):
    """Knows, while it claims, whether it claims a batch."""

    in_batch = False

    def claim_many(self, worker: str, limit: int, *, lease: float = 60.0) -> list[Claim]:
        with self._atomically():
            self.in_batch = True
            try:
                return super().claim_many(worker, limit, lease=lease)
            finally:
                self.in_batch = False
