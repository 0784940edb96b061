"""litequeue (https://github.com/litements/litequeue), with its own defaults.

Version 0.13 has a different API: each delivery has a number, `claim_id`. That version requires
Python 3.12.
`LitequeueQueue` is the class for the installed version.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from litequeue import LiteQueue, Message

from pytest_queuekit.adapters.sqlite_locks import locked_is_busy
from pytest_queuekit.model.adapter import Claim, Limitation, QueueAdapter
from pytest_queuekit.model.capabilities import KeyHold, Liveness, Payload


@locked_is_busy
class MessageLitequeue(QueueAdapter):
    """litequeue before 0.13, where an acknowledgement names only the message, not its holder.

    `release` calls `retry`, "mark a locked message as free again"; a failed message stays failed.
    `purge` keeps the failed messages.
    """

    name = distribution = "litequeue"
    payload = Payload.TEXT
    refuses: ClassVar[tuple[type[Exception], ...]] = (
        sqlite3.IntegrityError,
        sqlite3.ProgrammingError,
        UnicodeEncodeError,
    )
    limitations: ClassVar[tuple[Limitation | str, ...]] = (
        Limitation(
            rule="CRASH-1",
            reason="The application must find a dead worker's message and call retry()",
            source="litequeue.py, list_locked and retry",
        ),
        "done() accepts a message that is already done (litequeue.py, done).",
    )

    def __init__(self, location: str) -> None:
        self.queue = LiteQueue(location)

    def enqueue(self, payload: str) -> str:
        return str(self.queue.put(payload).message_id)

    def claim(self, worker: str) -> Claim | None:
        message = self.queue.pop()
        if message is None:
            return None
        return Claim(task_id=message.message_id, payload=message.data, worker=worker)

    def complete(self, claim: Claim) -> Any:
        self.queue.done(claim.task_id)

    def fail(self, claim: Claim, error: str) -> Any:
        self.queue.mark_failed(claim.task_id)

    def release(self, claim: Claim) -> Any:
        self.queue.retry(claim.task_id)

    def stats(self) -> Mapping[str, int]:
        leased = len(list(self.queue.list_locked(threshold_seconds=0)))
        dead = len(list(self.queue.list_failed()))
        return {"queued": self.queue.qsize() - leased, "leased": leased, "dead": dead}

    def dead_letters(self) -> Sequence[str]:
        return [message.data for message in self.queue.list_failed()]

    def purge(self) -> None:
        self.queue.prune(include_failed=False)

    def close(self) -> None:
        self.queue.close()


@locked_is_busy
class ClaimLitequeue(MessageLitequeue):
    """litequeue from 0.13 on, where an acknowledgement names the delivery and a stale one fails.

    The lease is an argument of `retry_expired` without a default. It is short here, so that the
    kit can wait for its end.
    """

    liveness = Liveness.LEASE
    lease_seconds = 2.0
    key_hold = KeyHold.FOR_EVER
    refuses = (sqlite3.IntegrityError, sqlite3.ProgrammingError, TypeError, ValueError)
    limitations = (
        "Tasks of dead workers come back when the application calls retry_expired() (README, "
        "Message claims).",
        "A key is free again once prune() has deleted its message (README, Idempotent submission).",
    )

    def enqueue(self, payload: str, *, key: str | None = None) -> str:
        return str(self.queue.put(payload, idempotency_key=key).message_id)

    def claim(self, worker: str) -> Claim | None:
        message = self.queue.pop()
        if message is None:
            return None
        identity = {"task_id": message.message_id, "token": message.claim_id}
        return Claim(**identity, payload=message.data, worker=worker)

    def complete(self, claim: Claim) -> bool:
        return bool(self.queue.done(claim.task_id, claim_id=claim.token))

    def fail(self, claim: Claim, error: str) -> bool:
        return bool(self.queue.mark_failed(claim.task_id, claim_id=claim.token))

    def release(self, claim: Claim) -> bool:
        return bool(self.queue.retry(claim.task_id, claim_id=claim.token))

    def reclaim(self) -> int:
        return int(self.queue.retry_expired(threshold_seconds=self.lease_seconds))

    def stats(self) -> Mapping[str, int]:
        of_state = {"queued": "ready", "leased": "locked", "completed": "done", "dead": "failed"}
        return {state: getattr(self.queue, f"{its}_count")() for state, its in of_state.items()}


LitequeueQueue: type[QueueAdapter] = (
    ClaimLitequeue if hasattr(Message, "claim_id") else MessageLitequeue
)
