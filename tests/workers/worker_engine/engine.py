"""A worker: claims, works, acknowledges, reports that it lives, and stops on request."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pytest_queuekit.queue import QueueDatabase, StaleClaimError, Task, TaskQueue
from pytest_queuekit.queue.config import HEARTBEAT_SECONDS, LEASE_SECONDS

Handler = Callable[[Any], Any]


class Engine:
    """Works off the tasks of one queue, one at a time.

    queue: where the tasks are. worker_id: by which name they are claimed.
    handlers: what to do, by type; a task of another type is given back as a dead letter.
    lease_seconds: of a claim; while a handler works, it is extended again and again.
    """

    def __init__(
        self,
        queue: TaskQueue,
        worker_id: str,
        handlers: Mapping[str, Handler],
        *,
        capabilities: Mapping[str, Any] | None = None,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._queue = queue
        self._worker_id = worker_id
        self._handlers = handlers
        self._capabilities = capabilities
        self._lease_seconds = lease_seconds
        self._reported = float("-inf")

    def run_once(self) -> bool:
        """Work off one task; return whether there was one."""
        self._report()
        task = self._queue.claim(
            self._worker_id, self._capabilities, lease_seconds=self._lease_seconds
        )
        if task is None:
            return False
        try:
            self._work(task)
        except StaleClaimError as error:
            # Another worker has it by now, and this result must not count.
            self._queue.log(task.id, "WARNING", f"result dropped: {error}")
        return True

    def run(self, stop: threading.Event, *, idle: float = 0.5) -> None:
        """Work until asked to stop; the task in hand is finished first."""
        while not stop.is_set():
            if not self.run_once():
                stop.wait(idle)
        self._queue.forget_worker(self._worker_id)

    def _work(self, task: Task) -> None:
        handler = self._handlers.get(task.type)
        if handler is None:
            self._queue.fail(task, f"no handler for type={task.type!r}", retry=False)
            return
        try:
            with self._kept(task):
                result = handler(task.get_payload())
        except Exception as error:  # noqa: BLE001 - a handler may raise anything; it is recorded
            self._queue.fail(task, f"{type(error).__name__}: {error}")
            return
        self._queue.complete(task, result)

    def _report(self) -> None:
        now = self._queue.db.now()
        if now - self._reported >= HEARTBEAT_SECONDS:
            self._queue.heartbeat(self._worker_id, self._capabilities)
            self._reported = now

    @contextmanager
    def _kept(self, task: Task) -> Iterator[None]:
        """Extend the lease from another thread for as long as the block lasts."""
        done = threading.Event()

        def extend() -> None:
            while not done.wait(self._lease_seconds / 3):
                try:
                    self._queue.extend(task, self._lease_seconds)
                except StaleClaimError:
                    return  # the acknowledgement will say so

        keeper = threading.Thread(target=extend, daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()


def main(path: str, folder: str) -> None:
    """Work on a queue until SIGTERM; each task writes its text into a file of the folder."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def write(payload: dict[str, str]) -> None:
        Path(folder, payload["name"]).write_text("begun", encoding="utf-8")
        stop.wait(5)  # so that the signal comes in the middle of the work
        Path(folder, payload["name"]).write_text("done", encoding="utf-8")

    with QueueDatabase(path) as db:
        Engine(TaskQueue(db), "worker-1", {"write": write}).run(stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
