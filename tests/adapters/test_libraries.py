"""The adapters of queue libraries declare what their library promises, and translate calls."""

from __future__ import annotations

import ast
import inspect
import sqlite3
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol
from unittest.mock import create_autospec

import pytest

from pytest_queuekit.adapters.catalogue import BUILT_IN
from pytest_queuekit.adapters.litequeue import ClaimLitequeue
from pytest_queuekit.adapters.resolve import resolve
from pytest_queuekit.adapters.sqlite_locks import DatabaseLockedError
from pytest_queuekit.model.adapter import Claim
from pytest_queuekit.model.capabilities import Payload
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.limitations import check_limitations
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.rules.catalogue import CATALOGUE

LIBRARIES = ("huey", "litequeue", "persist-queue")
ROOT = Path(__file__).parents[2]
LIMIT = 40
"""Lines that a class may have, its docstring and blank lines apart."""
FAR = datetime(2100, 1, 1)  # noqa: DTZ001 - huey's own form of UTC


@pytest.fixture(params=LIBRARIES)
def under_test(request: pytest.FixtureRequest) -> QueueUnderTest:
    """Each library's queue in turn."""
    return resolve(request.param)


@pytest.fixture
def location(under_test: QueueUnderTest, tmp_path: Path) -> str:
    """The location of a new queue."""
    return under_test.adapter.provision(tmp_path)


@pytest.fixture
def queue(under_test: QueueUnderTest, location: str) -> Iterator[Any]:
    """An open queue of the library."""
    adapter = under_test.adapter(location)
    yield adapter
    adapter.close()


def payload(contract: Contract, text: str) -> Any:
    """Return a payload in the queue's domain."""
    return (
        {"text": text, "list": [1, 2.5, None, True]} if contract.payload is Payload.JSON else text
    )


def test_a_task_comes_out_as_it_went_in(under_test: QueueUnderTest, queue: Any) -> None:
    """The claimed payload equals the enqueued one, and then the queue is empty."""
    queue.enqueue(payload(under_test.contract, "one"))
    assert queue.claim("w").payload == payload(under_test.contract, "one")
    assert queue.claim("w") is None


def test_a_closed_queue_keeps_its_tasks(
    under_test: QueueUnderTest, queue: Any, location: str
) -> None:
    """All three are durable: another instance delivers the task."""
    queue.enqueue(payload(under_test.contract, "one"))
    queue.close()
    later = under_test.adapter(location)
    claim = later.claim("w")
    later.close()
    assert isinstance(claim, Claim)
    assert claim.payload == payload(under_test.contract, "one")


def test_the_counts_follow_a_task(under_test: QueueUnderTest, queue: Any) -> None:
    """`stats` translates the library's states."""
    queue.enqueue(payload(under_test.contract, "one"))
    queue.enqueue(payload(under_test.contract, "two"))
    assert queue.stats()["queued"] == 2
    queue.claim("w")
    stats = queue.stats()
    assert (stats["queued"], stats.get("leased", 1)) == (1, 1)


@pytest.mark.parametrize("name", ["litequeue", "persist-queue"])
def test_acknowledgements_do_what_they_say(name: str, tmp_path: Path) -> None:
    """Complete ends a task, release gives it back first in line, fail makes it dead."""
    under_test = resolve(name)
    queue: Any = under_test.adapter(under_test.adapter.provision(tmp_path))
    for text in ("one", "two", "three"):
        queue.enqueue(payload(under_test.contract, text))
    queue.complete(queue.claim("w"))
    queue.release(queue.claim("w"))
    again = queue.claim("w")
    assert again.payload == payload(under_test.contract, "two")
    queue.fail(again, "no")
    stats = queue.stats()
    assert (stats["queued"], stats["leased"], stats["dead"]) == (1, 0, 1)
    queue.purge()
    assert queue.stats()["dead"] == 1
    assert queue.stats().get("completed", 0) == 0
    queue.close()


def test_litequeue_lists_its_dead_letters(tmp_path: Path) -> None:
    """A failed message is listed with its payload."""
    queue: Any = resolve("litequeue").adapter(str(tmp_path / "queue.db"))
    queue.enqueue("one")
    queue.fail(queue.claim("w"), "no")
    assert queue.dead_letters() == ["one"]
    queue.close()


def test_persist_queue_refuses_a_second_acknowledgement(tmp_path: Path) -> None:
    """The library returns None for an item that no claim holds; the adapter returns False."""
    queue: Any = resolve("persist-queue").adapter(str(tmp_path / "queue"))
    queue.enqueue({"n": 1})
    claim = queue.claim("w")
    assert queue.complete(claim) is True
    assert queue.complete(claim) is False
    assert queue.release(claim) is False
    queue.close()


def test_huey_gives_the_higher_priority_first(tmp_path: Path) -> None:
    """As its guide documents: 50 before 10 before none."""
    queue: Any = resolve("huey").adapter(str(tmp_path / "queue.db"))
    for priority in (None, 50, 10):
        queue.enqueue(priority, priority=priority)
    assert [queue.claim("w").payload for _ in range(3)] == [50, 10, None]
    queue.close()


def test_huey_keeps_a_delayed_task_back(tmp_path: Path) -> None:
    """A task that is not due goes to the schedule and is delivered once it is due."""
    queue: Any = resolve("huey").adapter(str(tmp_path / "queue.db"))
    queue.enqueue("late", delay=3600)
    assert queue.claim("w") is None
    assert queue.stats() == {"queued": 1}
    queue.huey._get_timestamp = lambda: FAR
    assert queue.claim("w").payload == "late"
    queue.close()


def test_huey_discards_a_cancelled_task(tmp_path: Path) -> None:
    """A revoked task is counted until a claim discards it; the claim returns the next one."""
    queue: Any = resolve("huey").adapter(str(tmp_path / "queue.db"))
    cancelled = queue.enqueue("one")
    queue.enqueue("two")
    queue.cancel(cancelled)
    assert queue.stats() == {"queued": 2}
    assert queue.claim("w").payload == "two"
    assert queue.stats() == {"queued": 0}
    queue.close()


def test_a_locked_database_is_busy_and_not_empty(
    under_test: QueueUnderTest, location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another connection holds the write lock, an enqueue and a claim raise busy."""
    connect: Any = sqlite3.connect

    def connect_impatiently(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **{**kwargs, "timeout": 0})
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect_impatiently)
    queue: Any = under_test.adapter(location)
    queue.enqueue(payload(under_test.contract, "one"))
    (file,) = (path for path in tmp_path.rglob("*.db"))
    blocker = connect(file, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseLockedError, match="locked"):
        queue.enqueue(payload(under_test.contract, "two"))
    with pytest.raises(DatabaseLockedError, match="locked"):
        queue.claim("w")
    assert DatabaseLockedError in queue.busy
    blocker.execute("ROLLBACK")
    blocker.close()
    assert queue.claim("w").payload == payload(under_test.contract, "one")
    queue.close()


def test_another_sqlite_error_is_not_busy(
    under_test: QueueUnderTest, location: str, tmp_path: Path
) -> None:
    """A missing table is not busy: another attempt would not help."""
    queue: Any = under_test.adapter(location)
    queue.enqueue(payload(under_test.contract, "one"))
    (file,) = (path for path in tmp_path.rglob("*.db"))
    other = sqlite3.connect(file)
    tables = other.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        if not table.startswith("sqlite_"):
            other.execute(f'DROP TABLE "{table}"')
    other.close()
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        queue.enqueue(payload(under_test.contract, "two"))
    queue.close()


def test_each_limitation_has_a_source(under_test: QueueUnderTest) -> None:
    """A limit is declared with the place where the library documents it, in brackets."""
    limitations = [str(limitation) for limitation in under_test.contract.limitations]
    assert limitations
    assert [text for text in limitations if not text.rstrip(".").endswith(")")] == []


def test_each_waived_rule_exists(under_test: QueueUnderTest) -> None:
    """A limitation of a built-in adapter names a rule of the catalogue."""
    check_limitations(under_test.contract, [rule.id for rule in CATALOGUE])


def test_an_adapter_is_short(under_test: QueueUnderTest) -> None:
    """A class has at most 40 lines, so that it can serve as a model."""
    source = inspect.getsource(inspect.getmodule(under_test.adapter) or under_test.adapter)
    for node in (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)):
        body = source.splitlines()[node.body[1].lineno - 1 : node.end_lineno]
        lines = len([line for line in body if line.strip()])
        assert lines <= LIMIT, f"{node.name} has {lines} lines"


def test_each_extra_exists() -> None:
    """The extra that the catalogue names is one of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {entry.extra for entry in BUILT_IN.values() if entry.extra}
    assert extras <= set(project["optional-dependencies"])
    of_servers = {entry.extra for entry in BUILT_IN.values() if entry.server}
    assert extras - of_servers == set(LIBRARIES)


def test_litequeue_with_claim_ids_names_the_delivery() -> None:
    """From 0.13 on, each acknowledgement carries the delivery's number and returns its answer.

    That version needs Python 3.12. If it is installed, the other tests run with it.
    """
    queue: Any = ClaimLitequeue.__new__(ClaimLitequeue)
    queue.queue = library = create_autospec(_NewerLiteQueue, instance=True)
    library.put.return_value = library.pop.return_value = SimpleNamespace(
        message_id="m", claim_id=7, data="text"
    )
    library.done.return_value = library.mark_failed.return_value = False
    library.retry.return_value, library.retry_expired.return_value = True, 2
    assert queue.enqueue("text", key="k") == "m"
    library.put.assert_called_once_with("text", idempotency_key="k")
    claim = queue.claim("w")
    assert (claim.task_id, claim.token, claim.payload) == ("m", 7, "text")
    assert (queue.complete(claim), queue.fail(claim, "no"), queue.release(claim)) == (
        False,
        False,
        True,
    )
    for verb in (library.done, library.mark_failed, library.retry):
        verb.assert_called_once_with("m", claim_id=7)
    queue.reclaim()
    library.retry_expired.assert_called_once_with(threshold_seconds=queue.lease_seconds)
    states = {"ready": 1, "locked": 2, "done": 3, "failed": 4}
    for state, count in states.items():
        getattr(library, f"{state}_count").return_value = count
    assert queue.stats() == {"queued": 1, "leased": 2, "completed": 3, "dead": 4}
    library.pop.return_value = None
    assert queue.claim("w") is None


class _NewerLiteQueue(Protocol):
    """The signatures of LiteQueue from 0.13 on."""

    def put(self, data: str, *, idempotency_key: str | None = None) -> Any: ...
    def pop(self) -> Any: ...
    def done(self, message_id: str, *, claim_id: int) -> bool: ...
    def mark_failed(self, message_id: str, *, claim_id: int) -> bool: ...
    def retry(self, message_id: str, *, claim_id: int) -> bool: ...
    def retry_expired(self, threshold_seconds: float) -> int: ...
    def ready_count(self) -> int: ...
    def locked_count(self) -> int: ...
    def done_count(self) -> int: ...
    def failed_count(self) -> int: ...
