"""The files that the queue opens, and the errors for those that it cannot open."""

from __future__ import annotations

import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier

import pytest

from pytest_queuekit.queue import (
    QueueBusyError,
    QueueCorruptError,
    QueueDatabase,
    QueueDatabaseError,
    QueueInputError,
    QueuePathError,
    TaskQueue,
)
from tests.queue.world import output, started


@pytest.mark.parametrize("name", ["a ?b#c%20d.db", "file:x?mode=memory", "ünï cödé.db", "-x.db"])
def test_odd_names_are_names(tmp_path: Path, name: str) -> None:
    """A path with characters that are special in a URI is a plain file name."""
    with QueueDatabase(tmp_path / name) as db:
        TaskQueue(db).enqueue("t", None)
    assert (tmp_path / name).is_file()
    with QueueDatabase(str(tmp_path / name)) as db:
        assert TaskQueue(db).stats().queued == 1


def test_a_home_folder_that_is_not_expanded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error of a path such as ~/queue.db names what expands it."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(QueuePathError, match=r"does not exist; expand '~' with os\.path"):
        QueueDatabase("~/queue.db").execute("SELECT 1")


def test_the_path_of_a_database_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """db_path of a database in memory opens a database in memory, and no file of this name."""
    monkeypatch.chdir(tmp_path)
    with QueueDatabase(":memory:") as first, QueueDatabase(first.db_path) as second:
        second.execute("SELECT 1")
        assert second.path == ":memory:"
    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later change of the current folder does not move the queue."""
    monkeypatch.chdir(tmp_path)
    with QueueDatabase("queue.db") as db:
        monkeypatch.chdir("/")
        TaskQueue(db).enqueue("t", None)
    assert (tmp_path / "queue.db").is_file()


def test_new_files_are_private(path: Path) -> None:
    """Only the owner can read the database and the files that SQLite puts beside it."""
    before = os.umask(0)
    try:
        with QueueDatabase(path) as db:
            TaskQueue(db).enqueue("t", None)
            files = sorted(path.parent.iterdir())
            assert {file.name for file in files} == {"queue.db", "queue.db-shm", "queue.db-wal"}
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    finally:
        os.umask(before)


def test_a_link_to_nothing(path: Path, tmp_path: Path) -> None:
    """A link to a missing file is not followed: SQLite would create the file for everyone."""
    path.symlink_to(tmp_path / "target.db")
    with (
        QueueDatabase(path) as db,
        pytest.raises(QueuePathError, match="symbolic link to a missing file"),
    ):
        db.execute("SELECT 1")
    assert not (tmp_path / "target.db").exists()


def test_a_name_as_long_as_possible_is_private(tmp_path: Path) -> None:
    """A temporary name beside the file does not get longer than the name of the file."""
    path = tmp_path / ("x" * 240)
    before = os.umask(0)
    try:
        with QueueDatabase(path) as db:
            db.execute("SELECT 1")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_rights_of_an_existing_file_are_kept(path: Path) -> None:
    """An existing file keeps its permissions."""
    path.touch(mode=0o660)
    path.chmod(0o660)
    with QueueDatabase(path) as db:
        db.execute("SELECT 1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_nothing_is_touched_before_the_first_use(path: Path) -> None:
    """Creating the object creates no file."""
    QueueDatabase(path).close()
    assert not path.exists()


def test_a_missing_folder(tmp_path: Path) -> None:
    """The error names a missing folder and the function that creates it."""
    with (
        QueueDatabase(tmp_path / "no" / "queue.db") as db,
        pytest.raises(QueuePathError, match=r"no' does not exist.*ensure_db_directory"),
    ):
        db.execute("SELECT 1")


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    """A file in place of the folder raises QueuePathError."""
    (tmp_path / "file").touch()
    with (
        QueueDatabase(tmp_path / "file" / "queue.db") as db,
        pytest.raises(QueuePathError, match="is not a folder"),
    ):
        db.execute("SELECT 1")


def test_threads_open_a_new_file_at_once(tmp_path: Path) -> None:
    """A file that another thread creates in the meantime is the queue's, and not a wrong path."""
    with ThreadPoolExecutor(max_workers=6) as pool:
        for number in range(30):
            with QueueDatabase(tmp_path / f"{number}.db") as db:
                start = Barrier(6)

                def enqueue(queue: TaskQueue, start: Barrier) -> None:
                    start.wait()
                    queue.enqueue("t", None)

                enqueued = [pool.submit(enqueue, TaskQueue(db), start) for _ in range(6)]
                assert [each.exception() for each in enqueued] == [None] * 6


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_path_that_is_a_pipe(tmp_path: Path) -> None:
    """A database and a backup that are no regular files raise QueuePathError."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(QueuePathError, match="is not a regular file"), QueueDatabase(pipe) as db:
        db.execute("SELECT 1")
    with (
        QueueDatabase(tmp_path / "queue.db") as db,
        pytest.raises(QueuePathError, match="is not a regular file"),
    ):
        TaskQueue(db).restore(pipe)


def test_a_path_that_is_a_folder(tmp_path: Path) -> None:
    """A path that is a folder raises QueuePathError."""
    with QueueDatabase(tmp_path) as db, pytest.raises(QueuePathError, match="is a folder; name"):
        db.execute("SELECT 1")


@pytest.mark.parametrize("content", [b"hello", b"not a database \n" * 100])
def test_a_file_that_is_not_a_database(path: Path, content: bytes) -> None:
    """A file that is not a database raises QueueCorruptError and keeps every byte."""
    path.write_bytes(content)
    with (
        QueueDatabase(path) as db,
        pytest.raises(QueueCorruptError, match=r"queue\.db.*not a database"),
    ):
        db.execute("SELECT 1")
    assert path.read_bytes() == content


def test_a_damaged_file(path: Path) -> None:
    """A damaged file raises QueueCorruptError."""
    with QueueDatabase(path) as db:
        TaskQueue(db).enqueue_many("t", ["x" * 500] * 100)
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)
    with QueueDatabase(path) as db, pytest.raises(QueueCorruptError, match="restore a backup"):
        TaskQueue(db).claim("w")


_AS_NOBODY = """
import os, sys
from pytest_queuekit.queue import QueueDatabase, TaskQueue, QueueDatabaseError, ensure_db_directory
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    if sys.argv[2] == "ensure":
        ensure_db_directory(sys.argv[1])
    with QueueDatabase(sys.argv[1]) as db:
        TaskQueue(db).enqueue("t", None)
except QueueDatabaseError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "call", "message"),
    [
        (0o555, None, "use", "QueuePathError folder="),
        (0o555, None, "ensure", "QueuePathError folder="),
        (0o777, 0o444, "use", "QueueReadOnlyError path="),
        (0o777, 0o000, "use", "QueuePathError path="),
        (0o555, 0o000, "use", "QueuePathError path="),
        (0o600, None, "use", "QueuePathError folder="),
        (0o600, 0o444, "use", "QueuePathError folder="),
    ],
)
def test_missing_rights(folder_mode: int, file_mode: int | None, call: str, message: str) -> None:
    """A read-only folder, a read-only file and an unreadable file raise different errors."""
    with TemporaryDirectory() as name:  # each start of pytest takes the rights from its own folders
        folder = Path(name)
        file = folder / "queue.db"
        if file_mode is not None:
            with QueueDatabase(file) as db:
                db.execute("SELECT 1")
            file.chmod(file_mode)
        folder.chmod(folder_mode)
        try:
            assert output(started(_AS_NOBODY, file, call)).startswith(message)
        finally:
            folder.chmod(0o755)


@pytest.mark.parametrize("path", ["", b"", None.__class__, 7, "a\0b"])
def test_invalid_paths(path: object) -> None:
    """A path that is empty or not text raises QueueInputError."""
    with pytest.raises(QueueInputError, match="path="):
        QueueDatabase(path)  # type: ignore[arg-type] # the point


@pytest.mark.parametrize("seconds", [-1, True, float("nan"), "5", 1e9])
def test_invalid_waits(path: Path, seconds: float) -> None:
    """QueueDatabase rejects a busy_seconds that is not a number from 0 to 3600."""
    with pytest.raises(QueueInputError, match="busy_seconds="):
        QueueDatabase(path, busy_seconds=seconds)


def test_each_error_is_a_queue_database_error() -> None:
    """Each error is a QueueDatabaseError, with its docstring as default message."""
    for kind in (QueueBusyError, QueuePathError, QueueCorruptError):
        assert issubclass(kind, QueueDatabaseError)
        assert str(kind()) == " ".join((kind.__doc__ or "").split())


def test_a_log_that_another_process_removes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A -journal that exists for a moment, while another process creates the file, is no error."""
    journal = f"{path}-journal"
    exists = os.path.lexists
    monkeypatch.setattr("os.path.lexists", lambda name: name == journal or exists(name))
    with QueueDatabase(path) as db:
        assert TaskQueue(db).stats().queued == 0


def test_too_many_open_files(path: Path) -> None:
    """The error names the limit of open files, not permissions."""
    body = """
import os, resource, sys
from pytest_queuekit.queue import QueueDatabase, QueuePathError, TaskQueue
TaskQueue(QueueDatabase(sys.argv[1])).stats()
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
held = []
try:
    while True:
        held.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    pass
try:
    TaskQueue(QueueDatabase(sys.argv[1])).stats()
except QueuePathError as error:
    print(error)
"""
    assert "too many open files (EMFILE)" in output(started(body, path))
