"""Queue of simplebroker (https://github.com/VanL/simplebroker).

It has no claims of its own. Its README recommends for critical work: move each message to a queue
of messages in flight, and delete it there after the work.
"""

from __future__ import annotations

from collections.abc import Mapping

from simplebroker import Queue
from simplebroker.ext import MessageError

from pytest_queuekit import Claim, Limitation, Payload, QueueAdapter
from pytest_queuekit.adapters.sqlite_locks import locked_is_busy


@locked_is_busy
class SimplebrokerQueue(QueueAdapter):
    """Two queues in one file, and messages that move between them."""

    name = distribution = "simplebroker"
    payload = Payload.TEXT
    refuses = (MessageError,)
    limitations = (
        Limitation(
            rule="CRASH-1",
            reason="The application moves the messages of a dead worker back",
            source="README, The SimpleBroker Model: the application owns retries and completion",
        ),
    )

    def __init__(self, location: str) -> None:
        self.tasks = Queue("tasks", db_path=location)
        self.in_flight = Queue("in-flight", db_path=location)

    def enqueue(self, payload: str) -> int:
        return int(self.tasks.write(payload))

    def claim(self, worker: str) -> Claim | None:
        moved = self.tasks.move_one(self.in_flight, with_timestamps=True)
        if moved is None:
            return None
        return Claim(task_id=moved[1], payload=moved[0], worker=worker)

    def complete(self, claim: Claim) -> bool:
        return bool(self.in_flight.delete(message_id=claim.task_id))

    def cancel(self, task_id: int) -> bool:
        return bool(self.tasks.delete(message_id=task_id))

    def stats(self) -> Mapping[str, int]:
        return {"queued": self.tasks.stats().pending, "leased": self.in_flight.stats().pending}

    def close(self) -> None:
        self.tasks.close()
        self.in_flight.close()
