"""SQLiteQueue of sqqueue (https://github.com/jaymd/sqqueue), with its own defaults."""

from __future__ import annotations

from typing import Any

from sqqueue import SQLiteQueue
from sqqueue.exceptions import CompletionError, EnqueueError, QueueError, RequeueError

from pytest_queuekit import Claim, Liveness, Order, Payload, QueueAdapter, Retry
from pytest_queuekit.adapters.sqlite_locks import locked_is_busy


@locked_is_busy(errors=(QueueError,))
class SqqueueQueue(QueueAdapter):
    """SQLiteQueue. `fail_message` gives a message back, until its five attempts are over."""

    name = distribution = "sqqueue"
    order = Order(priority="higher-first")
    payload = Payload.TEXT
    liveness = Liveness.LEASE
    lease_seconds = 300.0
    retry = Retry(max_attempts=5)
    refuses = (CompletionError, EnqueueError, RequeueError, UnicodeError)
    limitations = ("Messages of dead workers come back when the application recovers them.",)

    def __init__(self, location: str) -> None:
        self.queue = SQLiteQueue(location)

    def enqueue(
        self,
        payload: str,
        *,
        priority: int | None = None,
        delay: float = 0,
        max_attempts: int | None = None,
    ) -> Any:
        return value_of(self.queue.enqueue(payload, priority, delay, max_attempts))

    def claim(self, worker: str) -> Claim | None:
        message = value_of(self.queue.dequeue())
        if message is None:
            return None
        return Claim(task_id=message[0], payload=message[1], worker=worker)

    def complete(self, claim: Claim) -> None:
        value_of(self.queue.complete(claim.task_id))

    def fail(self, claim: Claim, error: str) -> None:
        value_of(self.queue.fail_message(claim.task_id))

    def release(self, claim: Claim) -> None:
        value_of(self.queue.requeue(claim.task_id))

    def reclaim(self) -> Any:
        return value_of(self.queue.recover_processing_messages())

    def dead_letters(self) -> list[str]:
        return [letter["payload"] for letter in value_of(self.queue.get_dead_letters())]


def value_of(result: Any) -> Any:
    """Return the value of the library's Result; raise its error."""
    if result.is_err():
        raise result.error
    return result.value
