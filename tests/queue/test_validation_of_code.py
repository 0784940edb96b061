"""The checks that try out the code fail when the code is broken, and no others do."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from pytest_queuekit.queue import (
    QueueDatabase,
    SchedulingStrategy,
    Task,
    TaskClaimerFactory,
    config,
    scheduling,
    schema,
    translation,
)
from pytest_queuekit.queue import exceptions as queue_exceptions
from pytest_queuekit.queue.validation import QueueValidator
from tests.queue.validating import new_queue, red

Patch = pytest.MonkeyPatch


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the file of an empty queue."""
    return new_queue(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "DELETE"),
        ("synchronous", "OFF"),
        ("busy_timeout", 0),
        ("foreign_keys", "OFF"),
        ("wal_autocheckpoint", 0),
        ("page_size", 1000),
        ("cache_size", 0),
        ("temp_store", "SOMEWHERE"),
    ],
)
def test_configuration_sees_unsound_pragma(
    tmp_path: Path, monkeypatch: Patch, name: str, value: str | int
) -> None:
    """An unsound PRAGMA fails the configuration check, which names it."""
    path = tmp_path / "queue.db"
    changed = MappingProxyType({**config.PRODUCTION_PRAGMAS, name: value})
    monkeypatch.setattr(config, "PRODUCTION_PRAGMAS", changed)
    with contextlib.suppress(queue_exceptions.QueueDatabaseError), QueueDatabase(path) as db:
        db.initialize_schema()
    failed = red(path)
    if name in ("journal_mode", "busy_timeout", "page_size", "temp_store"):
        # Connections reject these values or show them, so the PRAGMA check fails too.
        assert "PRAGMA Settings" in failed
    else:
        assert list(failed) == ["Configuration"]
    assert any(repr(value) in problem and name in problem for problem in failed["Configuration"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_CONCURRENT_WORKERS", 0),
        ("MAX_CONCURRENT_WORKERS", 9),
        ("WORKER_LIMIT", 100),
        ("LEASE_SECONDS", float("inf")),
        ("MAX_ATTEMPTS", 0),
        ("STALE_AFTER_SECONDS", 30),
        ("DEFAULT_PRIORITY", 0),
        ("BUSY_SECONDS", 0),
    ],
)
def test_configuration_sees_unsound_number(
    file: Path, monkeypatch: Patch, name: str, value: float
) -> None:
    """An unsound number fails only the configuration check."""
    monkeypatch.setattr(config, name, value)
    failed = red(file)
    assert list(failed) == ["Configuration"]
    assert f"{name} is {value!r}" in failed["Configuration"][0]


def test_configuration_sees_default_path_that_is_a_folder(
    file: Path, tmp_path: Path, monkeypatch: Patch
) -> None:
    """A default path that is a folder fails only the configuration check."""
    monkeypatch.setenv(config.DB_PATH_VARIABLE, str(tmp_path))
    failed = red(file)
    assert list(failed) == ["Configuration"]
    assert str(tmp_path) in failed["Configuration"][0]


def test_configuration_sees_relative_default_path(file: Path, monkeypatch: Patch) -> None:
    """A relative default path fails only the configuration check."""
    monkeypatch.setattr(config, "get_default_db_path", lambda: Path("queue.db"))
    assert list(red(file)) == ["Configuration"]


def test_pragmas_that_are_not_applied(file: Path, monkeypatch: Patch) -> None:
    """Connections without their settings fail only the PRAGMA check."""
    monkeypatch.setattr(
        "pytest_queuekit.queue.opening.apply_pragmas",
        lambda conn, synchronous=None: conn.execute("PRAGMA journal_mode=WAL").fetchall(),
    )
    assert list(red(file)) == ["PRAGMA Settings"]


def broken_from_dict(record: object) -> Task:
    raise KeyError("payload")


def forgetful_from_dict(record: sqlite3.Row) -> Task:
    return Task(id=record["id"], type=record["type"])


@pytest.mark.parametrize("broken", [broken_from_dict, forgetful_from_dict])
def test_models_that_lose_something(
    file: Path, monkeypatch: Patch, broken: Callable[[sqlite3.Row], Task]
) -> None:
    """A from_dict that raises or loses columns fails only the models check."""
    monkeypatch.setattr(Task, "from_dict", broken)
    failed = red(file)
    assert list(failed) == ["Data Models"]
    assert "Task.from_dict" in failed["Data Models"][0]


@pytest.mark.parametrize("method", ["get_payload", "get_payload_dict", "get_compatibility"])
def test_models_that_decode_wrongly(file: Path, monkeypatch: Patch, method: str) -> None:
    """A wrong decoding fails only the models check."""
    monkeypatch.setattr(Task, method, lambda self: {})
    failed = red(file)
    assert list(failed) == ["Data Models"]
    assert f"Task.{method}()" in failed["Data Models"][0]


def with_transaction(
    transaction: Callable[[QueueDatabase, sqlite3.Connection], Iterator[sqlite3.Connection]],
) -> type[QueueDatabase]:
    """Return a database class with the given transactions."""

    class Changed(QueueDatabase):
        @contextmanager
        def transaction(self) -> Iterator[sqlite3.Connection]:
            with self.connection() as conn:
                yield from transaction(self, conn)

    return Changed


def deferred(db: QueueDatabase, conn: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    conn.execute("BEGIN")
    try:
        yield conn
        conn.execute("COMMIT")
    except BaseException:
        conn.execute("ROLLBACK")
        raise


def autocommit(db: QueueDatabase, conn: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    yield conn


def always_committing(db: QueueDatabase, conn: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield conn
    finally:
        if conn.in_transaction:
            conn.execute("COMMIT")


def swallowing(db: QueueDatabase, conn: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield conn
        conn.execute("COMMIT")
    except sqlite3.Error:
        conn.execute("ROLLBACK")
        raise
    except Exception:  # noqa: BLE001 - this is the defect
        conn.execute("ROLLBACK")


@pytest.mark.parametrize(
    ("transaction", "sentence"),
    [
        (deferred, "without the write lock"),
        (autocommit, "are visible to another connection"),
        (always_committing, "of a failed transaction remain"),
        (swallowing, "swallows the error"),
    ],
)
def test_transactions_that_let_something_through(
    file: Path,
    transaction: Callable[[QueueDatabase, sqlite3.Connection], Iterator[sqlite3.Connection]],
    sentence: str,
) -> None:
    """A database class with wrong transactions fails only the isolation check."""
    with with_transaction(transaction)(file) as db:
        failed = {
            result.name: result.problems
            for result in QueueValidator(db).run_all()
            if not result.passed
        }
    assert list(failed) == ["Transaction Isolation"]
    assert any(sentence in problem for problem in failed["Transaction Isolation"])


def test_claim_that_gives_a_task_twice(file: Path, monkeypatch: Patch) -> None:
    """A claim that does not mark its task fails only the isolation check."""

    class Generous:
        def __init__(self, db: QueueDatabase) -> None:
            self._db = db

        def claim_task(self, *arguments: object) -> Task | None:
            with self._db.connection() as conn:
                row = conn.execute(
                    "SELECT * FROM task_queue WHERE status = 'queued' ORDER BY priority, id LIMIT 1"
                ).fetchone()
            return Task.from_dict(row) if row else None

    monkeypatch.setattr(
        TaskClaimerFactory, "create", staticmethod(lambda strategy, db: Generous(db))
    )
    failed = red(file)
    assert list(failed) == ["Transaction Isolation"]
    assert "2 of 2 workers claimed the only task" in failed["Transaction Isolation"][0]


def without_index(sql: str) -> str:
    """Return the statement of a claim without its indexes."""
    return re.sub(r"INDEXED BY \w+", "NOT INDEXED", sql)


def test_claim_that_sorts(file: Path, monkeypatch: Patch) -> None:
    """A claim that does not use the indexes fails only the index check."""
    slow = {
        strategy: tuple(
            type(statement)(**{name: without_index(sql) for name, sql in vars(statement).items()})
            for statement in statements
        )
        for strategy, statements in scheduling.STATEMENTS.items()
    }
    monkeypatch.setattr(scheduling, "STATEMENTS", slow)
    failed = red(file)
    assert list(failed) == ["Index Performance"]
    problems = failed["Index Performance"]
    assert any("USE TEMP B-TREE" in problem for problem in problems)
    assert any("SCAN task_queue" in problem for problem in problems)
    for strategy in SchedulingStrategy:
        assert any(f"a {strategy.name} claim takes" in problem for problem in problems), strategy


def test_claim_that_walks_along_an_index(file: Path, monkeypatch: Patch) -> None:
    """A claim that reads all waiting tasks by index fails only the index check."""
    count = "SELECT count(*) FROM task_queue WHERE status = 'queued'"
    claim_task = scheduling.TaskClaimer.claim_task

    def counting(self: scheduling.TaskClaimer, *arguments: Any) -> Task | None:
        self._db.execute(count).fetchone()
        return claim_task(self, *arguments)

    monkeypatch.setattr(scheduling.TaskClaimer, "claim_task", counting)
    failed = red(file)
    assert list(failed) == ["Index Performance"]
    assert all("steps with 1000 queued rows" in problem for problem in failed["Index Performance"])


def raised_as(kind: type[Exception]) -> Callable[[sqlite3.Error, str], Exception]:
    return lambda error, path: kind(str(error))


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (sqlite3.OperationalError, "raises OperationalError, not QueueDatabaseError"),
        (
            queue_exceptions.QueueDatabaseError,
            "a single statement in a locked database raises QueueDatabaseError",
        ),
        (RuntimeError, "raises RuntimeError"),
    ],
)
def test_errors_that_are_not_translated(
    file: Path, monkeypatch: Patch, kind: type[Exception], sentence: str
) -> None:
    """Errors that are not translated fail only the error check."""
    monkeypatch.setattr(translation, "translate", raised_as(kind))
    monkeypatch.setattr(translation, "is_busy", lambda error: False)
    failed = red(file)
    assert list(failed) == ["Error Handling"]
    assert any(sentence in problem for problem in failed["Error Handling"])


def test_errors_that_are_swallowed(file: Path) -> None:
    """A transaction that hides a locked database fails only the error check."""

    class Silent(QueueDatabase):
        @contextmanager
        def transaction(self) -> Iterator[sqlite3.Connection]:
            try:
                with super().transaction() as conn:
                    yield conn
            except queue_exceptions.QueueBusyError:
                with closing(sqlite3.connect(":memory:")) as nowhere:
                    nowhere.execute("CREATE TABLE task_queue (type, payload)")
                    yield nowhere

    with Silent(file) as db:
        failed = {
            result.name: result.problems
            for result in QueueValidator(db).run_all()
            if not result.passed
        }
    assert list(failed) == ["Error Handling"]
    assert "in a locked database raises nothing" in failed["Error Handling"][0]


def test_errors_that_leave_the_connection_unusable(file: Path) -> None:
    """A database that does not recover from an error fails only the error check."""

    class Fragile(QueueDatabase):
        broken = False

        @contextmanager
        def transaction(self) -> Iterator[sqlite3.Connection]:
            try:
                with super().transaction() as conn:
                    if self.broken:
                        raise queue_exceptions.QueueDatabaseError("still broken")
                    yield conn
            except queue_exceptions.QueueBusyError:
                self.broken = True
                raise

    with Fragile(file) as db:
        failed = {
            result.name: result.problems
            for result in QueueValidator(db).run_all()
            if not result.passed
        }
    assert list(failed) == ["Error Handling"]
    assert "after an error the next write raises" in failed["Error Handling"][0]


def test_errors_of_the_wrong_family(file: Path, monkeypatch: Patch) -> None:
    """An error class that does not derive from QueueDatabaseError fails only the error check."""

    class LonelyError(Exception):
        """An error without the expected base class."""

    monkeypatch.setattr(queue_exceptions, "QueueBusyError", LonelyError)
    failed = red(file)
    assert list(failed) == ["Error Handling"]
    assert "QueueBusyError does not derive from QueueDatabaseError" in failed["Error Handling"][0]


def test_newer_files_that_are_opened(file: Path, monkeypatch: Patch) -> None:
    """A queue that opens a file of a newer version fails only the error check."""
    monkeypatch.setattr(schema, "schema_version", lambda conn: schema.SCHEMA_VERSION)
    failed = red(file)
    assert list(failed) == ["Error Handling"]
    assert "a file of a newer version raises nothing" in failed["Error Handling"][0]
