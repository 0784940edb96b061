"""FifoDiskQueue of queuelib (https://github.com/scrapy/queuelib)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from queuelib import FifoDiskQueue

from pytest_queuekit import Claim, Durability, Guarantee, Payload, QueueAdapter, Sharing


class QueuelibQueue(QueueAdapter):
    """FifoDiskQueue, which only one thread may use, and which must be closed to keep its items."""

    name = distribution = "queuelib"
    guarantee = Guarantee.AT_MOST_ONCE
    durability = Durability.NONE
    payload = Payload.BYTES
    sharing = Sharing.NONE
    refuses = (TypeError,)
    limitations = (
        "Items are lost if a process ends without close() (README, Always close disk queues).",
    )

    def __init__(self, location: str) -> None:
        self.queue: FifoDiskQueue | None = FifoDiskQueue(location)

    @classmethod
    def provision(cls, folder: Path) -> str:
        return str(folder / "queue")

    def enqueue(self, payload: bytes) -> None:
        self.opened().push(payload)

    def claim(self, worker: str) -> Claim | None:
        item = self.opened().pop()
        return None if item is None else Claim(task_id=None, payload=item, worker=worker)

    def stats(self) -> Mapping[str, int]:
        return {"queued": len(self.opened())}

    def close(self) -> None:
        if self.queue is not None:
            self.queue.close()
            self.queue = None

    def opened(self) -> FifoDiskQueue:
        if self.queue is None:
            raise ValueError("the queue is closed")
        return self.queue
