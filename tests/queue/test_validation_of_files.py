"""The checks that read the file fail when the file is broken, and no others do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pytest_queuekit.queue import (
    QueueDatabase,
    TaskQueue,
)
from pytest_queuekit.queue.validation import QueueValidator, validate_file
from tests.queue.validating import alter, index_names, new_queue, red, rewrite

Patch = pytest.MonkeyPatch


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the file of an empty queue."""
    return new_queue(tmp_path)


def test_sound_queue_is_green(file: Path) -> None:
    """A new file passes all eight checks, in the order of the documentation."""
    results = validate_file(file)
    assert [result.name for result in results] == [
        "Configuration",
        "Database Connection",
        "Schema Integrity",
        "PRAGMA Settings",
        "Data Models",
        "Transaction Isolation",
        "Index Performance",
        "Error Handling",
    ]
    assert [result.problems for result in results] == [()] * 8


def test_connection_without_column_names(file: Path) -> None:
    """A connection with rows without column names fails the connection check."""

    class Nameless(QueueDatabase):
        @contextmanager
        def connection(self) -> Iterator[sqlite3.Connection]:
            with super().connection() as conn:
                conn.row_factory = None
                yield conn
                conn.row_factory = sqlite3.Row

    with Nameless(file) as db:
        failed = {result.name for result in QueueValidator(db).run_all() if not result.passed}
    assert "Database Connection" in failed


def test_connection_inside_transaction(file: Path) -> None:
    """An open transaction fails the connection check."""
    with QueueDatabase(file) as db, db.transaction():
        result = QueueValidator(db).validate_database_connection()
    assert "inside a transaction" in result.problems[0]


def test_connection_to_file_that_is_not_a_database(tmp_path: Path) -> None:
    """A text file fails all checks that read the file, but not the checks of the code."""
    path = tmp_path / "text.db"
    path.write_text("not a database, but long enough to have a header\n" * 100)
    failed = red(path)
    assert list(failed) == [
        "Database Connection",
        "Schema Integrity",
        "PRAGMA Settings",
        "Index Performance",
    ]
    assert "not a database" in failed["Database Connection"][0]


def test_connection_by_old_sqlite(file: Path, monkeypatch: Patch) -> None:
    """An SQLite without RETURNING fails the connection check."""
    with QueueDatabase(file) as db:
        db.initialize_schema()
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
        result = QueueValidator(db).validate_database_connection()
    assert "RETURNING" in result.problems[0]


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        (["DROP TABLE task_logs"], "table task_logs is missing"),
        (["DROP TABLE workers"], "table workers is missing"),
        (
            ["ALTER TABLE task_queue DROP COLUMN error_message"],
            "column task_queue.error_message is missing",
        ),
        (["ALTER TABLE task_logs RENAME COLUMN details TO extras"], "column task_logs.details"),
        (["DROP TRIGGER finish_updated"], "trigger finish_updated is missing"),
        (
            [
                "DROP TRIGGER finish_updated",
                "CREATE TRIGGER finish_updated AFTER UPDATE ON workers BEGIN SELECT 1; END",
            ],
            "trigger finish_updated is not the queue's own",
        ),
        (["DROP INDEX idempotency"], "unique index idempotency is missing"),
        (["PRAGMA user_version=99"], "made by a newer version"),
        (["PRAGMA user_version=0"], "user_version is 0"),
        (
            [
                "PRAGMA foreign_keys=OFF",
                "INSERT INTO task_logs (task_id, message) VALUES (77, 'orphan')",
            ],
            "refers to a missing row of task_queue",
        ),
    ],
)
def test_schema_that_lacks_something(file: Path, statements: list[str], sentence: str) -> None:
    """The schema check names missing, changed and orphaned objects."""
    alter(file, *statements)
    failed = red(file)
    # An index goes with its table.
    assert [name for name in failed if name != "Index Performance"] == ["Schema Integrity"]
    assert ("Index Performance" in failed) == statements[0].startswith("DROP TABLE")
    assert any(
        sentence in problem and str(file) in problem for problem in failed["Schema Integrity"]
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("error_message TEXT,", "error_message INTEGER,", "task_queue.error_message is INTEGER"),
        (" ON DELETE CASCADE", "", "task_logs.task_id does not refer"),
        ("CONSTRAINT status_is_known CHECK", "CHECK", "constraint status_is_known"),
    ],
)
def test_schema_that_was_changed(file: Path, old: str, new: str, sentence: str) -> None:
    """A changed table definition fails only the schema check."""
    rewrite(file, old, new)
    failed = red(file)
    assert list(failed) == ["Schema Integrity"]
    assert sentence in failed["Schema Integrity"][0]


def test_schema_of_empty_file(tmp_path: Path) -> None:
    """A file without tables fails the schema check, and gets none."""
    path = tmp_path / "empty.db"
    path.touch()
    assert "has no tables" in red(path)["Schema Integrity"][0]
    assert path.stat().st_size == 0


def test_schema_of_damaged_file(file: Path) -> None:
    """A damaged page fails the schema check."""
    with QueueDatabase(file) as db:
        TaskQueue(db).enqueue_many("work", [{"text": "x" * 1000}] * 100)
    content = bytearray(file.read_bytes())
    for page in range(20, len(content) // 4096):
        content[page * 4096 : page * 4096 + 12] = b"\x0d" + b"\xff" * 11
    file.write_bytes(content)
    assert "Schema Integrity" in red(file)


def test_pragmas_of_file_made_by_others(file: Path) -> None:
    """A file that is not in WAL mode fails only the PRAGMA check, and stays unchanged."""
    alter(file, "PRAGMA journal_mode=DELETE")
    failed = red(file)
    assert list(failed) == ["PRAGMA Settings"]
    assert "PRAGMA journal_mode is 'delete', not 'WAL'" in failed["PRAGMA Settings"][0]
    with closing(sqlite3.connect(file)) as conn:
        assert conn.execute("PRAGMA journal_mode").fetchone()[0] == "delete"


def test_pragmas_of_file_with_other_pages(file: Path) -> None:
    """A file with another page size fails only the PRAGMA check."""
    alter(file, "PRAGMA journal_mode=DELETE", "PRAGMA page_size=8192", "VACUUM")
    alter(file, "PRAGMA journal_mode=WAL")
    failed = red(file)
    assert list(failed) == ["PRAGMA Settings"]
    assert "page_size is 8192" in failed["PRAGMA Settings"][0]


@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA foreign_keys=OFF",
        "PRAGMA synchronous=OFF",
        "PRAGMA cache_size=-2000",
        "PRAGMA temp_store=FILE",
        "PRAGMA wal_autocheckpoint=5",
    ],
)
def test_pragmas_of_connection(file: Path, statement: str) -> None:
    """A connection with a wrong setting fails only the PRAGMA check."""
    with QueueDatabase(file, on_connect=lambda conn: conn.executescript(statement).close()) as db:
        failed = {
            result.name: result.problems
            for result in QueueValidator(db).run_all()
            if not result.passed
        }
    assert list(failed) == ["PRAGMA Settings"]
    assert statement.split("=")[0] in failed["PRAGMA Settings"][0]


def test_pragmas_stricter_than_promised(file: Path) -> None:
    """synchronous=FULL passes the PRAGMA check, because it is stricter than NORMAL."""
    with QueueDatabase(file, synchronous="FULL") as db:
        assert QueueValidator(db).validate_all()


def test_index_that_is_missing(file: Path) -> None:
    """Each dropped index of the queue fails only the index check."""
    names = index_names(file)
    assert len(names) >= 3
    for name in names:
        with closing(sqlite3.connect(file)) as conn:
            row = conn.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        alter(file, f"DROP INDEX {name}")
        result = QueueValidator.for_file(file).validate_index_performance()
        assert any(f"index {name} is missing" in problem for problem in result.problems)
        if name == names[0]:
            assert list(red(file)) == ["Index Performance"]
        alter(file, row[0])


def test_index_of_the_same_name_on_other_columns(file: Path) -> None:
    """An index on other columns under the queue's name fails only the index check."""
    alter(
        file,
        "DROP INDEX task_life",
        "CREATE INDEX task_life ON task_queue (status, run_after_utc)",
    )
    failed = red(file)
    assert list(failed) == ["Index Performance"]
    assert "task_life is not the queue's own" in failed["Index Performance"][0]


def test_indexes_of_the_team_are_accepted(file: Path) -> None:
    """Tables, columns and indexes that a team added pass all checks."""
    alter(
        file,
        "ALTER TABLE task_queue ADD COLUMN customer TEXT",
        "CREATE INDEX by_customer ON task_queue (customer, priority)",
        "CREATE INDEX by_type ON task_queue (type)",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY)",
    )
    assert red(file) == {}


def test_index_of_the_team_that_misleads(file: Path) -> None:
    """The index check plans the seed's claims with the indexes of the file."""
    assert QueueValidator.for_file(file).validate_index_performance().passed
    alter(file, "CREATE INDEX status_priority ON task_queue (status, run_after_utc)")
    result = QueueValidator.for_file(file).validate_index_performance()
    assert any("the claim of pattern 2" in problem for problem in result.problems)
