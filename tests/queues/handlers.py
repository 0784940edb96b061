"""Correct queues that hand out no tasks: a worker takes a task and runs a handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_queuekit.adapters.handler_adapter import HandlerAdapter
from pytest_queuekit.model.adapter import Claim
from tests.queues.small_sqlite import SmallSqliteQueue


class HandlerQueue(HandlerAdapter):
    """The small queue, behind a worker: it takes a task, runs the handler, and acknowledges."""

    name = "handlers"
    order = SmallSqliteQueue.order
    payload = SmallSqliteQueue.payload
    liveness = SmallSqliteQueue.liveness
    retry = SmallSqliteQueue.retry
    key_hold = SmallSqliteQueue.key_hold
    resolution = SmallSqliteQueue.resolution
    refuses = SmallSqliteQueue.refuses
    busy = SmallSqliteQueue.busy

    def __init__(self, location: str) -> None:
        self.queue = SmallSqliteQueue(location)

    def enqueue(
        self,
        payload: str,
        *,
        priority: int = 100,
        delay: float = 0.0,
        key: str | None = None,
        capabilities: Mapping[str, Any] | None = None,
        max_attempts: int = 5,
    ) -> int:
        return self.queue.enqueue(
            payload,
            priority=priority,
            delay=delay,
            key=key,
            capabilities=capabilities,
            max_attempts=max_attempts,
        )

    def run_one(
        self,
        worker: str,
        handler: Callable[..., Any],
        *,
        lease: float = 60.0,
        capabilities: Mapping[str, Any] | None = None,
    ) -> None:
        claim = self.queue.claim(worker, lease=lease, capabilities=capabilities)
        if claim is not None:
            self.handle(claim, handler)

    def handle(self, claim: Claim, handler: Callable[..., Any]) -> None:
        """Run the handler, and acknowledge its end."""
        try:
            handler(claim.payload, task_id=claim.task_id)
        except Exception as error:  # noqa: BLE001 - a handler may raise anything
            self.queue.fail(claim, str(error))
        else:
            self.queue.complete(claim)

    def cancel(self, task_id: Any) -> None:
        self.queue.cancel(task_id)

    def requeue(self, task_id: Any) -> None:
        self.queue.requeue(task_id)

    def stats(self) -> Mapping[str, int]:
        return self.queue.stats()

    def purge(self) -> None:
        self.queue.purge()

    def dead_letters(self) -> Any:
        return self.queue.dead_letters()

    def close(self) -> None:
        self.queue.close()


class AsyncHandlerQueue(HandlerQueue):
    """The same with a worker that awaits its handlers."""

    name = "async-handlers"

    async def run_one(  # type: ignore[override]
        self,
        worker: str,
        handler: Callable[..., Any],
        *,
        lease: float = 60.0,
        capabilities: Mapping[str, Any] | None = None,
    ) -> None:
        claim = self.queue.claim(worker, lease=lease, capabilities=capabilities)
        if claim is None:
            return
        try:
            await handler(claim.payload, task_id=claim.task_id)
        except Exception as error:  # noqa: BLE001 - a handler may raise anything
            self.queue.fail(claim, str(error))
        else:
            self.queue.complete(claim)


class TrioHandlerQueue(AsyncHandlerQueue):
    """The same in an event loop of trio's."""

    name = "trio-handlers"
    event_loop = "trio"
