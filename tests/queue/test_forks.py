"""A fork in the middle of things: the child harms nothing of its parent's, and gets an error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.queue.world import output, started

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")

_HEAD = """
import os, sqlite3, sys
from pytest_queuekit.queue import QueueDatabase, QueueDatabaseError, TaskQueue

path = sys.argv[1]
db = QueueDatabase(path, busy_seconds=0.2)
queue = TaskQueue(db)
queue.enqueue("t", "before")

def ended(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def in_other_process(sql):
    script = (
        "import sqlite3, sys\\n"
        "print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchall())"
    )
    read, write = os.pipe()
    os.posix_spawn(sys.executable, [sys.executable, "-c", script, path, sql], os.environ,
                   file_actions=[(os.POSIX_SPAWN_DUP2, write, 1)])
    os.close(write)
    with open(read) as answer:
        return answer.read().strip()
"""

_BLOCKS = {
    "transaction": "with db.transaction() as conn:",
    "savepoint": "with db.transaction() as conn, db.transaction():",
    "connection": "with db.connection() as conn:",
    "snapshot": "with db.transaction() as conn, db.snapshot():",
}
_LEAVING = {
    "by its end": ("pass", "QueueDatabaseError None"),
    "by an error": ("raise KeyError(1)", "QueueDatabaseError KeyError(1)"),
    "by sys.exit": ("sys.exit(3)", "SystemExit None"),
}


@pytest.mark.parametrize("block", _BLOCKS)
@pytest.mark.parametrize("leaving", _LEAVING)
def test_a_block_that_outlives_a_fork(path: Path, block: str, leaving: str) -> None:
    """The child is told, and neither ends nor undoes what the parent has begun."""
    statement, told = _LEAVING[leaving]
    body = f"""
child = None
try:
    {_BLOCKS[block]}
        conn.execute("PRAGMA cache_size=10").fetchall()
        # More than the cache holds, so that pages of the transaction are in the log already.
        conn.executemany("INSERT INTO task_queue (type, payload) VALUES ('t', ?)",
                         [('"' + str(number).zfill(1500) + '"',) for number in range(1000)])
        child = os.fork()
        if child == 0:
            {statement}
        else:
            code = ended(child)
            conn.execute("INSERT INTO task_queue (type) VALUES ('after')")
except BaseException as error:
    if child != 0:
        raise
    origin = error.__cause__
    while origin is not None and not isinstance(origin, KeyError):
        origin = origin.__cause__ or origin.__context__
    print(type(error).__name__, repr(origin), flush=True)
    sys.exit(7)  # not os._exit(): the end of the interpreter closes nothing either
if child == 0:
    sys.exit(8)
print(code, queue.stats().queued, queue.integrity_check(), flush=True)
print(in_other_process("SELECT count(*), max(length(payload)) FROM task_queue"))
"""
    assert output(started(_HEAD + body, path)) == f"{told}\n7 1002 []\n[(1002, 1502)]\n"


def test_the_connection_of_a_block_is_disabled_in_the_child(path: Path) -> None:
    """The child can neither write, commit nor roll back by the parent's connection."""
    body = """
with db.transaction() as conn:
    conn.execute("INSERT INTO task_queue (type) VALUES ('parent')")
    child = os.fork()
    if child == 0:
        refused = 0
        for use in (
            lambda: conn.execute("INSERT INTO task_queue (type) VALUES ('child')"),
            conn.commit,
            conn.rollback,
            lambda: conn.executescript("COMMIT"),
            lambda: queue.enqueue("t", "child"),
            lambda: QueueDatabase(path).execute("SELECT 1"),
        ):
            try:
                use()
            except (sqlite3.DatabaseError, QueueDatabaseError):
                refused += 1
        conn.close()
        db.close()
        os._exit(refused)
    assert ended(child) == 6
    assert in_other_process("SELECT count(*) FROM task_queue") == "[(1,)]"
print(queue.stats().queued, queue.integrity_check())
"""
    assert output(started(_HEAD + body, path)) == "2 []\n"


def test_a_fork_in_the_middle_of_a_statement(path: Path) -> None:
    """A signal handler forks between a statement and its rows: the child does not commit it."""
    body = """
def fork_after_execute(frame, event, argument):
    global child
    if event == "c_return" and frame.f_code.co_name == "_run" and "execute" in repr(argument):
        sys.setprofile(None)
        child = os.fork()
        if child == 0:
            raise SystemExit(5)
        code = ended(child)
        assert code == 5, code
        seen = in_other_process("SELECT status FROM task_queue")
        assert seen == "[('queued',)]", seen

queue.get(1)
sys.setprofile(fork_after_execute)
task = queue.claim("w")
print(task.id, task.lease_token, in_other_process("SELECT status FROM task_queue"))
"""
    assert output(started(_HEAD + body, path)) == "1 1 [('leased',)]\n"


_STATEMENTS = {
    "SELECT": ("db.execute('SELECT forks(1)').fetchall()", "[('t', 100)]"),
    "INSERT": (
        "db.execute(\"INSERT INTO task_queue (type, priority) VALUES ('new', forks(1))\")",
        "[('new', 5), ('t', 100)]",
    ),
    "a batch": (
        "db.execute_many('INSERT INTO task_queue (type, priority) VALUES (?, forks(1))', [('b',)])",
        "[('b', 5), ('t', 100)]",
    ),
    "a transaction": (
        "with db.transaction() as conn:\n"
        "    conn.execute('UPDATE task_queue SET priority = 7')\n"
        "    conn.execute('UPDATE task_queue SET priority = priority + forks(1)')",
        "[('t', 12)]",
    ),
    "a database in memory": ("memory.execute('SELECT forks(1)').fetchall()", "[('t', 100)]"),
}
_IN_CHILD = {
    "it returns": ("pass", 1),
    "it raises": ("raise KeyError", 1),
    "it leaves": ("sys.exit(9)", 1),
    "it ends": ("os._exit(9)", 9),
    "it uses the queue": ("use_all()", 5),
}


@pytest.mark.parametrize("statement", _STATEMENTS)
@pytest.mark.parametrize("deed", _IN_CHILD)
def test_a_fork_in_a_function_that_sql_calls(path: Path, statement: str, deed: str) -> None:
    """The child can work there, but never goes on with the statement; the parent does."""
    sql, rows = _STATEMENTS[statement]
    body, status = _IN_CHILD[deed]
    script = f"""
child = None

def forks(_):
    global child
    if child is None:
        child = os.fork()
        if child == 0:
            {body}
    return 5

def use_all():
    refused = 0
    conn = open_conn
    for use in (
        lambda: conn.execute("SELECT 1"),
        lambda: conn.executemany("DELETE FROM task_queue WHERE id = ?", [(1,)]),
        conn.commit,
        conn.rollback,
        conn.__enter__,
    ):
        try:
            use()
        except QueueDatabaseError:
            refused += 1
    try:
        queue.get(1)
    except QueueDatabaseError:
        os._exit(refused)
    os._exit(refused if in_memory else 99)

def connect(conn):
    conn.create_function("forks", 1, forks)

db = QueueDatabase(path, busy_seconds=0.2, on_connect=connect)
memory = QueueDatabase(":memory:", on_connect=connect)
queue = TaskQueue(db)
in_memory = {"memory" in statement}
open_conn = (memory if in_memory else db).get_connection()
{sql}
print(ended(child), queue.integrity_check())
print(in_other_process("SELECT type, priority FROM task_queue ORDER BY type"))
"""
    process = started(_HEAD + script, path)
    out, err = process.communicate(timeout=60)
    assert out == f"{status} []\n{rows}\n"
    assert ("inside a function that SQL calls" in err) is (status == 1)
    assert process.returncode == 0


def test_a_fork_while_another_thread_runs_a_statement(path: Path) -> None:
    """The child is told at once, although SQLite's mutex stays locked in it."""
    body = """
import threading
inside, go_on = threading.Event(), threading.Event()

def waits(_):
    inside.set()
    go_on.wait()
    return 5

def work():
    with db.transaction() as conn:
        conn.execute("UPDATE task_queue SET priority = waits(1)")

db.close()
db = QueueDatabase(path, on_connect=lambda conn: conn.create_function("waits", 1, waits))
thread = threading.Thread(target=work)
thread.start()
inside.wait()
child = os.fork()
if child == 0:
    try:
        TaskQueue(db).get(1)
    except QueueDatabaseError:
        os._exit(7)
print(ended(child))
go_on.set()
thread.join()
print(TaskQueue(db).get(1).priority)
"""
    assert output(started(_HEAD + body, path)) == "7\n5\n"


def test_an_authorizer_outlives_a_fork(path: Path) -> None:
    """The parent keeps the caller's authorizer, in the block and after it."""
    body = """
def authorize(action, *_):
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_DELETE else sqlite3.SQLITE_OK

db.close()
db = QueueDatabase(path, on_connect=lambda conn: conn.set_authorizer(authorize))
with db.transaction() as conn:
    conn.execute("UPDATE task_queue SET priority = 7")
    child = os.fork()
    if child == 0:
        os._exit(3)
    assert ended(child) == 3
for _ in range(2):
    try:
        db.execute("DELETE FROM task_queue")
    except QueueDatabaseError as error:
        print(type(error).__name__)
print(TaskQueue(db).get(1).priority)
"""
    assert output(started(_HEAD + body, path)) == "QueuePathError\nQueuePathError\n7\n"


@pytest.mark.parametrize("opened", ["by sqlite3", "by open"])
def test_a_descriptor_that_the_queue_does_not_know(path: Path, opened: str) -> None:
    """The child refuses the file while such a descriptor is open, and then uses it."""
    own = {"by sqlite3": "sqlite3.connect(path)", "by open": "open(path, 'rb')"}[opened]
    body = f"""
own = {own}
if hasattr(own, "execute"):
    own.execute("SELECT count(*) FROM task_queue").fetchall()
child = os.fork()
if child == 0:
    for database in (db, QueueDatabase(path)):
        try:
            TaskQueue(database).enqueue("t", "child")
        except QueueDatabaseError as error:
            assert "before the fork" in str(error), error
        else:
            os._exit(8)
    with QueueDatabase(path + "-other") as other:
        TaskQueue(other).enqueue("t", "elsewhere")
    own.close()
    queue.enqueue("t", "child")
    os._exit(7)
print(ended(child), queue.stats().queued)
"""
    assert output(started(_HEAD + body, path)) == "7 2\n"


def test_a_child_of_a_process_without_the_file(path: Path) -> None:
    """Descriptors of other files, and descriptors opened after the fork, are no obstacle."""
    body = """
db.close()
other = open(path + "-other", "w")
child = os.fork()
if child == 0:
    with QueueDatabase(path) as one, QueueDatabase(path) as two:
        TaskQueue(one).enqueue("t", None)
        TaskQueue(two).enqueue("t", None)
    os._exit(7)
print(ended(child))
"""
    assert output(started(_HEAD + body, path)) == "7\n"


def test_children_and_parent_give_each_id_once(path: Path) -> None:
    """Several forked children and their parent enqueue at the same time."""
    body = """
children = []
for _ in range(3):
    read, write = os.pipe()
    if os.fork() == 0:
        ids = [queue.enqueue("t", None) for _ in range(100)]
        os.write(write, " ".join(map(str, ids)).encode())
        os._exit(0)
    os.close(write)
    children.append(read)
ids = [queue.enqueue("t", None) for _ in range(100)]
for read in children:
    with open(read) as answer:
        ids += map(int, answer.read().split())
print(len(ids), len(set(ids)), queue.stats().queued, queue.integrity_check())
"""
    assert output(started(_HEAD + body, path)) == "400 400 401 []\n"
