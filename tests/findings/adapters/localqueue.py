"""SimpleQueue of localqueue (https://github.com/brunoportis/localqueue)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from localqueue import DeliveryPolicy, Empty, LeaseExpired, LocalQueueError, SimpleQueue

from pytest_queuekit import Claim, KeyHold, Liveness, QueueAdapter, Retry
from pytest_queuekit.adapters.sqlite_locks import locked_is_busy


@locked_is_busy(errors=(LocalQueueError,))
class LocalQueue(QueueAdapter):
    """SimpleQueue, a directory with leases and receipts.

    The lease is short here, so that the kit can wait for its end: the clock is read in Rust.
    """

    name = distribution = "localqueue"
    liveness = Liveness.LEASE
    lease_seconds = 2.0
    retry = Retry(max_attempts=4)
    key_hold = KeyHold.FOR_EVER
    refuses = (LeaseExpired, RecursionError, TypeError, UnicodeError, ValueError)

    def __init__(self, location: str) -> None:
        self.queue = SimpleQueue(location, delivery=DeliveryPolicy(self.lease_seconds))

    def enqueue(self, payload: Any, *, key: str | None = None) -> int:
        return int(self.queue.put(payload, job_id=key))

    def enqueue_many(self, payloads: Sequence[Any]) -> list[int]:
        return list(self.queue.put_many(list(payloads)))

    def claim(self, worker: str) -> Claim | None:
        try:
            job = self.queue.get(timeout=0)
        except Empty:
            return None
        return Claim(task_id=job.id, payload=job.data, worker=worker, token=job.receipt, handle=job)

    def complete(self, claim: Claim) -> None:
        self.queue.ack(claim.handle)

    def fail(self, claim: Claim, error: str) -> None:
        self.queue.nack(claim.handle, last_error=error)

    def extend(self, claim: Claim, seconds: float) -> Claim:
        self.queue.extend_lease(claim.handle, seconds)
        return claim

    def stats(self) -> Mapping[str, int]:
        of = self.queue.stats()
        waiting = {"queued": of["ready"], "leased": of["processing"]}
        return {**waiting, "completed": of["acked"], "dead": of["failed"]}

    def dead_letters(self) -> list[Any]:
        return [message.data for message in self.queue.list_failed()]

    def close(self) -> None:
        self.queue.close()
