"""A queue with many waiting tasks, on which operations are measured."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.model.adapter import Claim
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Level
from pytest_queuekit.model.payloads import wrap
from pytest_queuekit.model.queue_under_test import QueueUnderTest

T = TypeVar("T")

DEPTHS = {Level.QUICK: 1_000, Level.STANDARD: 10_000, Level.DEEP: 100_000}
"""The number of waiting tasks during a measurement."""

_PATIENCE = {Level.QUICK: 2.0, Level.STANDARD: 10.0, Level.DEEP: 120.0}
"""Seconds after which filling ends, even if the depth is not reached."""

_BATCH = 500


class Workbench:
    """An adapter instance on a new queue, filled to the depth of the level if time allows.

    depth: the number of waiting tasks when filling ended.
    """

    def __init__(self, queue: QueueUnderTest, folder: Path, level: Level) -> None:
        self.queue = queue
        self.folder = folder
        self._numbers = itertools.count(1)
        self._location = _of_the_queue(queue.adapter.provision, folder)
        self.adapter = _of_the_queue(queue.adapter, self._location)
        self.depth = self._fill(DEPTHS[level], _PATIENCE[level])

    def payload(self) -> Any:
        """Return the payload of a new task."""
        return wrap(f"task-{next(self._numbers)}", self.queue.contract.payload)

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the adapter. Raises NotRunError if the queue raises anything."""
        return _of_the_queue(getattr(self.adapter, method), *arguments)

    def claim(self) -> Claim:
        """Claim a task. Raises NotRunError if the claim returns empty."""
        claim: Claim | None = self.call("claim", "worker")
        if claim is None:
            raise NotRunError(
                "a claim returned empty although tasks were waiting", kind="inconclusive"
            )
        return claim

    def close(self) -> None:
        """Close the adapter, and undo the provision of its queue."""
        self.adapter.close()
        self.queue.adapter.dispose(self._location)

    def _fill(self, depth: int, patience: float) -> int:
        deadline = time.monotonic() + patience
        waiting = 0
        for added in self._portions(depth):
            waiting += added
            if time.monotonic() > deadline:
                break
        return waiting

    def _portions(self, depth: int) -> Iterator[int]:
        if Capability.ENQUEUE_MANY not in self.queue.contract.capabilities:
            for _ in range(depth):
                self.call("enqueue", self.payload())
                yield 1
            return
        for begin in range(0, depth, _BATCH):
            batch = [self.payload() for _ in range(min(_BATCH, depth - begin))]
            self.call("enqueue_many", batch)
            yield len(batch)


def _of_the_queue(call: Callable[..., T], *arguments: Any) -> T:
    try:
        return call(*arguments)
    except NotRunError:
        raise
    except Exception as error:  # a queue may raise anything, and the rules judge that
        text = f"the queue raised {type(error).__name__}: {error}"
        raise NotRunError(text, kind="inconclusive") from error
