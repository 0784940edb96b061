"""A module with the seed's API is adapted by itself, a copy of the reference queue or another."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pytest_queuekit.queue as reference
from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.adapters.seed_api import NEEDED, adapt
from pytest_queuekit.errors import UsageError
from pytest_queuekit.execution.clock import virtual_time
from pytest_queuekit.model.adapter import QueueAdapter
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract


@pytest.fixture
def seed() -> types.ModuleType:
    """A module that has the seed's names and no TaskQueue, as a team's own would."""
    module = types.ModuleType("a_team.queue")
    for name in (*NEEDED, "QueueBusyError"):
        setattr(module, name, getattr(reference, name))
    return module


@pytest.fixture
def queue(seed: types.ModuleType, tmp_path: Path) -> Iterator[Any]:
    """An adapter of that module's queue, open."""
    adapter = adapt(seed)(str(tmp_path / "queue.db"))
    yield adapter
    adapter.close()


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[QueueAdapter]]:
    """The adapter of a copy of the reference queue in a tree of its own."""
    known = set(sys.modules)
    tree = tmp_path / "Client" / "Backend" / "src" / "queue"
    shutil.copytree(Path(reference.__file__).parent, tree)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield resolve("Client.Backend.src.queue").adapter
    for name in set(sys.modules) - known:
        del sys.modules[name]


def test_a_task_goes_through_the_documented_patterns(queue: Any) -> None:
    """A task that is enqueued by SQL is claimed by priority, and completed by SQL."""
    queue.enqueue("one")
    urgent = queue.enqueue("two", priority=1)
    first, second = queue.claim("w", lease=60), queue.claim("w", lease=60)
    assert (first.task_id, first.payload, second.payload) == (urgent, "two", "one")
    assert queue.claim("w") is None
    queue.complete(first)
    assert queue.stats() == {"queued": 0, "leased": 1, "completed": 1, "dead": 0}


def test_a_delayed_task_is_never_due_too_early(seed: types.ModuleType, tmp_path: Path) -> None:
    """Whole seconds are rounded up, so that the adapter adds no fault of its own."""
    with virtual_time() as clock:
        queue: Any = adapt(seed)(str(tmp_path / "queue.db"))
        queue.enqueue("late", delay=0.5)
        clock.wait(0.4)
        assert queue.claim("w") is None
        clock.wait(0.1 + queue.resolution)
        assert queue.claim("w").payload == "late"
        queue.close()


def test_what_the_documentation_shows_is_declared_and_no_more(seed: types.ModuleType) -> None:
    """Priority, schedule, lease, completion and counts; but no retry, no key, no fencing call."""
    held = Contract.of(adapt(seed)).capabilities
    shown = {"priority", "fifo", "delay", "lease-option", "complete", "stats", "processes"}
    assert shown <= held
    assert not held & {Capability.RETRY, Capability.KEY, Capability.EXTEND, Capability.FAIL}


def test_its_own_busy_error_means_busy(seed: types.ModuleType) -> None:
    """A module's QueueBusyError is taken for busy, and one without it declares none."""
    assert adapt(seed).busy == (reference.QueueBusyError,)
    del seed.QueueBusyError
    assert adapt(seed).busy == ()


@pytest.mark.parametrize("name", NEEDED)
def test_a_module_without_the_api_is_rejected(seed: types.ModuleType, name: str) -> None:
    """The error names the missing part."""
    delattr(seed, name)
    with pytest.raises(UsageError, match=f"lacks {name} of the reference queue's API"):
        adapt(seed)


def test_a_copy_is_adapted_in_full(copy: type[QueueAdapter], tmp_path: Path) -> None:
    """All that the reference queue promises is declared of its copy too, under the copy's name."""
    contract = Contract.of(copy)
    assert contract.name == "Client.Backend.src.queue"
    assert contract.capabilities == Contract.of(resolve("reference").adapter).capabilities


def test_a_copy_is_used_and_not_the_original(copy: Any, tmp_path: Path) -> None:
    """Its classes and its errors are the copy's own."""
    queue = copy(str(tmp_path / "queue.db"))
    assert type(queue.queue).__module__ == "Client.Backend.src.queue.tasks"
    assert [error.__module__ for error in copy.refuses + copy.busy] == [
        "Client.Backend.src.queue.exceptions"
    ] * 4
    queue.enqueue({"n": 1})
    claim = queue.claim("w")
    queue.complete(claim)
    with pytest.raises(copy.refuses):
        queue.complete(claim)
    queue.close()


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "'; DROP TABLE task_queue", "{}"])
def test_a_text_comes_back_to_the_letter(queue: Any, text: str) -> None:
    """The adapter's way of writing it as JSON loses nothing."""
    queue.enqueue(text)
    assert queue.claim("w").payload == text


def test_a_completion_goes_by_the_task_alone(queue: Any) -> None:
    """The documented statement is used as it is; the rules report that it is not fenced."""
    queue.enqueue("task")
    claim = queue.claim("w")
    queue.complete(claim)
    queue.complete(claim)
    assert queue.stats()["completed"] == 1


def test_a_constraint_of_the_tables_is_a_refusal(queue: Any) -> None:
    """A task that the tables reject was not enqueued."""
    with queue.db.transaction() as conn:
        conn.execute(
            "CREATE TRIGGER full BEFORE INSERT ON task_queue BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    with pytest.raises(sqlite3.IntegrityError) as raised:
        queue.enqueue("task")
    assert isinstance(raised.value, queue.refuses)
    assert queue.claim("w") is None
