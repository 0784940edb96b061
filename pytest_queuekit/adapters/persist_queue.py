"""SQLiteAckQueue of persist-queue (https://github.com/peter-wangxu/persist-queue).

It uses the library's defaults, except `multithreading=True`, which the README requires if several
threads share an instance.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from persistqueue import Empty, SQLiteAckQueue

from pytest_queuekit.adapters.sqlite_locks import locked_is_busy
from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import Liveness, Sharing


@locked_is_busy
class PersistQueue(QueueAdapter):
    """SQLiteAckQueue, which delivers unacknowledged tasks again when the queue is next opened.

    As the library's README shows, a task is acknowledged with the object that `get` returned.
    """

    name = "persist-queue"
    distribution = "persist-queue"
    liveness = Liveness.PROCESS
    notice_seconds = 1.0
    sharing = Sharing.THREADS
    refuses = (pickle.PicklingError, RecursionError)
    limitations = (
        "It serves the threads of one process, not several processes "
        "(https://github.com/peter-wangxu/persist-queue/issues/132 and /152).",
        "A task marked with ack_failed() is not retried (README, Acknowledgment Queue).",
    )

    def __init__(self, location: str) -> None:
        self.queue = SQLiteAckQueue(location, multithreading=True)

    @classmethod
    def provision(cls, folder: Path) -> str:
        return str(folder / "queue")

    def enqueue(self, payload: Any) -> Any:
        return self.queue.put(payload)

    def claim(self, worker: str) -> Claim | None:
        try:
            item = self.queue.get(block=False)
        except Empty:
            return None
        return Claim(task_id=None, payload=item, worker=worker, handle=item)

    def complete(self, claim: Claim) -> bool:
        return self.queue.ack(claim.handle) is not None

    def fail(self, claim: Claim, error: str) -> bool:
        return self.queue.ack_failed(claim.handle) is not None

    def release(self, claim: Claim) -> bool:
        return self.queue.nack(claim.handle) is not None

    def stats(self) -> Mapping[str, int]:
        queue = self.queue
        done, dead = queue.acked_count(), queue.ack_failed_count()
        waiting = {"queued": queue.size, "leased": queue.unack_count()}
        return {**waiting, "completed": done, "dead": dead}

    def purge(self) -> None:
        self.queue.clear_acked_data(max_delete=0, keep_latest=0)

    def close(self) -> None:
        self.queue.close()
