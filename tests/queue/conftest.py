"""A separate queue for each test, with a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_queuekit.queue import Queue
from tests.queue.engines import SQLITE, opened, queue_in
from tests.queue.world import Clock, Database


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of a module on each of its ENGINES, unless a test names its own."""
    named = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    engines = getattr(metafunc.module, "ENGINES", None)
    if engines and "engine" in metafunc.fixturenames and "engine" not in named:
        metafunc.parametrize("engine", engines, indirect=True)


@pytest.fixture
def clock() -> Clock:
    """Return the clock of the test's queue."""
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the file of the test's queue."""
    return tmp_path / "queue.db"


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """Return the name of the engine that the test runs on."""
    return str(getattr(request, "param", SQLITE))


@pytest.fixture
def db(engine: str, path: Path, clock: Clock) -> Iterator[Database]:
    """Yield an empty database on the test's clock."""
    with opened(engine, path, clock) as database:
        yield database


@pytest.fixture
def queue(db: Database) -> Queue:
    """Return a queue in the test's database."""
    return queue_in(db)
