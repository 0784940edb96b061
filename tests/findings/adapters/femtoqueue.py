"""FemtoQueue (https://github.com/jantuomi/femtoqueue), one file for each task."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from femtoqueue import FemtoQueue, FemtoTask

from pytest_queuekit import Claim, Liveness, Order, Payload, QueueAdapter


class FemtoqueueQueue(QueueAdapter):
    """FemtoQueue, with a node for each instance.

    The time-out of a task is short here, so that the kit can wait for its end: the library reads
    the monotonic clock.
    """

    name = distribution = "femtoqueue"
    order = Order(resolution=0.000001)
    payload = Payload.BYTES
    liveness = Liveness.LEASE
    lease_seconds = 2.0
    refuses = (TypeError,)

    def __init__(self, location: str) -> None:
        timeout = int(self.lease_seconds * 1000)
        self.queue = FemtoQueue(location, uuid.uuid4().hex, timeout_stale_ms=timeout)

    @classmethod
    def provision(cls, folder: Path) -> str:
        return str(folder / "tasks")

    def enqueue(self, payload: bytes, *, delay: float | None = None) -> str:
        if delay is None:
            return str(self.queue.push(payload))
        return str(self.queue.schedule(payload, int((time.time() + delay) * 1_000_000)))

    def claim(self, worker: str) -> Claim | None:
        task = self.queue.pop()
        if task is None:
            return None
        return Claim(task_id=task.id, payload=task.data, worker=worker, handle=task)

    def complete(self, claim: Claim) -> bool:
        return in_progress(self.queue.done, claim.handle)

    def fail(self, claim: Claim, error: str) -> bool:
        return in_progress(self.queue.fail, claim.handle)


def in_progress(report: Callable[[FemtoTask], Any], task: FemtoTask) -> bool:
    """Report a result; False if the library raises its bare Exception, "not in progress"."""
    try:
        report(task)
    except Exception as error:
        if type(error) is Exception:
            return False
        raise
    return True
