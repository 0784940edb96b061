"""Several processes on one file: opening, claims, shares, kills and forks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_queuekit.queue import QueueDatabase, TaskQueue
from tests.queue.world import output, started

PROCESSES = 4

_WHEN = """
import os, sys, time
from pytest_queuekit.queue import QueueDatabase, TaskQueue, SchedulingStrategy
path = sys.argv[1]
print("ready", flush=True)
sys.stdin.readline()
"""


def at_once(body: str, count: int, *arguments: object) -> list[str]:
    """Run a script in several processes that start together; return their outputs."""
    command = [sys.executable, "-c", _WHEN + body, *(str(argument) for argument in arguments)]
    processes = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = []
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        outputs.append(out)
    return outputs


@pytest.mark.parametrize("files", [5, pytest.param(200, marks=pytest.mark.slow)])
def test_eight_processes_open_a_new_file_at_once(tmp_path: Path, files: int) -> None:
    """Eight processes can open a new file at once with raw SQL."""
    body = """
for number in range(int(sys.argv[2])):
    db = QueueDatabase(f"{path}/{number}.db")
    with db.transaction() as conn:
        conn.execute("INSERT INTO task_queue (type, payload) VALUES ('t', '{}')")
    db.close()
"""
    at_once(body, 8, tmp_path, files)
    for number in range(files):
        with QueueDatabase(tmp_path / f"{number}.db") as db:
            queue = TaskQueue(db)
            assert queue.stats().queued == 8
            assert queue.integrity_check() == []
    assert {file.suffix for file in tmp_path.iterdir()} == {".db"}


_CLAIM_ALL = """
queue = TaskQueue(QueueDatabase(path))
strategy = SchedulingStrategy[sys.argv[2]]
claimed = []
while task := queue.claim(f"worker-{os.getpid()}", strategy=strategy):
    claimed.append(task.id)
    queue.complete(task)
print(*claimed)
"""


@pytest.mark.parametrize("strategy", ["PRIORITY", "WEIGHTED_RANDOM"])
def test_each_task_goes_to_one_process(path: Path, strategy: str) -> None:
    """Each task goes to exactly one process; a claim never takes "locked" for "empty"."""
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        queue.enqueue_many("t", range(400))
        outputs = at_once(_CLAIM_ALL, PROCESSES, path, strategy)
        claimed = [int(number) for out in outputs for number in out.split()]
        assert sorted(claimed) == list(range(1, 401))
        assert queue.stats().completed == 400


def test_one_key_in_many_processes(path: Path) -> None:
    """A hundred keys from four processes make a hundred tasks."""
    body = """
queue = TaskQueue(QueueDatabase(path))
print(*(queue.enqueue("t", None, idempotency_key=f"key-{n}") for n in range(100)))
"""
    outputs = at_once(body, PROCESSES, path)
    assert len(set(outputs)) == 1
    with QueueDatabase(path) as db:
        assert TaskQueue(db).stats().queued == 100


_WORK = """
import sys
from pytest_queuekit.queue import QueueDatabase, TaskQueue
queue = TaskQueue(QueueDatabase(sys.argv[1]))
number = 0
while True:
    print("enqueued", queue.enqueue("new", number), flush=True)
    task = queue.claim("victim", lease_seconds=1)
    print("claimed", task.id, task.lease_token, flush=True)
    if number % 3:
        queue.complete(task)
        print("completed", task.id, flush=True)
    number += 1
"""


@pytest.mark.parametrize("after", [0.0, 0.011, 0.037, 0.052])
def test_a_kill_loses_nothing_and_doubles_nothing(path: Path, after: float) -> None:
    """After a kill, confirmed changes are in the file; others are complete or absent."""
    process = started(_WORK, path)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    lines = [line.split() for line in [first, *process.stdout] if line.endswith("\n")]
    process.communicate()
    printed = {word: {int(line[1]) for line in lines if line[0] == word} for word in _WORDS}
    with QueueDatabase(path) as db:
        queue = TaskQueue(db)
        rows = {row["id"]: row["status"] for row in db.execute("SELECT * FROM task_queue")}
        assert printed["enqueued"] <= set(rows)
        assert len(rows) - len(printed["enqueued"]) in (0, 1)
        completed = {number for number, status in rows.items() if status == "completed"}
        assert printed["completed"] <= completed <= printed["claimed"]
        assert len(completed - printed["completed"]) in (0, 1)
        assert queue.integrity_check() == []
        assert_the_rest_is_claimed_once(path, set(rows) - completed)


_WORDS = ("enqueued", "claimed", "completed")


def assert_the_rest_is_claimed_once(path: Path, waiting: set[int]) -> None:
    """Claim an hour later, and assert that each unended task comes exactly once."""
    with QueueDatabase(path, clock=lambda: time.time() + 3600) as db:
        queue = TaskQueue(db)
        got = []
        while task := queue.claim("heir"):
            got.append(task.id)
        assert sorted(got) == sorted(waiting)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_forked_child_opens_its_own_connection(path: Path) -> None:
    """Parent and child both continue, and close() in the child spares the parent's connection."""
    body = """
import os, sys, warnings
from pytest_queuekit.queue import QueueDatabase, TaskQueue
warnings.simplefilter("error")
opened = []
db = QueueDatabase(sys.argv[1], on_connect=lambda conn: opened.append(os.getpid()))
queue = TaskQueue(db)
queue.enqueue_many("t", range(10))
parent = queue.claim("parent")
child = os.fork()
if child == 0:
    for _ in range(4):
        queue.complete(queue.claim("child"))
    db.close()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
queue.complete(parent)
for _ in range(5):
    queue.complete(queue.claim("parent"))
print(queue.stats().completed, len(opened), queue.integrity_check())
"""
    assert output(started(body, path)) == "10 1 []\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
@pytest.mark.parametrize("own", ["db", "QueueDatabase(sys.argv[1])"])
def test_a_forked_child_outlives_the_connections_of_its_parent(path: Path, own: str) -> None:
    """The child takes its own locks, so the parent does not delete the WAL in use."""
    body = f"""
import os, sys, threading
from pytest_queuekit.queue import QueueDatabase, TaskQueue
db = QueueDatabase(sys.argv[1])
queue = TaskQueue(db)
queue.enqueue("t", "parent")
stop = threading.Event()
idle = threading.Thread(target=lambda: (queue.stats(), ready.set(), stop.wait()), daemon=True)
ready = threading.Event()
idle.start()
ready.wait()
unfinished = db.execute("SELECT * FROM task_queue JOIN sqlite_master")
unfinished.fetchone()
closed, tell_closed = os.pipe()
opened, tell_opened = os.pipe()
child = os.fork()
if child == 0:
    queue = TaskQueue({own})
    queue.enqueue("t", "before")
    os.write(tell_opened, b".")
    os.read(closed, 1)
    queue.enqueue("t", "after")
    os._exit(0)
os.read(opened, 1)
unfinished.close()
db.close()
os.write(tell_closed, b".")
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
again = TaskQueue(QueueDatabase(sys.argv[1]))
print([again.claim("w").get_payload() for _ in range(3)], again.integrity_check())
"""
    assert output(started(body, path)) == "['parent', 'before', 'after'] []\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
@pytest.mark.parametrize("who", ["forking", "other"])
def test_a_fork_in_the_middle_of_a_transaction(path: Path, who: str) -> None:
    """The child neither joins nor ends the parent's transaction, and gets an error."""
    body = """
import os, sys, threading
from pytest_queuekit.queue import QueueBusyError, QueueDatabase, QueueDatabaseError, TaskQueue
db = QueueDatabase(sys.argv[1], busy_seconds=0.1)
queue = TaskQueue(db)
queue.stats()
begun, go_on = threading.Event(), threading.Event()

def transact(meanwhile):
    with db.transaction():
        queue.enqueue("t", "parent")
        meanwhile()

def fork():
    child = os.fork()
    if child == 0:
        try:
            queue.enqueue("t", "child")
        except QueueDatabaseError as error:
            os._exit(7 if "forked" in str(error) and not isinstance(error, QueueBusyError) else 8)
        os._exit(9)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)

if sys.argv[2] == "forking":
    transact(fork)
else:
    other = threading.Thread(target=transact, args=(lambda: (begun.set(), go_on.wait()),))
    other.start()
    begun.wait()
    fork()
    go_on.set()
    other.join()
print(queue.stats().queued)
"""
    assert output(started(body, path, who)) == "7\n1\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_memory_does_not_cross_a_fork() -> None:
    """A database in memory raises an error in a forked child."""
    body = """
import os
from pytest_queuekit.queue import QueueDatabase, TaskQueue, QueueDatabaseError
db = QueueDatabase(":memory:")
TaskQueue(db).enqueue("t", None)
child = os.fork()
if child == 0:
    try:
        TaskQueue(db).claim("w")
    except QueueDatabaseError as error:
        os._exit("fork" in str(error))
    os._exit(9)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert output(started(body)) == "1\n"


def test_a_process_that_ends_leaves_one_file(path: Path) -> None:
    """A process that ends without close() leaves only the database file."""
    script = (
        "import sys\n"
        "from pytest_queuekit.queue import QueueDatabase, TaskQueue\n"
        "db = QueueDatabase(sys.argv[1]); TaskQueue(db).enqueue('t', None)\n"
    )
    output(started(script, path))
    assert [file.name for file in path.parent.iterdir()] == ["queue.db"]
