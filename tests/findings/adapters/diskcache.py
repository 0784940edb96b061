"""Deque of diskcache (https://github.com/grantjenks/python-diskcache)."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diskcache import Deque

from pytest_queuekit import Claim, Guarantee, QueueAdapter
from pytest_queuekit.adapters.sqlite_locks import locked_is_busy


@locked_is_busy
class DiskcacheDeque(QueueAdapter):
    """A Deque as a queue: append at the back, pop at the front. A popped item is gone."""

    name = "diskcache-deque"
    distribution = "diskcache"
    guarantee = Guarantee.AT_MOST_ONCE
    refuses = (pickle.PicklingError, RecursionError, UnicodeError)

    def __init__(self, location: str) -> None:
        self.deque = Deque(directory=location)

    @classmethod
    def provision(cls, folder: Path) -> str:
        return str(folder / "deque")

    def enqueue(self, payload: Any) -> None:
        self.deque.append(payload)

    def claim(self, worker: str) -> Claim | None:
        try:
            item = self.deque.popleft()
        except IndexError:
            return None
        return Claim(task_id=None, payload=item, worker=worker)

    def stats(self) -> Mapping[str, int]:
        return {"queued": len(self.deque)}

    def close(self) -> None:
        self.deque.cache.close()
