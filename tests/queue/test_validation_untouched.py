"""Validation leaves no trace in the file, beside it, or in the temporary folder."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pytest_queuekit.queue import QueueDatabase, QueuePathError, TaskQueue, config, schema
from pytest_queuekit.queue.validation import (
    QueueValidator,
    quick_validate,
    validate_file,
)
from tests.queue.validating import alter, names, new_queue
from tests.queue.world import left_behind

Dump = tuple[list[str], list[tuple[object, ...]], dict[str, object]]


def dump(path: Path) -> Dump:
    """Return all rows, the schema and the header of a file."""
    names = ("user_version", "journal_mode", "page_size", "application_id", "schema_version")
    with closing(sqlite3.connect(path)) as conn:
        header = {name: conn.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
        schema = conn.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        return list(conn.iterdump()), schema, header


@pytest.fixture
def production(tmp_path: Path) -> Path:
    """Return a queue with tasks in all states, a worker and a log."""
    path = new_queue(tmp_path)
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        queue.enqueue_many("work", [{"n": n} for n in range(20)])
        queue.enqueue("work", {}, delay=3600, compatibility={"region": "EU"})
        queue.heartbeat("worker-1", {"region": "EU"})
        for _ in range(3):
            task = queue.claim("worker-1", lease_seconds=600)
            assert task is not None
            queue.log(task.id, "INFO", "begun")
        assert task is not None
        queue.complete(task, {"ok": True})
    alter(path, "UPDATE task_queue SET lease_until_utc = '2020-01-01 00:00:00' WHERE id = 1")
    return path


@pytest.fixture
def empty_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Use new folders for everything that a process writes to, and check that they stay empty."""
    places = [tmp_path / "places" / name for name in ("cwd", "tmpdir", "home", "data")]
    for place in places:
        place.mkdir(parents=True)
    monkeypatch.chdir(places[0])
    monkeypatch.setattr("tempfile.tempdir", str(places[1]))
    monkeypatch.setenv("HOME", str(places[2]))
    monkeypatch.setenv("XDG_DATA_HOME", str(places[3]))
    monkeypatch.delenv(config.DB_PATH_VARIABLE, raising=False)
    yield
    assert [names(place) for place in places] == [[]] * 4


@pytest.mark.usefixtures("empty_places")
def test_file_is_untouched(production: Path) -> None:
    """A validation keeps rows, schema, version and bytes, and leaves no other file."""
    before, content = dump(production), production.read_bytes()
    beside = names(production.parent)
    assert [result.problems for result in validate_file(production)] == [()] * 8
    assert production.read_bytes() == content
    assert names(production.parent) == beside
    assert dump(production) == before


@pytest.mark.usefixtures("empty_places")
def test_broken_file_is_not_fixed(production: Path) -> None:
    """A validation does not restore missing parts of a file."""
    alter(
        production,
        "DROP INDEX task_life",
        "DROP TABLE workers",
        "PRAGMA user_version=0",
        "PRAGMA journal_mode=DELETE",
    )
    before = dump(production)
    failed = {result.name for result in validate_file(production) if not result.passed}
    assert failed == {"Schema Integrity", "Index Performance", "PRAGMA Settings"}
    assert dump(production) == before


@pytest.mark.usefixtures("empty_places")
def test_database_in_use_is_untouched(production: Path) -> None:
    """A validation of a database in use changes no row."""
    with QueueDatabase(production) as db:
        before = dump(production)
        assert QueueValidator(db).validate_all()
        assert dump(production) == before
        with db.connection() as conn:
            assert not conn.in_transaction


def test_database_in_memory() -> None:
    """A database in memory can be validated."""
    with QueueDatabase(":memory:") as db:
        assert [result.problems for result in QueueValidator(db).run_all()] == [()] * 8
        assert TaskQueue(db).dead_letters() == []


@pytest.mark.usefixtures("empty_places")
def test_quick_validation_leaves_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """quick_validate() prints nothing, and leaves the default path and all folders alone."""
    assert quick_validate() is True
    assert capfd.readouterr() == ("", "")


def test_quick_validation_logs_problems(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """quick_validate() returns False for broken code, and logs the reason."""
    monkeypatch.setattr(config, "MAX_CONCURRENT_WORKERS", 50)
    assert quick_validate() is False
    assert "Configuration: MAX_CONCURRENT_WORKERS is 50" in caplog.text


@pytest.mark.parametrize("missing", ["queue.db", "no/queue.db"])
def test_missing_file_is_not_created(tmp_path: Path, missing: str) -> None:
    """validate_file() of a missing file raises QueuePathError and creates nothing."""
    with pytest.raises(QueuePathError, match="does not exist"):
        validate_file(tmp_path / missing)
    assert names(tmp_path) == []


def test_busy_file_can_be_validated(production: Path) -> None:
    """A file can be validated while a writer holds the lock."""
    with closing(sqlite3.connect(production, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM task_queue")
        assert [result.problems for result in validate_file(production)] == [()] * 8
        writer.execute("ROLLBACK")


OPEN_AND_CLOSE = """
import sqlite3, sys
conn = sqlite3.connect(sys.argv[1])
conn.execute("SELECT count(*) FROM task_queue").fetchone()
conn.close()
"""


def test_validation_keeps_the_locks_of_its_own_process(production: Path) -> None:
    """After a validation, another process does not delete the WAL of a file that is open here.

    If the validation opened and closed the file without SQLite, this process would lose all its
    locks, and the other process would act as the last user of the file.
    """
    with QueueDatabase(production) as db:
        TaskQueue(db).enqueue("work", {})
        assert len(validate_file(production)) == 8
        subprocess.run([sys.executable, "-c", OPEN_AND_CLOSE, str(production)], check=True)
        assert names(production.parent) == ["queue.db", "queue.db-shm", "queue.db-wal"]


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder with their bytes."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_file_that_a_crash_left(tmp_path: Path) -> None:
    """The -wal of a killed process is read, and every file stays as it is to the byte."""
    path = tmp_path / "queue.db"
    left_behind(
        path,
        "PRAGMA journal_mode=WAL",
        *schema.STATEMENTS,
        f"PRAGMA user_version={schema.SCHEMA_VERSION}",
    )
    before = contents(tmp_path)
    assert set(before) == {"queue.db", "queue.db-wal", "queue.db-shm"}
    assert b"task_queue" not in before["queue.db"]
    assert [result.problems for result in validate_file(path)] == [()] * 8
    assert contents(tmp_path) == before


def test_file_whose_log_is_removed_in_the_meantime(
    production: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A -journal that another process removes before it is copied is no error."""
    journal = f"{production}-journal"
    exists = os.path.lexists
    monkeypatch.setattr("os.path.lexists", lambda name: name == journal or exists(name))
    monkeypatch.setattr("os.access", lambda *_: True)
    assert [result.problems for result in validate_file(production)] == [()] * 8


def test_file_that_a_crash_left_in_a_rollback(tmp_path: Path) -> None:
    """A -journal that has to be played back first is played back in a copy."""
    path = new_queue(tmp_path)
    alter(path, "PRAGMA journal_mode=DELETE")
    left_behind(path, "PRAGMA cache_size=1", "BEGIN", "DROP TABLE task_logs", _SPILL)
    before = contents(tmp_path)
    assert set(before) == {"queue.db", "queue.db-journal"}
    results = {result.name: result.problems for result in validate_file(path)}
    assert [name for name, problems in results.items() if problems] == ["PRAGMA Settings"]
    assert contents(tmp_path) == before


_SPILL = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
    INSERT INTO task_queue (type, payload) SELECT 't', hex(zeroblob(2000)) FROM n
"""


AS_NOBODY = """
    import os, sys
    import urllib.parse  # pathlib loads it late, and the user nobody cannot read it
    from pytest_queuekit.queue.validation import quick_validate, validate_file
    path = sys.argv[1]
    quick_validate()  # loads all modules while this is still permitted
    if os.getuid() == 0:
        os.setgroups([])
        os.setuid(65534)
    assert not os.access(path, os.W_OK), "the file is writable"
    print([one.problems for one in validate_file(path) if not one.passed])
    print(sorted(os.listdir(os.path.dirname(path))))
"""


def as_nobody(script: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run a script on a file, with warnings as errors; it gives up its rights by itself."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(script), str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("folder_mode", [0o555, 0o777])
def test_file_that_is_read_only(folder_mode: int) -> None:
    """A read-only file fails one check, because no worker can use it, and stays as it is."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = new_queue(folder)
        path.chmod(0o444)
        folder.chmod(folder_mode)
        done = as_nobody(AS_NOBODY, path)
        folder.chmod(0o755)
    problems, files, _ = done.stdout.split("\n")
    assert "cannot write to the file or its folder" in problems
    assert problems.count("queue.db") == 1
    assert (files, done.stderr) == ("['queue.db']", "")


def test_file_that_is_read_only_and_not_in_wal_mode() -> None:
    """A read-only file with a wrong journal mode fails."""
    with TemporaryDirectory() as name:
        path = new_queue(Path(name))
        alter(path, "PRAGMA journal_mode=DELETE")
        path.chmod(0o444)
        Path(name).chmod(0o555)
        done = as_nobody(AS_NOBODY, path)
        Path(name).chmod(0o755)
    assert "PRAGMA journal_mode is 'delete'" in done.stdout


def test_file_with_a_log_that_is_not_readable() -> None:
    """A -wal of another user fails the checks that read the file, by its name."""
    with TemporaryDirectory() as name:
        path = Path(name, "queue.db")
        left_behind(path, "PRAGMA journal_mode=WAL", *schema.STATEMENTS)
        before = contents(Path(name))
        for file in Path(name).iterdir():
            file.chmod(0o444 if file == path else 0o000)
        Path(name).chmod(0o555)
        done = as_nobody(COMMAND_AS_NOBODY, path)
        Path(name).chmod(0o755)
        for file in Path(name).iterdir():
            file.chmod(0o600)
        assert contents(Path(name)) == before
    assert (done.returncode, done.stderr) == (1, "")
    assert f"path='{path}-wal' belongs to the database, and is not readable" in done.stdout
    assert "4 of 8 checks" in done.stdout


COMMAND_AS_NOBODY = """
    import os, sys
    import urllib.parse  # pathlib loads it late, and the user nobody cannot read it
    from pytest_queuekit.queue.validation import main, quick_validate
    quick_validate()  # loads all modules while this is still permitted
    if os.getuid() == 0:
        os.setgroups([])
        os.setuid(65534)
    sys.exit(main(["--no-benchmark", sys.argv[1]]))
"""


@pytest.mark.parametrize("folder_mode", [0o555, 0o777])
@pytest.mark.parametrize("is_crashed", [False, True])
def test_command_on_a_read_only_file(folder_mode: int, is_crashed: bool) -> None:
    """A read-only file ends with 1: no worker can use it. An empty one also lacks its tables."""
    for statements in (schema.STATEMENTS, ()):
        with TemporaryDirectory() as name:
            path = Path(name, "queue.db")
            left_behind(
                path,
                "PRAGMA journal_mode=WAL",
                *statements,
                f"PRAGMA user_version={schema.SCHEMA_VERSION}",
            )
            if not is_crashed:
                alter(path, "PRAGMA wal_checkpoint(TRUNCATE)")
            before = contents(Path(name))
            for file in Path(name).iterdir():
                file.chmod(0o444)
            Path(name).chmod(folder_mode)
            done = as_nobody(COMMAND_AS_NOBODY, path)
            Path(name).chmod(0o755)
            assert contents(Path(name)) == before
        assert (done.returncode, done.stderr) == (1, ""), done.stdout
        assert "so no worker can claim; check their permissions" in done.stdout
        assert ("queue.db has no tables" in done.stdout) == (not statements)
