"""A separate queue for each test, with a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_queuekit.queue import QueueDatabase, TaskQueue
from tests.queue.world import Clock


@pytest.fixture
def clock() -> Clock:
    """Return the clock of the test's queue."""
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the file of the test's queue."""
    return tmp_path / "queue.db"


@pytest.fixture
def db(path: Path, clock: Clock) -> Iterator[QueueDatabase]:
    """Yield a database in a file, on the test's clock."""
    with QueueDatabase(path, clock=clock) as database:
        yield database


@pytest.fixture
def queue(db: QueueDatabase) -> TaskQueue:
    """Return a queue in the test's database."""
    return TaskQueue(db)
