"""A file that is deleted, replaced or moved while in use is noticed before a change counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_queuekit.queue import QueueDatabase, QueueReplacedError, TaskQueue
from tests.queue.world import output, started

Change = Callable[[Path], None]


def delete(path: Path) -> None:
    """Delete the file."""
    path.unlink()


def move(path: Path) -> None:
    """Move the file."""
    path.rename(path.with_name("moved.db"))


def replace(path: Path) -> None:
    """Put another queue in its place."""
    other = path.with_name("other.db")
    with QueueDatabase(other) as db:
        TaskQueue(db).enqueue("other", None)
    other.replace(path)


def loop(path: Path) -> None:
    """Put a symbolic link to itself in its place."""
    path.unlink()
    path.symlink_to(path)


CHANGES = [delete, move, replace, loop]


@pytest.mark.parametrize("change", CHANGES)
def test_no_acknowledgement_after_it(queue: TaskQueue, path: Path, change: Change) -> None:
    """Each kind of change raises QueueReplacedError instead of returning."""
    queue.enqueue_many("t", range(3))
    task = queue.claim("w")
    assert task is not None
    change(path)
    calls: list[Callable[[], object]] = [
        lambda: queue.complete(task),
        lambda: queue.fail(task, "x"),
        lambda: queue.enqueue("t", None),
        lambda: queue.enqueue_many("t", [1, 2]),
        lambda: queue.claim("w"),
        lambda: queue.purge(0),
    ]
    for call in calls:
        with pytest.raises(QueueReplacedError, match=r"queue\.db.*deleted, replaced or moved"):
            call()


@pytest.mark.parametrize("change", CHANGES)
def test_own_sql_is_not_acknowledged_either(db: QueueDatabase, path: Path, change: Change) -> None:
    """The caller's transactions, single statements and blocks raise it at their end."""
    insert = "INSERT INTO task_queue (type) VALUES ('t')"
    db.execute(insert)
    change(path)
    with pytest.raises(QueueReplacedError), db.transaction() as conn:
        conn.execute(insert)
    with pytest.raises(QueueReplacedError):
        db.execute(insert)
    with pytest.raises(QueueReplacedError), db.connection() as conn:
        conn.execute(insert)
    with pytest.raises(QueueReplacedError):
        db.get_connection()


_AS_NOBODY = """
import os, sys
from pytest_queuekit.queue import QueueDatabase, QueueReplacedError, TaskQueue
queue = TaskQueue(QueueDatabase(sys.argv[1]))
queue.enqueue("t", None)
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
print("ready", flush=True)
sys.stdin.readline()
try:
    queue.enqueue("t", None)
except QueueReplacedError as error:
    print(error)
"""


def test_a_folder_that_cannot_be_entered_any_more(path: Path) -> None:
    """The error names the missing right; no change is acknowledged by a name out of reach."""
    with started(_AS_NOBODY, path) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        path.parent.chmod(0o600)
        try:
            assert "Permission denied" in other.communicate("\n", timeout=60)[0]
        finally:
            path.parent.chmod(0o700)


def test_a_transaction_is_rolled_back(queue: TaskQueue, db: QueueDatabase, path: Path) -> None:
    """A transaction that notices it changes nothing in the moved file."""
    queue.enqueue("t", None)
    with pytest.raises(QueueReplacedError), db.transaction():
        queue.enqueue("t", None)
        move(path)
    db.close()
    path.with_name("queue.db-wal").rename(path.with_name("moved.db-wal"))
    with QueueDatabase(path.with_name("moved.db")) as moved:
        assert TaskQueue(moved).stats().queued == 1


def test_a_new_object_uses_the_new_file(queue: TaskQueue, db: QueueDatabase, path: Path) -> None:
    """After the error, close() and a new QueueDatabase continue with the new file."""
    queue.enqueue("t", None)
    replace(path)
    with pytest.raises(QueueReplacedError):
        queue.enqueue("t", None)
    db.close()
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink()
    with QueueDatabase(path) as new:
        assert [task.type for task in TaskQueue(new).claim_many("w", limit=9)] == ["other"]


def test_closing_the_old_file_leaves_the_new_log(db: QueueDatabase, path: Path) -> None:
    """SQLite deletes the -wal of the last connection by its name; the new file keeps its own."""
    db.execute("SELECT 1")
    replace(path)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink()
    script = """
import os, sys
from pytest_queuekit.queue import QueueDatabase, TaskQueue
queue = TaskQueue(QueueDatabase(sys.argv[1]))
queue.enqueue("new", None)
print("ready", flush=True)
sys.stdin.read()
os._exit(0)
"""
    with started(script, path) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "ready\n"
        db.close()
        other.stdin.close()
        other.wait(60)
    with QueueDatabase(path) as new:
        assert TaskQueue(new).stats().queued == 2


@pytest.fixture
def each_change_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the -wal and the -shm at each change, however soon it follows the one before."""
    monkeypatch.setattr("pytest_queuekit.queue.opened.CHECK_SECONDS", 0)


@pytest.mark.usefixtures("each_change_is_checked")
@pytest.mark.parametrize(
    ("suffix", "advice"), [("-wal", "close every QueueDatabase"), ("-shm", "End every process")]
)
def test_a_file_beside_it_that_is_deleted(
    queue: TaskQueue, db: QueueDatabase, path: Path, suffix: str, advice: str
) -> None:
    """The next change raises it before it is made, and close() saves those before."""
    queue.enqueue_many("t", [1, 2])
    task = queue.claim("w")
    assert task is not None
    path.with_name(path.name + suffix).unlink()
    calls: list[Callable[[], object]] = [
        lambda: queue.complete(task),
        lambda: queue.enqueue("t", None),
        lambda: queue.claim("w"),
        lambda: db.execute("DELETE FROM task_queue"),
        lambda: db.get_connection(),
    ]
    for call in calls:
        with pytest.raises(QueueReplacedError, match=rf"queue\.db{suffix}.*{advice}"):
            call()
    with pytest.raises(QueueReplacedError), db.connection() as conn:
        conn.execute("DELETE FROM task_queue")
    with pytest.raises(QueueReplacedError), db.transaction() as conn:
        conn.execute("DELETE FROM task_queue")
    db.close()
    with QueueDatabase(path) as again:
        stats = TaskQueue(again).stats()
        assert (stats.queued, stats.leased) == (1, 1)
        assert TaskQueue(again).integrity_check() == []


def test_it_is_noticed_soon(queue: TaskQueue, path: Path) -> None:
    """A loop of changes without a pause ends too."""
    queue.enqueue("t", None)
    path.with_name("queue.db-shm").unlink()
    with pytest.raises(QueueReplacedError):
        queue.enqueue_many("t", range(10))
        for _ in range(10_000):
            queue.enqueue("t", None)


_OLD_INDEX = """
import sys
from pytest_queuekit.queue import QueueDatabase, QueueReplacedError, TaskQueue
db = QueueDatabase(sys.argv[1])
queue = TaskQueue(db)
queue.enqueue_many("old", [1, 2])
task = queue.claim("w")
print("ready", flush=True)
sys.stdin.readline()
for use in (lambda: queue.complete(task), QueueDatabase(sys.argv[1]).initialize_schema):
    try:
        use()
    except QueueReplacedError:
        print("noticed")
if sys.argv[2] == "closes":
    db.close()
"""

_NEW_INDEX = """
import sys
from pytest_queuekit.queue import QueueDatabase, TaskQueue
with QueueDatabase(sys.argv[1]) as db:
    TaskQueue(db).enqueue_many("new", range(5))
    TaskQueue(db).complete(TaskQueue(db).claim("w"))
"""


@pytest.mark.parametrize("ending", ["closes", "exits"])
def test_another_process_makes_a_new_index(path: Path, ending: str) -> None:
    """A process with a deleted -shm acknowledges nothing, and removes nothing of the others."""
    with started(_OLD_INDEX, path, ending) as old:
        assert old.stdout is not None
        assert old.stdout.readline() == "ready\n"
        path.with_name("queue.db-shm").unlink()
        output(started(_NEW_INDEX, path))
        assert old.communicate("\n", timeout=60)[0].split() == ["noticed", "noticed"]
    with QueueDatabase(path) as db:
        stats = TaskQueue(db).stats()
        assert (stats.queued, stats.leased, stats.completed) == (5, 1, 1)
        assert TaskQueue(db).integrity_check() == []


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_a_log_without_its_database(path: Path, suffix: str) -> None:
    """A missing database is not created beside the log of the one before: SQLite would drop it."""
    log = path.with_name(path.name + suffix)
    log.write_bytes(b"changes")
    with (
        QueueDatabase(path) as db,
        pytest.raises(OSError, match=rf"queue\.db' is missing, but .*{suffix}' holds changes"),
    ):
        db.execute("SELECT 1")
    assert [file.name for file in path.parent.iterdir()] == [log.name]
    assert log.read_bytes() == b"changes"


def test_a_link_that_points_elsewhere_is_a_replaced_file(path: Path, tmp_path: Path) -> None:
    """The path may be a symbolic link; it must not be pointed at another file while in use."""
    (tmp_path / "link.db").symlink_to(path)
    path.touch()
    with QueueDatabase(tmp_path / "link.db") as db:
        TaskQueue(db).enqueue("t", None)
        assert (tmp_path / "queue.db-wal").exists()
        (tmp_path / "link.db").unlink()
        (tmp_path / "link.db").symlink_to(tmp_path / "other.db")
        with pytest.raises(QueueReplacedError):
            TaskQueue(db).enqueue("t", None)
