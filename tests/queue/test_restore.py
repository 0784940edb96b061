"""Restoring a backup leaves the old content or the new, and never a mix of both."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pytest_queuekit.queue import (
    SCHEMA_VERSION,
    QueueBusyError,
    QueueClosedError,
    QueueCorruptError,
    QueueDatabase,
    QueueDatabaseError,
    QueueInputError,
    QueuePathError,
    QueueReadOnlyError,
    QueueSchemaError,
    TaskQueue,
)
from tests.queue.dying import deaths
from tests.queue.world import left_behind, output, started

OLD = "INSERT INTO task_queue (type) VALUES ('newest')"


@pytest.fixture
def copy(path: Path, tmp_path: Path) -> Path:
    """Return a backup with the task 'saved' of a queue that has had the task 'later' since."""
    copy = tmp_path / "copy.db"
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        queue.enqueue("saved", "x" * 3000)
        queue.backup(copy)
        queue.enqueue("later", "y" * 3000)
    return copy


def restore(path: Path, copy: Path) -> str | None:
    """Restore a backup as a program does that has not used the queue yet."""
    with QueueDatabase(path, busy_seconds=0) as db:
        return TaskQueue(db).restore(copy)


def types(path: Path) -> list[str]:
    """Return the types of the tasks in a sound file."""
    with QueueDatabase(path) as db:
        assert TaskQueue(db).integrity_check() == []
        return [row[0] for row in db.execute("SELECT type FROM task_queue ORDER BY id")]


def log_left(path: Path) -> None:
    """Leave the -wal and -shm of a process that was killed after a commit."""
    left_behind(path, OLD)


def destroyed(path: Path) -> None:
    """Make the file unreadable, and leave a -wal."""
    left_behind(path, OLD)
    path.write_bytes(b"not a database, but as long as the header of one" * 100)


def missing(path: Path) -> None:
    """Delete the file, and leave its -wal."""
    left_behind(path, OLD)
    path.unlink()


def other_pages(path: Path) -> None:
    """Give the file pages of another size."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for sql in ("journal_mode=DELETE", "page_size=8192"):
            conn.execute(f"PRAGMA {sql}")
        conn.execute("VACUUM")
        conn.execute("PRAGMA journal_mode=WAL")


def malformed(path: Path) -> None:
    """Damage the schema, so that SQLite opens the file but cannot use it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("PRAGMA writable_schema=1")
        conn.execute("UPDATE sqlite_schema SET sql = 'nonsense' WHERE name = 'workers'")


def truncated(path: Path) -> None:
    """Cut the file off in the middle."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def unchanged(path: Path) -> None:
    """Leave the file as it was closed."""
    assert path.exists()


def empty(path: Path) -> None:
    """Leave a file of length 0."""
    path.write_bytes(b"")


READABLE = [unchanged, log_left, other_pages]
UNREADABLE = [destroyed, missing, malformed, truncated, empty]


@pytest.mark.parametrize("state", READABLE)
def test_into_a_file_that_sqlite_can_read(
    path: Path, copy: Path, state: Callable[[Path], None]
) -> None:
    """The content is replaced in the file, which keeps its permissions; no log is left."""
    path.chmod(0o660)
    state(path)
    assert restore(path, copy) is None
    assert [file.name for file in path.parent.glob("queue.db*")] == ["queue.db"]
    assert types(path) == ["saved"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


@pytest.mark.parametrize("state", UNREADABLE)
def test_in_place_of_a_file_that_sqlite_cannot_read(
    path: Path, copy: Path, state: Callable[[Path], None]
) -> None:
    """The old file and its -wal are kept together under another name."""
    path.chmod(0o640)
    state(path)
    before = {file.name: file.read_bytes() for file in path.parent.glob("queue.db*")}
    kept = restore(path, copy)
    assert kept is not None
    for suffix in ("", "-wal"):
        if path.name + suffix in before:
            assert Path(kept + suffix).read_bytes() == before[path.name + suffix]
    assert types(path) == ["saved"]
    assert stat.S_IMODE(path.stat().st_mode) == (0o640 if path.name in before else 0o600)
    assert not list(path.parent.glob(".queue-*"))


@pytest.mark.slow
@pytest.mark.parametrize("state", [unchanged, log_left])
def test_killed_at_any_file_operation(
    path: Path, copy: Path, tmp_path: Path, state: Callable[[Path], None]
) -> None:
    """The content is the old one, complete, or that of the backup."""
    state(path)
    saved = {file: file.read_bytes() for file in tmp_path.iterdir()}
    old = types(path)
    seen = set()

    def put_back() -> None:
        for file in tmp_path.iterdir():
            file.unlink()
        for file, content in saved.items():
            file.write_bytes(content)

    put_back()
    for point in deaths(tmp_path, lambda: restore(path, copy)):
        after = types(path)
        assert after in (old, ["saved"]), f"killed at operation {point}"
        seen.add(len(after))
        put_back()
    assert seen == {len(old), 1}


@pytest.mark.slow
@pytest.mark.parametrize("state", [destroyed, missing, malformed])
def test_killed_while_it_replaces_a_file(
    path: Path, copy: Path, tmp_path: Path, state: Callable[[Path], None]
) -> None:
    """The file is the unreadable one, or the backup without a trace of the old -wal.

    A second restore then succeeds.
    """
    state(path)
    saved = {file: file.read_bytes() for file in tmp_path.iterdir()}
    results = set()
    for point in deaths(tmp_path, lambda: restore(path, copy)):
        where = f"killed at operation {point}"
        if path.exists():
            try:
                assert types(path) == ["saved"], where
                results.add("new")
            except QueueDatabaseError:
                results.add("old")
                restore(path, copy)
                assert types(path) == ["saved"], where
        for file in tmp_path.iterdir():
            file.unlink()
        for file, content in saved.items():
            file.write_bytes(content)
    assert "new" in results


@pytest.mark.parametrize("is_idle", [True, False])
def test_not_while_another_connection_is_open(path: Path, copy: Path, is_idle: bool) -> None:
    """A connection of this process that has read or is in a transaction keeps a restore out."""
    with QueueDatabase(path) as other:
        TaskQueue(other).stats()
        if is_idle:
            with pytest.raises(QueueBusyError, match="other connections use the file"):
                restore(path, copy)
        else:
            with other.transaction(), pytest.raises(QueueBusyError, match="other connections"):
                restore(path, copy)
        assert TaskQueue(other).stats().queued == 2
    assert restore(path, copy) is None


_IDLE = """
import sys
from pytest_queuekit.queue import QueueDatabase, TaskQueue
queue = TaskQueue(QueueDatabase(sys.argv[1]))
queue.stats()
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("state", [unchanged, destroyed, missing])
def test_not_while_another_process_uses_it(
    path: Path, copy: Path, state: Callable[[Path], None]
) -> None:
    """A process that has the file open keeps a restore out, also from a deleted file."""
    with started(_IDLE, path) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        if state is destroyed:
            with path.open("r+b") as file:
                file.write(b"x" * 100)
        elif state is missing:
            path.unlink()
        with pytest.raises(QueueBusyError, match="other connections use the file"):
            restore(path, copy)
        other.communicate("\n", timeout=60)
    restore(path, copy)
    assert types(path) == ["saved"]


def test_not_into_a_file_that_a_thread_of_this_object_uses(path: Path, copy: Path) -> None:
    """The object's own connection is closed first, and opens again afterwards."""
    with QueueDatabase(path, busy_seconds=0) as db:
        queue = TaskQueue(db)
        assert queue.stats().queued == 2
        assert queue.restore(copy) is None
        assert queue.stats().queued == 1
        with db.transaction(), pytest.raises(QueueDatabaseError, match="inside a transaction"):
            queue.restore(copy)
        with db.connection() as conn:
            conn.execute("SELECT 1")
            with pytest.raises(QueueBusyError):
                queue.restore(copy)
        assert queue.stats().queued == 1
    with pytest.raises(QueueClosedError):
        queue.restore(copy)


_WITH_LIMIT = """
import os, resource, sys
from pytest_queuekit.queue import QueueDatabase, QueueDiskFullError, TaskQueue
queue = TaskQueue(QueueDatabase(sys.argv[1], busy_seconds=0))
limit = int(sys.argv[3]) * os.path.getsize(sys.argv[2]) // 100
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
try:
    queue.restore(sys.argv[2])
except QueueDiskFullError as error:
    print(error)
"""


@pytest.mark.parametrize("percent", [50, 90, 100])
@pytest.mark.parametrize("state", [unchanged, log_left])
def test_a_limit_of_the_size_of_files(
    path: Path, copy: Path, percent: int, state: Callable[[Path], None]
) -> None:
    """The error names the limit at any size, and the queue keeps its content."""
    state(copy)
    before = path.read_bytes()
    message = output(started(_WITH_LIMIT, path, copy, percent))
    assert "size limit of this process (EFBIG)" in message
    outcomes = "no copy was made|the queue keeps its content|nothing was changed|was not read"
    assert re.search(outcomes, message)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.glob("*queue*")] == ["queue.db"]


def no_queue(copy: Path) -> None:
    """Put the database of another program in place of the backup."""
    copy.unlink()
    with closing(sqlite3.connect(copy)) as conn:
        conn.execute("CREATE TABLE orders (id)")


def other_table(copy: Path) -> None:
    """Put the database of another program with a task_queue of its own in its place."""
    copy.unlink()
    with closing(sqlite3.connect(copy)) as conn:
        conn.execute("CREATE TABLE task_queue (id INTEGER PRIMARY KEY, type TEXT)")
        conn.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def newer(copy: Path) -> None:
    """Make it the backup of a newer version."""
    with closing(sqlite3.connect(copy)) as conn:
        conn.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")


def text(copy: Path) -> None:
    """Put a text in place of the backup."""
    copy.write_text("no database" * 1000)


def half(copy: Path) -> None:
    """Cut the backup off."""
    truncated(copy)


def bad_page(copy: Path) -> None:
    """Damage a page in the middle of the backup."""
    content = bytearray(copy.read_bytes())
    content[8 * 4096 : 9 * 4096] = b"\xff" * 4096
    copy.write_bytes(content)


def gone(copy: Path) -> None:
    """Delete the backup."""
    copy.unlink()


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (no_queue, QueueSchemaError),
        (other_table, QueueSchemaError),
        (newer, QueueSchemaError),
        (empty, QueueSchemaError),
        (text, QueueCorruptError),
        (half, QueueCorruptError),
        (bad_page, QueueCorruptError),
        (gone, QueuePathError),
    ],
)
def test_a_backup_that_is_not_usable(
    path: Path, copy: Path, spoil: Callable[[Path], None], error: type[Exception]
) -> None:
    """It is refused by name, and the queue's file keeps its content."""
    spoil(copy)
    before = path.read_bytes()
    with pytest.raises(error, match=r"copy\.db"):
        restore(path, copy)
    assert path.read_bytes() == before
    assert not list(path.parent.glob(".queue-*"))


def test_into_a_file_that_is_read_only(
    path: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before anything is written."""
    allowed = os.access

    def access(file: str, mode: int) -> bool:  # because root may write to every file
        return allowed(file, mode) and not (os.fspath(file) == str(path) and mode == os.W_OK)

    monkeypatch.setattr(os, "access", access)
    with pytest.raises(QueueReadOnlyError, match="not writable for this user; nothing was changed"):
        restore(path, copy)


def test_a_backup_that_was_opened_and_left(path: Path, copy: Path, tmp_path: Path) -> None:
    """The -wal beside a backup belongs to it: the restore reads both, and changes neither."""
    left_behind(copy, OLD)
    before = {file: file.read_bytes() for file in tmp_path.glob("copy.db*")}
    assert restore(path, copy) is None
    assert types(path) == ["saved", "newest"]
    assert {file: file.read_bytes() for file in tmp_path.glob("copy.db*")} == before


@pytest.mark.parametrize("make", [no_queue, other_table])
def test_not_over_the_database_of_another_program(
    path: Path, copy: Path, make: Callable[[Path], None]
) -> None:
    """Its file keeps every byte."""
    make(path)
    before = path.read_bytes()
    with pytest.raises(QueueSchemaError, match="another program"):
        restore(path, copy)
    assert path.read_bytes() == before


def test_not_from_itself_or_into_memory(path: Path, copy: Path) -> None:
    """The queue's own file is no backup, under no name; a database in memory has no file."""
    link = path.with_name("link.db")
    link.symlink_to(path)
    for name in (path, link):
        with pytest.raises(QueueInputError, match="own file"):
            restore(path, name)
    with QueueDatabase(":memory:") as db, pytest.raises(QueueInputError, match="needs a file"):
        TaskQueue(db).restore(copy)


def test_into_a_new_file(copy: Path, tmp_path: Path) -> None:
    """A backup becomes a queue under a new name."""
    assert restore(tmp_path / "new.db", copy) is None
    assert types(tmp_path / "new.db") == ["saved"]
    assert stat.S_IMODE((tmp_path / "new.db").stat().st_mode) == 0o600


def test_damage_names_the_way_back(path: Path) -> None:
    """The error of a damaged file names restore()."""
    path.write_text("no database" * 1000)
    with QueueDatabase(path) as db, pytest.raises(QueueCorruptError, match=r"restore\("):
        TaskQueue(db).stats()


def test_a_plain_copy_as_the_backup(path: Path, copy: Path, tmp_path: Path) -> None:
    """A file that was copied while no process used it is a backup too."""
    shutil.copyfile(path, tmp_path / "plain.db")
    restore(path, copy)
    restore(path, tmp_path / "plain.db")
    assert types(path) == ["saved", "later"]
