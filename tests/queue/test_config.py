"""Settings, the default path, and versions of SQLite."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_queuekit.queue import (
    MAX_CONCURRENT_WORKERS,
    PRODUCTION_PRAGMAS,
    QueueBusyError,
    QueueDatabase,
    QueueDatabaseError,
    QueueInputError,
    QueuePathError,
    apply_pragmas,
    check_worker_count,
    ensure_db_directory,
    get_default_db_path,
    retry_busy,
    sqlite_warning,
)
from tests.queue.world import output, started


@pytest.fixture
def no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a home folder, with all path variables unset."""
    for name in ("PRISMQ_QUEUE_DB", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "{home}/.local/share/prismq/queue.db"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/prismq/queue.db"),
        ("linux", {"XDG_DATA_HOME": "relative"}, "{home}/.local/share/prismq/queue.db"),
        ("darwin", {}, "{home}/Library/Application Support/prismq/queue.db"),
        ("win32", {"LOCALAPPDATA": "/users/me/local"}, "/users/me/local/prismq/queue.db"),
        ("win32", {}, "{home}/AppData/Local/prismq/queue.db"),
        ("linux", {"PRISMQ_QUEUE_DB": "/srv/q.db", "XDG_DATA_HOME": "/data"}, "/srv/q.db"),
        ("win32", {"PRISMQ_QUEUE_DB": "~/q.db"}, "{home}/q.db"),
    ],
)
def test_the_default_path(
    no_variables: Path,
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    variables: Mapping[str, str],
    expected: str,
) -> None:
    """The variable comes first, then the platform's user data folder; nothing is created."""
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert get_default_db_path() == Path(expected.format(home=no_variables))
    assert list(no_variables.iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"XDG_DATA_HOME": "/data"}, "/data/prismq/queue.db"),
        ({"PRISMQ_QUEUE_DB": "/srv/q.db"}, "/srv/q.db"),
        ({}, None),
        ({"PRISMQ_QUEUE_DB": "~/q.db"}, None),
    ],
)
def test_a_user_without_a_home(
    no_variables: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: Mapping[str, str],
    expected: str | None,
) -> None:
    """Without a home folder, absolute paths work, and all others raise QueuePathError."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as it does without a home
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if expected is not None:
        assert get_default_db_path() == Path(expected)
        return
    with pytest.raises(QueuePathError, match="folder in this path is unknown; set PRISMQ_QUEUE_DB"):
        get_default_db_path()


def test_a_database_without_a_path_is_the_default_one(no_variables: Path) -> None:
    """A database without a path creates the default folder, private to its owner."""
    with QueueDatabase() as db:
        db.execute("SELECT 1")
        assert db.path == str(get_default_db_path())
    folder = get_default_db_path().parent
    assert (folder / "queue.db").is_file()
    assert folder.stat().st_mode & 0o077 == 0


def test_making_the_folder_twice(tmp_path: Path) -> None:
    """A second call returns the same folder."""
    wanted = tmp_path / "a" / "b"
    assert ensure_db_directory(wanted / "queue.db") == wanted
    assert ensure_db_directory(str(wanted / "queue.db")) == wanted


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """The error names the variable that sets another path."""
    (tmp_path / "file").touch()
    with pytest.raises(QueuePathError, match=r"file/sub' cannot be created.*PRISMQ_QUEUE_DB"):
        ensure_db_directory(tmp_path / "file" / "sub" / "queue.db")


def test_pragmas_can_be_applied_to_any_connection(path: Path) -> None:
    """apply_pragmas() works on any connection, and PRODUCTION_PRAGMAS is read-only."""
    with closing(sqlite3.connect(path)) as conn:
        apply_pragmas(conn)
        assert conn.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert conn.execute("PRAGMA busy_timeout").fetchone()[0] == 5000
        assert conn.execute("PRAGMA cache_size").fetchone()[0] == -20000
    with pytest.raises(TypeError):
        PRODUCTION_PRAGMAS["synchronous"] = "OFF"  # type: ignore[index] # the point


def test_a_file_that_cannot_have_a_wal(path: Path) -> None:
    """A file that cannot switch to WAL raises an error with its journal mode."""

    class Stubborn(sqlite3.Connection):
        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            return super().execute(sql.replace("journal_mode=WAL", "journal_mode=DELETE"))

    with (
        closing(sqlite3.connect(path, factory=Stubborn)) as conn,
        pytest.raises(QueueDatabaseError, match="journal_mode=delete"),
    ):
        apply_pragmas(conn)


def test_numbers_of_workers() -> None:
    """The recommended number of workers is 4, the limit is 8."""
    assert MAX_CONCURRENT_WORKERS == 4
    assert [check_worker_count(count) for count in (1, 4, 8)] == [1, 4, 8]
    for count in (0, 9, True, 2.0, None):
        with pytest.raises(QueueInputError, match=r"workers=.*from 1 to 8.*PostgreSQL"):
            check_worker_count(count)  # type: ignore[arg-type] # the point


@pytest.mark.parametrize(
    ("version", "is_known_bad"),
    [
        ((3, 6, 23), False),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
        ((4, 0, 0), False),
    ],
)
def test_versions_of_sqlite(version: tuple[int, int, int], is_known_bad: bool) -> None:
    """Versions that can corrupt a WAL file get a warning; fixed versions do not."""
    warning = sqlite_warning(version)
    assert (warning is not None) is is_known_bad
    if warning:
        assert warning.startswith(f"SQLite {'.'.join(map(str, version))} ")


def test_the_version_in_use_is_looked_up() -> None:
    """Without an argument, sqlite_warning() checks the SQLite of this interpreter."""
    assert sqlite_warning() == sqlite_warning(sqlite3.sqlite_version_info)


def test_sqlite_without_returning_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite without RETURNING raises an error before the first statement."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with QueueDatabase(path) as db, pytest.raises(QueueDatabaseError, match="too old"):
        db.execute("SELECT 1")


def test_retrying_while_busy() -> None:
    """retry_busy() retries three times, with pauses that double from 0.1 s, then raises."""
    pauses: list[float] = []
    calls: list[int] = []

    def busy_until(success: int) -> str:
        calls.append(1)
        if len(calls) < success:
            raise QueueBusyError
        return "done"

    assert retry_busy(lambda: busy_until(3), sleep=pauses.append) == "done"
    assert pauses == [0.1, 0.2]
    calls.clear()
    pauses.clear()
    with pytest.raises(QueueBusyError):
        retry_busy(lambda: busy_until(99), sleep=pauses.append)
    assert (len(calls), pauses) == (4, [0.1, 0.2, 0.4])


def test_other_errors_are_not_retried() -> None:
    """retry_busy() retries only QueueBusyError."""
    with pytest.raises(ZeroDivisionError):
        retry_busy(lambda: 1 // 0, sleep=lambda _: pytest.fail("waited"))


def test_importing_does_next_to_nothing() -> None:
    """Importing the queue creates no file and loads only the standard library."""
    script = (
        "import sys, os\n"
        "before = set(os.listdir('.'))\n"
        "sys.modules['pytest_queuekit'] = type(sys)('pytest_queuekit')\n"
        "sys.modules['pytest_queuekit'].__path__ = [sys.argv[1]]\n"
        "import pytest_queuekit.queue\n"
        "tops = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(tops - set(sys.stdlib_module_names) - {'pytest_queuekit', '__mp_main__'}))\n"
        "assert set(os.listdir('.')) == before\n"
    )
    package = Path(__file__).parents[2] / "pytest_queuekit"
    loaded = output(started(script, package))
    assert not any(name in loaded for name in ("pytest'", "hypothesis", "sqlglot"))


def test_the_folder_of_a_user_that_the_system_does_not_know() -> None:
    """ensure_db_directory() names the path whose home folder is unknown."""
    with pytest.raises(QueuePathError, match=r"no-such-user.*home folder in this path is unknown"):
        ensure_db_directory("~no-such-user/queue.db")


def test_the_variable_names_no_queue_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file named ":memory:" in the current folder is not what the user wants."""
    monkeypatch.setenv("PRISMQ_QUEUE_DB", ":memory:")
    with pytest.raises(QueueInputError, match="PRISMQ_QUEUE_DB=':memory:': must name a file"):
        get_default_db_path()
