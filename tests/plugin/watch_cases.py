"""Tests of a user for the watch: wrong ones, and their legal twins."""

from __future__ import annotations

import re
from dataclasses import dataclass

HEAD = """\
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pytest_queuekit.queue import QueueBusyError, QueueDatabase, TaskQueue

ADD = "INSERT INTO task_queue (type, payload) VALUES ('mail', '{}')"
CHANGE = "WITH a AS (SELECT 1) UPDATE task_queue SET priority = 2 WHERE id = 1"
DELETE = "DELETE FROM task_queue WHERE id = ?"
SCAN = "SELECT id FROM task_queue WHERE type = ?"
SCAN_BY_OTHER_NAME = "SELECT t.id FROM task_queue AS t WHERE t.type = ?"
SORT = "SELECT id FROM task_queue WHERE status = 'failed' ORDER BY type"

"""


@dataclass(frozen=True)
class Case:
    """A test of a user; a comment `# finds KIND` marks each line with a finding."""

    body: str

    @property
    def source(self) -> str:
        """The text of the test file."""
        return f"{HEAD}\n{self.body}"

    @property
    def expected(self) -> list[tuple[int, str]]:
        """Line and kind of each finding."""
        lines = enumerate(self.source.splitlines(), start=1)
        matches = [(number, re.search(r"# finds (\S+)$", line)) for number, line in lines]
        return [(number, match[1]) for number, match in matches if match]


WRONG = {
    "execute": """
def test(queue_db):
    queue_db.execute(ADD)  # finds write-outside
""",
    "connection": """
def test(queue_db):
    with queue_db.connection() as conn:
        conn.execute(ADD)  # finds write-outside
        conn.executemany(DELETE, [(1,), (2,)])  # finds write-outside
        conn.cursor().execute(CHANGE)  # finds write-outside
""",
    "cursor": """
def test(queue_db):
    with queue_db.connection() as conn:
        cursor = conn.cursor()
        cursor.execute(ADD)  # finds write-outside
        cursor.execute(ADD)  # finds write-outside
""",
    "lock of its own": """
def test(queue_db_factory):
    first, second = queue_db_factory("a"), queue_db_factory("a", busy_seconds=0.01)
    with first.transaction(), second.connection() as conn:
        with pytest.raises(sqlite3.OperationalError):
            conn.execute("BEGIN IMMEDIATE")  # finds busy
        with pytest.raises(sqlite3.OperationalError):
            conn.cursor().execute("BEGIN IMMEDIATE")  # finds busy
        with pytest.raises(sqlite3.OperationalError):
            conn.executescript("BEGIN IMMEDIATE")  # finds busy
""",
    "column by its number": """
def test(queue_db):
    with queue_db.connection() as conn:
        conn.execute("SELECT id, type FROM task_queue WHERE id > 5 ORDER BY 1")
        conn.execute("SELECT id, type FROM task_queue WHERE id > 5 ORDER BY 2")  # finds slow-plan
""",
    "slow after BEGIN of a cursor": """
def test(queue_db):
    with queue_db.connection() as conn:
        conn.cursor().execute("BEGIN IMMEDIATE")  # finds long-transaction
        time.sleep(0.08)
        conn.execute(ADD)
        conn.execute("COMMIT")
""",
    "last claim": """
def test(queue_tasks, queue_fill, queue_clock):
    queue_fill(2)
    queue_tasks.claim("worker-1")
    queue_tasks.claim("worker-1")  # finds leased
""",
    "in a fixture": """
@pytest.fixture
def filled(queue_db):
    queue_db.execute(ADD)  # finds write-outside

def test(filled):
    pass
""",
    "in a thread": """
def add(db):
    db.execute(ADD)  # finds write-outside

def test(queue_db):
    thread = threading.Thread(target=add, args=(queue_db,))
    thread.start()
    thread.join()
""",
    "given to a thread": """
def test(queue_db):  # finds write-outside
    with ThreadPoolExecutor(1) as threads:
        threads.submit(queue_db.execute, ADD).result()
""",
    "in memory": """
def test():
    with QueueDatabase(":memory:") as db:
        db.execute(ADD)  # finds write-outside
        db.execute(SCAN, ("a",)).fetchall()  # finds slow-plan
""",
    "scan": """
def test(queue_db):
    with queue_db.connection() as conn:
        for name in ("a", "b"):
            conn.execute(SCAN, (name,)).fetchall()  # finds slow-plan
""",
    "sort": """
def test(queue_db):
    with queue_db.connection() as conn:
        conn.execute(SCAN_BY_OTHER_NAME, ("a",)).fetchall()  # finds slow-plan
        conn.execute(SORT).fetchall()  # finds slow-plan
""",
    "slow in a transaction": """
def test(queue_db):
    with queue_db.transaction() as conn:  # finds long-transaction
        time.sleep(0.08)
""",
    "slow after BEGIN": """
def test(queue_db):
    with queue_db.connection() as conn:
        conn.execute("BEGIN IMMEDIATE")  # finds long-transaction
        time.sleep(0.08)
        conn.execute("ROLLBACK")
""",
    "busy": """
def test(queue_db_factory):
    other = queue_db_factory("a", busy_seconds=0.001)
    with queue_db_factory("a").transaction():
        with pytest.raises(QueueBusyError):
            TaskQueue(other).enqueue("mail", None)  # finds busy
""",
    "open": """
KEPT = []

def test(tmp_path):
    db = QueueDatabase(tmp_path / "queue.db")
    KEPT.append(db)
    assert TaskQueue(db).stats().queued == 0  # finds open-connection
""",
    "leased": """
def test(queue_tasks, queue_fill):
    queue_fill(3)
    queue_tasks.complete(queue_tasks.claim("worker-1"))
    for _ in range(2):
        queue_tasks.claim("worker-1")  # finds leased
    assert queue_tasks.claim("worker-2") is None
""",
    "leased by SQL": """
def test(queue_db):
    with queue_db.transaction() as conn:
        conn.execute(ADD)
        conn.execute("UPDATE task_queue SET status = 'leased' WHERE id = 1")  # finds leased
""",
}

WIDE = """
@pytest.fixture(scope="module")
def db(tmp_path_factory):
    with QueueDatabase(tmp_path_factory.mktemp("a") / "queue.db") as db:
        yield db
"""

RIGHT = {
    "transaction": """
def test(queue_db):
    with queue_db.transaction() as conn:
        conn.execute(ADD)
        queue_db.execute(ADD)
        conn.executemany(DELETE, [(1,), (2,)])
    with queue_db.connection() as conn:
        conn.execute("BEGIN IMMEDIATE")
        conn.execute(ADD)
        conn.execute("COMMIT")
        conn.execute("SAVEPOINT mine")
        conn.execute(ADD)
        conn.execute("RELEASE mine")
""",
    "the queue's own": """
def test(queue_tasks, queue_fill, queue_integration_check):
    queue_fill(20)
    task = queue_tasks.claim("worker-1")
    queue_tasks.log(task.id, "INFO", "begun")
    queue_tasks.heartbeat("worker-1")
    queue_tasks.complete(task, {"ok": True})
    queue_tasks.stats(), queue_tasks.dead_letters(), queue_tasks.stale_workers()
    queue_integration_check()
""",
    "raw sqlite3": """
def test(tmp_path):
    conn = sqlite3.connect(tmp_path / "own.db")
    conn.execute("CREATE TABLE task_queue (type, payload)")
    conn.execute(ADD)
    conn.commit()
    conn.close()
""",
    "index": """
def test(queue_db):
    queue_db.execute("SELECT id FROM task_queue WHERE status = ?", ("queued",)).fetchall()
    queue_db.execute("SELECT count(*) FROM task_queue").fetchone()
    queue_db.execute("SELECT id FROM task_queue WHERE id IN (1, 2)").fetchall()
""",
    "slow outside": """
def test(queue_db):
    with queue_db.transaction() as conn:
        conn.execute(ADD)
    time.sleep(0.08)
    with queue_db.connection() as conn:
        conn.execute("SELECT id FROM task_queue WHERE id = 1").fetchone()
        time.sleep(0.08)
""",
    "waiting is not holding": """
def test(queue_db_factory):
    mine, theirs = queue_db_factory("a"), queue_db_factory("a")
    begun, may_end = threading.Event(), threading.Event()

    def hold():
        conn = sqlite3.connect(theirs.path, isolation_level=None)  # not the queue's
        conn.execute("BEGIN IMMEDIATE")
        begun.set()
        may_end.wait(30)
        conn.execute("COMMIT")
        conn.close()

    thread = threading.Thread(target=hold)
    timer = threading.Timer(0.1, may_end.set)
    thread.start()
    assert begun.wait(30)
    timer.start()
    with mine.connection() as conn:
        conn.execute("BEGIN IMMEDIATE")
        conn.execute("COMMIT")
    thread.join()
    timer.join()
""",
    "played busy": """
def test(queue_db):
    assert TaskQueue(queue_db).stats().queued == 0
    with pytest.raises(QueueBusyError):
        raise QueueBusyError("as if")
""",
    "closed or dropped": """
def test(tmp_path):
    with QueueDatabase(tmp_path / "queue.db") as db:
        assert TaskQueue(db).stats().queued == 0
    dropped = QueueDatabase(tmp_path / "queue.db")
    dropped.mine = dropped  # a cycle
    assert TaskQueue(dropped).stats().queued == 0
""",
    "wide fixture": WIDE
    + """
def test(db):
    assert TaskQueue(db).stats().queued == 0

def test_again(db):
    assert TaskQueue(db).stats().queued == 0
""",
    "wide fixture, asked for later": WIDE
    + """
def test(request):
    assert TaskQueue(request.getfixturevalue("db")).stats().queued == 0

def test_again(db):
    assert TaskQueue(db).stats().queued == 0
""",
    "given back": """
def test(queue_tasks, queue_fill):
    queue_fill(3)
    queue_tasks.complete(queue_tasks.claim("worker-1"))
    queue_tasks.fail(queue_tasks.claim("worker-1"), "no")
    queue_tasks.release(queue_tasks.claim("worker-1"))
""",
}
