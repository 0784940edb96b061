"""`locked_is_busy` finds "database is locked", however a library wraps it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.adapters.sqlite_locks import DatabaseLockedError, locked_is_busy
from pytest_queuekit.model.adapter import QueueAdapter
from tests.queues.memory import MemoryQueue


class StatementError(Exception):
    """Wraps an error as SQLAlchemy does."""

    def __init__(self, orig: BaseException) -> None:
        super().__init__(f"(sqlite3.OperationalError) {orig}")
        self.orig = orig


class LibraryError(Exception):
    """An error of a library's own."""


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[sqlite3.OperationalError]:
    """SQLite's own error of a locked database."""
    path = tmp_path / "queue.db"
    with closing(sqlite3.connect(path)) as first, closing(sqlite3.connect(path, timeout=0)) as late:
        first.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as raised:
            late.execute("BEGIN IMMEDIATE")
        yield raised.value


def by_orig(error: Exception) -> None:
    """Raise as SQLAlchemy does."""
    raise StatementError(error) from None


def by_cause(error: Exception) -> None:
    """Raise an own error from SQLite's."""
    raise LibraryError("cannot write") from error


def by_context(error: Exception) -> None:
    """Raise an own error while SQLite's is handled, as peewee does."""
    try:
        raise error
    except sqlite3.Error:
        raise LibraryError("cannot write")  # noqa: B904 - this is the case


def by_both(error: Exception) -> None:
    """Raise an own error from one that wraps SQLite's."""
    raise LibraryError("cannot write") from StatementError(error)


def plainly(error: Exception) -> None:
    """Raise SQLite's error itself."""
    raise error


WAYS = [by_orig, by_cause, by_context, by_both, plainly]


def claim_raises(error: Exception, way: Callable[[Exception], None], **declared: Any) -> None:
    """Claim from a queue that raises an error in some way."""

    def claim(self: MemoryQueue, worker: str) -> None:
        way(error)

    odd: type[QueueAdapter] = type("Odd", (MemoryQueue,), {"claim": claim, **declared})
    adapter = locked_is_busy(odd)
    assert DatabaseLockedError in adapter.busy
    adapter("anywhere").claim("w")


@pytest.mark.parametrize("way", WAYS)
def test_a_lock_is_busy_however_it_is_wrapped(locked: Exception, way: Any) -> None:
    """A lock is found behind `orig`, the cause and the context, at any depth."""
    with pytest.raises(DatabaseLockedError):
        claim_raises(locked, way)


@pytest.mark.parametrize("way", WAYS)
def test_another_error_of_sqlite_is_not_busy(way: Any) -> None:
    """A full disk stays what it is, wrapped or not."""
    full = sqlite3.OperationalError("database or disk is full")
    with pytest.raises((sqlite3.OperationalError, StatementError, LibraryError)):
        claim_raises(full, way)


def test_an_error_of_sqlite_speaks_for_itself(locked: Exception) -> None:
    """An error of another kind while a lock is handled is not busy."""

    def full_meanwhile(error: Exception) -> None:
        try:
            raise error
        except sqlite3.Error:
            raise sqlite3.OperationalError("disk is full")  # noqa: B904 - this is the case

    with pytest.raises(sqlite3.OperationalError, match="disk is full"):
        claim_raises(locked, full_meanwhile)


def test_a_declared_wrapper_stays_as_it_is(locked: Exception) -> None:
    """An error that the adapter declares keeps its declared meaning."""
    with pytest.raises(LibraryError):
        claim_raises(locked, by_context, refuses=(LibraryError,))
    with pytest.raises(DatabaseLockedError):
        claim_raises(locked, plainly, refuses=(sqlite3.DatabaseError,))


def test_a_lock_made_by_a_library_is_known_by_its_message() -> None:
    """SQLite's class without an error code counts if its message says so."""
    with pytest.raises(DatabaseLockedError):
        claim_raises(sqlite3.OperationalError("database is locked"), plainly)


def test_further_classes_can_be_named() -> None:
    """An error of a named class is busy if its message says that the database is locked."""

    @locked_is_busy(errors=(LibraryError,))
    class Hiding(MemoryQueue):
        def purge(self) -> int:
            raise LibraryError("put failed: database is locked")

        def close(self) -> None:
            raise LibraryError("connection is closed")

    with pytest.raises(DatabaseLockedError, match="put failed"):
        Hiding("anywhere").purge()
    with pytest.raises(LibraryError):
        Hiding("anywhere").close()


def test_a_circle_of_errors_ends() -> None:
    """Errors that wrap each other are looked at once."""
    first, second = LibraryError("first"), LibraryError("second")
    first.__cause__, second.__cause__ = second, first
    with pytest.raises(LibraryError):
        claim_raises(first, plainly)
