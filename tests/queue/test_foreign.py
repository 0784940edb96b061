"""The queue marks its files, and leaves the databases of other programs as they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pytest_queuekit.queue import QueueDatabase, QueueSchemaError, TaskQueue
from pytest_queuekit.queue.schema import APPLICATION_ID, STATEMENTS, TASK_QUEUE
from tests.queue.world import left_behind


def run(path: Path, *statements: str) -> None:
    """Run statements as another program would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for statement in statements:
            conn.execute(statement)


def with_tables(path: Path) -> None:
    """Make a database with a table."""
    run(path, "CREATE TABLE orders (id)", "INSERT INTO orders VALUES (1)")


def in_wal_mode(path: Path) -> None:
    """Make a database in WAL mode."""
    run(path, "PRAGMA journal_mode=WAL")
    with_tables(path)


def with_a_mark(path: Path) -> None:
    """Make a database with the mark of another program, but no table."""
    run(path, "PRAGMA application_id=7")


def with_a_mark_and_version(path: Path) -> None:
    """Make a database with the mark and the version of another program."""
    with_tables(path)
    run(path, "PRAGMA application_id=7", "PRAGMA user_version=1")


def with_a_table_of_the_same_name(path: Path) -> None:
    """Make a database with a different table of the queue's name."""
    run(path, "CREATE TABLE task_queue (id INTEGER PRIMARY KEY, type TEXT)")


def with_such_a_table_and_version_1(path: Path) -> None:
    """Make a database with a different task_queue and the version of the queue's older layout."""
    with_a_table_of_the_same_name(path)
    run(path, "PRAGMA user_version=1")


def with_such_a_table_and_version_2(path: Path) -> None:
    """Make a database with a different task_queue and the version of the queue."""
    with_a_table_of_the_same_name(path)
    run(path, "PRAGMA user_version=2")


def with_a_version(path: Path) -> None:
    """Make a database with a version, but without mark or table."""
    run(path, "PRAGMA user_version=2")


def with_an_index_of_the_same_name(path: Path) -> None:
    """Make a database with an index of the queue's name."""
    run(path, "CREATE TABLE orders (id)", "CREATE INDEX task_queue ON orders (id)")


def with_different_workers(path: Path) -> None:
    """Make a database with the queue's task_queue, but with different workers."""
    run(path, TASK_QUEUE, "CREATE TABLE workers (name TEXT)")


def crashed(path: Path) -> None:
    """Make a database with tables that are in its -wal only."""
    left_behind(path, "PRAGMA journal_mode=WAL", "CREATE TABLE orders (id)")


def crashed_without_index(path: Path) -> None:
    """Make a database with a -wal but without a -shm, as a copy of both files has none."""
    crashed(path)
    path.with_name(f"{path.name}-shm").unlink()


MAKERS = [
    with_tables,
    in_wal_mode,
    with_a_mark,
    with_a_mark_and_version,
    with_a_table_of_the_same_name,
    with_such_a_table_and_version_1,
    with_such_a_table_and_version_2,
    with_a_version,
    with_an_index_of_the_same_name,
    with_different_workers,
    crashed,
    crashed_without_index,
]


@pytest.mark.parametrize("make", MAKERS)
def test_the_database_of_another_program_is_untouched(
    path: Path, make: Callable[[Path], None]
) -> None:
    """Opening it raises an error, changes no byte of it or of its -wal, and adds no file."""
    make(path)
    files = sorted(path.parent.iterdir())
    before = contents(files)
    with QueueDatabase(path) as db, pytest.raises(QueueSchemaError, match="another program"):
        db.initialize_schema()
    assert sorted(path.parent.iterdir()) == files
    assert contents(files) == before


def contents(files: list[Path]) -> dict[str, bytes]:
    """Return the bytes of files by name, without those of a -shm, which holds no data."""
    return {file.name: file.read_bytes() for file in files if not file.name.endswith("-shm")}


def test_a_new_file_has_the_mark(path: Path) -> None:
    """The header says that the file is a queue, in four ASCII characters."""
    with QueueDatabase(path) as db:
        mark = db.execute("PRAGMA application_id").fetchone()[0]
    assert mark == APPLICATION_ID
    assert path.read_bytes()[68:72] == b"tskq"


def test_tables_that_other_sql_made_are_the_queue(path: Path) -> None:
    """A file with the queue's tables but without the mark opens, and gets the mark."""
    run(path, *STATEMENTS, "INSERT INTO task_queue (type) VALUES ('t')")
    with QueueDatabase(path) as db:
        assert TaskQueue(db).stats().queued == 1
        assert db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID


def test_tables_beside_those_of_the_queue(path: Path) -> None:
    """Other SQL may add tables to a queue, and mark it."""
    with QueueDatabase(path) as db:
        db.execute("CREATE TABLE orders (id)")
    run(path, "PRAGMA application_id=7")
    with QueueDatabase(path) as db:
        assert TaskQueue(db).stats().queued == 0
        assert db.execute("PRAGMA application_id").fetchone()[0] == 7


@pytest.mark.parametrize("has_index", [True, False])
def test_a_queue_that_is_in_its_wal_only(path: Path, has_index: bool) -> None:
    """A process that was killed before its first checkpoint leaves a queue that opens."""
    left_behind(path, "PRAGMA journal_mode=WAL", *STATEMENTS)
    if not has_index:
        path.with_name(f"{path.name}-shm").unlink()
    assert b"task_queue" not in path.read_bytes()
    with QueueDatabase(path) as db:
        assert TaskQueue(db).stats().queued == 0


def test_an_empty_file_is_filled(path: Path) -> None:
    """A file of length 0 becomes a queue."""
    path.touch()
    with QueueDatabase(path) as db:
        assert TaskQueue(db).stats().queued == 0
