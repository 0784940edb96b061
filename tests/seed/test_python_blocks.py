"""Every python block of the document runs as it stands, and does what is said beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.seed.snippets import World, blocks

SETUP = """
from Client.Backend.src.queue import QueueDatabase as _Database, TaskQueue as _Queue
_db = _Database("queue.db")
_queue = _Queue(_db)
def _age(task_id, days):
    _db.execute(
        "UPDATE task_queue SET completed_at_utc = datetime('now', ?) WHERE id = ?",
        (f"-{days} days", task_id))
def _tasks(columns):
    return [tuple(row) for row in _db.execute(f"SELECT {columns} FROM task_queue ORDER BY id")]
def _done(days):
    task_id = _queue.enqueue("old", {}, priority=50)
    _queue.complete(_queue.claim("w"))
    _age(task_id, days)
    return task_id
"""
CONNECTED = f"""{SETUP}
_manager = _db.transaction() if WRITES else _db.connection()
conn = _manager.__enter__()
"""
LEAVE = "\n_manager.__exit__(None, None, None)\n"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One run of a block.

    block: its number. title: what is shown. before: makes the world that it is for.
    printed: what it must print. after: looks at what it did.
    """

    block: int
    title: str
    before: str = SETUP
    printed: str = ""
    after: str = ""


CASES = (
    Case(
        block=0,
        title="quick validation, and nothing is left behind",
        before="import os, tempfile\ntempfile.tempdir = os.environ['HOME']",
        printed="✅ Queue infrastructure ready!\n",
        after="assert os.listdir('.') == os.listdir(tempfile.tempdir) == []",
    ),
    Case(
        block=1,
        title="integration of a worker, and no row is left behind",
        before="import re",
        printed="✅ Integration successful!\n",
        after=f"""{SETUP}
with _db.connection() as _conn:
    assert not [line for line in _conn.iterdump() if re.match("INSERT.*(task|worker)", line)]
""",
    ),
    Case(
        block=2,
        title="enqueue",
        printed="Enqueued task #1\n",
        after="assert _tasks('type, status, priority, payload') == "
        "[('video_processing', 'queued', 50, '{\"video_id\": 123}')]",
    ),
    Case(block=2, title="enqueue in an empty folder", before="", printed="Enqueued task #1\n"),
    Case(
        block=3,
        title="claim",
        before=f"{SETUP}\n_queue.enqueue('later', {{}}, delay=60)\n_queue.enqueue('now', {{}})",
        printed="Claimed task #2\n",
        after="""
assert _tasks("status, locked_by, lease_until_utc = datetime(reserved_at_utc, '+60 seconds')") == [
    ("queued", None, None), ("leased", "worker-1", 1)]
""",
    ),
    Case(block=3, title="claim from an empty queue"),
    Case(
        block=4,
        title="strategies",
        before=f"{SETUP}\nfor _n in (90, 10, 50): _queue.enqueue('t', {{}}, priority=_n)",
        after="""
assert task.id == 2
assert _tasks("locked_by") == [("worker-1",), ("worker-2",), (None,)]
""",
    ),
    Case(block=4, title="strategies on an empty queue", after="assert task is None"),
    Case(
        block=5,
        title="statistics",
        before=f"{SETUP}\n_done(0)\nfor _n in (10, 20): _queue.enqueue('t', {{}}, priority=_n)",
        printed="completed: 1 tasks (avg priority: 50.0)\nqueued: 2 tasks (avg priority: 15.0)\n",
    ),
    Case(
        block=6,
        title="maintenance",
        before=f"""{SETUP}
_old = [_done(8) for _ in range(3)]
for _ in range(4): _queue.log(_old[0], "INFO", "a line")
_done(6); _queue.enqueue("t", {{}})
""",
        printed="Deleted 3 old completed tasks\n",
        after="""
assert _tasks("id, status") == [(4, "completed"), (5, "queued")]
assert _db.execute("SELECT count(*) FROM task_logs").fetchone()[0] == 0
assert _db.execute("PRAGMA foreign_key_check").fetchall() == []
""",
    ),
    Case(
        block=7,
        title="the class",
        before=f"{SETUP}\n_queue.enqueue('t', {{}})\ntask_id = 1",
        after="""
assert [row["id"] for row in tasks] == [1]
assert _tasks("status, completed_at_utc IS NOT NULL") == [("completed", 1)]
""",
    ),
    Case(
        block=8,
        title="configuration",
        before="import os",
        printed="Max concurrent workers: 4\n",
        after="""
assert str(db_path).startswith(os.environ["HOME"]), db_path
assert db_path.parent.is_dir() and not db_path.exists()
assert PRODUCTION_PRAGMAS["journal_mode"] == "WAL"
""",
    ),
    Case(block=9, title="errors that do not happen"),
    Case(
        block=9,
        title="a locked database",
        before=f"""{SETUP}
import sqlite3
_tasks("id")
_other = sqlite3.connect("queue.db", isolation_level=None)
_other.execute("BEGIN IMMEDIATE")
""",
        printed="Database busy: …\n",
        after="_other.close()",
    ),
    Case(
        block=10,
        title="dates (the statements are abbreviated in the text)",
        before="class conn:\n    execute = staticmethod(lambda sql: sql)",
    ),
    Case(
        block=11,
        title="writes",
        before=f"{SETUP}\ndb = _db\n_queue.enqueue('t', {{}})",
        after="assert _tasks('status') == [('completed',)]",
    ),
    Case(
        block=12,
        title="columns",
        before=f"WRITES = False\n{CONNECTED}\n_queue.enqueue('t', {{}})",
        after=f"assert [tuple(row) for row in cursor] == [(1, 't', 'queued')]{LEAVE}",
    ),
    Case(
        block=13,
        title="atomic claims",
        before=f"WRITES = True\n{CONNECTED}\nfor _ in range(2): _queue.enqueue('t', {{}})",
        after=f"""
assert cursor.fetchall()[0][0] == 2{LEAVE}
assert _tasks("status") == [("leased",), ("leased",)]
""",
    ),
    Case(block=14, title="test of a worker's integration", before=""),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.block}: {case.title}")
def test_block(world: World, case: Case) -> None:
    """A block runs without a warning, prints what it should, and does what it should."""
    done = world.python(blocks("python")[case.block], before=case.before, after=case.after)
    printed = re.sub(r"(?<=busy: ).+", "…", done.stdout)
    assert (done.stderr, printed, done.returncode) == ("", case.printed, 0)


def test_every_block_is_run() -> None:
    """No python block of the document is left out."""
    assert {case.block for case in CASES} == set(range(len(blocks("python"))))
