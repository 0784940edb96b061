"""Backups are private from their first byte, published whole, and replace no file."""

from __future__ import annotations

import errno
import os
import re
import signal
import stat
from pathlib import Path

import pytest

from pytest_queuekit.queue import QueueDatabase, QueueDiskFullError, QueuePathError, TaskQueue
from tests.queue.dying import deaths
from tests.queue.world import output, started


@pytest.fixture
def small(path: Path) -> Path:
    """Return the file of a closed queue with one task."""
    with QueueDatabase(path) as db:
        TaskQueue(db).enqueue("t", "x" * 2000)
    return path


def back_up(path: Path, target: Path) -> None:
    """Write a backup and end the use of the queue."""
    with QueueDatabase(path) as db:
        TaskQueue(db).backup(target)


def partial(folder: Path) -> list[str]:
    """Return the names of the partial files in a folder."""
    return [
        file.name for file in folder.iterdir() if re.fullmatch(r"\.queue-.{8}\.part", file.name)
    ]


def queued(path: Path) -> int:
    """Return the number of queued tasks in a sound file."""
    with QueueDatabase(path) as db:
        assert TaskQueue(db).integrity_check() == []
        return TaskQueue(db).stats().queued


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_a_name_with_a_left_log_is_refused(queue: TaskQueue, tmp_path: Path, suffix: str) -> None:
    """SQLite would apply a -wal of an older file of this name to the copy."""
    left = tmp_path / f"copy.db{suffix}"
    left.write_bytes(b"left")
    with pytest.raises(QueuePathError, match=rf"copy\.db{suffix}' is left of an older file"):
        queue.backup(tmp_path / "copy.db")
    assert sorted(file.name for file in tmp_path.glob("*copy*")) == [left.name]


def test_a_name_that_is_a_link_is_refused(queue: TaskQueue, tmp_path: Path) -> None:
    """A link of the name, here to nothing, is not followed."""
    (tmp_path / "copy.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(QueuePathError, match="already exists"):
        queue.backup(tmp_path / "copy.db")
    assert not (tmp_path / "elsewhere").exists()


def test_a_name_that_is_taken_during_the_copy(
    queue: TaskQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that appears under the name while the copy is made is not replaced."""
    target = tmp_path / "copy.db"
    fsync = os.fsync

    def appear(descriptor: int) -> None:
        target.write_text("precious")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", appear)
    with pytest.raises(QueuePathError, match="already exists"):
        queue.backup(target)
    assert target.read_text() == "precious"
    assert not partial(tmp_path)


def test_the_copy_and_its_name_are_on_the_disk(
    queue: TaskQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The content is synced before it gets its name, and the folder afterwards."""
    synced: list[tuple[str, bool]] = []

    def note(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        synced.append((kind, (tmp_path / "copy.db").exists()))

    monkeypatch.setattr(os, "fsync", note)
    queue.backup(tmp_path / "copy.db")
    assert synced == [("file", False), ("folder", True)]


def test_no_name_of_the_copy_is_ever_readable_by_others(small: Path, tmp_path: Path) -> None:
    """At each file operation, with umask 0, every file in the folder is private."""
    target = tmp_path / "copies" / "copy.db"
    target.parent.mkdir()
    before = os.umask(0)
    try:
        for _ in deaths(tmp_path, lambda: back_up(small, target)):
            modes = {stat.S_IMODE(file.stat().st_mode) for file in target.parent.iterdir()}
            assert modes <= {0o600}
            target.unlink(missing_ok=True)
    finally:
        os.umask(before)


def test_a_killed_backup(small: Path, tmp_path: Path) -> None:
    """Killed at any file operation, it leaves a whole copy or none; the next one cleans up."""
    folder = tmp_path / "copies"
    folder.mkdir()
    left = 0
    for point in deaths(tmp_path, lambda: back_up(small, folder / "copy.db")):
        names = {file.name for file in folder.iterdir()}
        unfinished = partial(folder)
        assert names - set(unfinished) <= {"copy.db"}
        left += len(unfinished)
        if "copy.db" in names:
            assert queued(folder / "copy.db") == 1, f"killed at operation {point}"
            (folder / "copy.db").unlink()
        back_up(small, folder / "another.db")
        assert [file.name for file in folder.iterdir()] == ["another.db"]
        (folder / "another.db").unlink()
    assert left


_PAUSED = """
import os, signal, sys
from pytest_queuekit.queue import QueueDatabase, TaskQueue
fsync = os.fsync
def pause(descriptor):
    print("ready", flush=True)
    sys.stdin.readline()
    fsync(descriptor)
os.fsync = pause
TaskQueue(QueueDatabase(sys.argv[1])).backup(sys.argv[2])
"""


def test_a_running_backup_keeps_its_file(small: Path, tmp_path: Path) -> None:
    """A second backup into the same folder leaves the partial file of the first alone."""
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    with started(_PAUSED, small, first) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        back_up(small, second)
        assert partial(tmp_path)
        running.stdin.write("\n\n")  # type: ignore[union-attr] # a pipe
        running.stdin.flush()  # type: ignore[union-attr] # a pipe
        assert running.wait(60) == 0
    assert (queued(first), queued(second)) == (1, 1)


@pytest.mark.parametrize("content", [b"notes", b"SQLite format 4\0"])
def test_a_file_of_such_a_name_by_somebody_else(
    queue: TaskQueue, tmp_path: Path, content: bytes
) -> None:
    """A file that is no database, a link and a folder with the name of a partial copy stay."""
    (tmp_path / ".queue-abcdefgh.part").write_bytes(content)
    (tmp_path / ".queue-abcdefg1.part").symlink_to(tmp_path / "queue.db")
    (tmp_path / ".queue-abcdefg2.part").mkdir()
    (tmp_path / "queue-abcdefgh.part").touch()
    queue.backup(tmp_path / "copy.db")
    assert len(list(tmp_path.glob("*.part"))) == 4


def test_a_killed_backup_of_another_user_stays(queue: TaskQueue, tmp_path: Path) -> None:
    """The partial file of another user is not removed."""
    other = tmp_path / ".queue-abcdefgh.part"
    other.touch()
    try:
        os.chown(other, 65534, 65534)
    except PermissionError:
        pytest.skip("only root may give a file to another user")
    queue.backup(tmp_path / "copy.db")
    assert other.exists()


def test_a_disk_that_is_full(small: Path, tmp_path: Path) -> None:
    """A process that is killed when its copy gets too long leaves no copy."""
    body = """
import resource, signal, sys
from pytest_queuekit.queue import QueueDatabase, TaskQueue
queue = TaskQueue(QueueDatabase(sys.argv[1]))
queue.stats()
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
queue.backup(sys.argv[2])
"""
    process = started(body, small, tmp_path / "copy.db")
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGXFSZ
    assert not (tmp_path / "copy.db").exists()
    assert partial(tmp_path)
    back_up(small, tmp_path / "copy.db")
    assert not partial(tmp_path)


_WITH_LIMIT = """
import os, resource, sys
from pytest_queuekit.queue import QueueDatabase, QueueDiskFullError, TaskQueue
queue = TaskQueue(QueueDatabase(sys.argv[1]))
queue.stats()
limit = int(sys.argv[3]) * os.path.getsize(sys.argv[1]) // 100
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
try:
    queue.backup(sys.argv[2])
except QueueDiskFullError as error:
    print(error)
"""


@pytest.mark.parametrize("percent", [10, 90, 99])
def test_a_limit_of_the_size_of_files(small: Path, tmp_path: Path, percent: int) -> None:
    """The error names the limit at any size, and nothing is left."""
    message = output(started(_WITH_LIMIT, small, tmp_path / "copy.db", percent))
    assert "size limit of this process (EFBIG)" in message
    assert "no copy was made" in message
    assert [file.name for file in tmp_path.iterdir()] == ["queue.db"]


@pytest.mark.parametrize(
    ("number", "kind", "cause"),
    [
        (errno.ENOSPC, QueueDiskFullError, "ENOSPC"),
        (errno.EDQUOT, QueueDiskFullError, "EDQUOT"),
        (errno.EFBIG, QueueDiskFullError, "EFBIG"),
        (errno.EROFS, QueuePathError, "Read-only file system"),
    ],
)
def test_errors_of_the_system(
    queue: TaskQueue,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[Exception],
    cause: str,
) -> None:
    """A copy that cannot reach the disk raises the queue's error with the cause."""

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(kind, match=rf"{cause}.*no copy was made"):
        queue.backup(tmp_path / "copy.db")
    assert not list(tmp_path.glob("*copy*"))
    assert not partial(tmp_path)


def test_a_backup_has_the_mark(small: Path, tmp_path: Path) -> None:
    """The copy is marked as a queue, and clean: nothing lies beside it."""
    back_up(small, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_bytes()[68:72] == b"tskq"
    assert [file.name for file in tmp_path.glob("copy*")] == ["copy.db"]
