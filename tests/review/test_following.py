"""The review follows SQL texts and connections through a file."""

from __future__ import annotations

import pytest

from tests.review.findings import codes, findings

HEAD = "from pytest_queuekit.queue import QueueDatabase\n"
WRITE = "conn.execute(\"UPDATE task_queue SET status = 'queued' WHERE id = 1\")"


@pytest.mark.parametrize(
    "written",
    [
        '"SELECT id FROM task_queue WHERE status = \'" + given + "\' LIMIT 1"',
        "\"SELECT id FROM task_queue WHERE status = '%s' LIMIT 1\" % given",
        "\"SELECT id FROM task_queue WHERE status = '%(s)s' LIMIT 1\" % {'s': given}",
        "\"SELECT id FROM task_queue WHERE status = '{}' LIMIT 1\".format(given)",
        "\"SELECT id FROM task_queue WHERE status = '{s}' LIMIT 1\".format(s=given)",
        "f\"SELECT id FROM task_queue WHERE status = '{given}' LIMIT 1\"",
        'f"SELECT id FROM task_queue WHERE status = {given} LIMIT 1"',
        '" ".join(["SELECT id FROM task_queue WHERE status =", f"\'{given}\'", "LIMIT 1"])',
        "START + f\"'{given}' LIMIT 1\"",
        'dedent(f"""\n    SELECT id FROM task_queue WHERE status = \'{given}\' LIMIT 1""")',
    ],
)
def test_a_formatted_value_is_found_in_every_form(written: str) -> None:
    """The value may come by +, %, format, join, an f-string, a constant or dedent."""
    start = 'START = "SELECT id FROM task_queue WHERE status = "\n'
    direct = f"{start}def find(conn, given):\n    return conn.execute({written}).fetchone()\n"
    named = (
        f"{start}def find(conn, given):\n    sql = {written}\n"
        "    return conn.execute(sql).fetchone()\n"
    )
    assert codes(direct) == ["QR105"]
    assert codes(named) == ["QR105"]


@pytest.mark.parametrize(
    "written",
    [
        'f"SELECT id FROM {table} WHERE id = ?"',
        "f\"SELECT id FROM task_queue WHERE id IN ({', '.join('?' * len(ids))})\"",
        "f\"SELECT id FROM task_queue WHERE id IN ({', '.join('?' for _ in ids)})\"",
        "f\"SELECT id FROM task_queue WHERE id IN ({', '.join(['?'] * 3)})\"",
        'f"SELECT id FROM task_queue WHERE id = {int(given)}"',
        'f"SELECT id FROM task_queue WHERE id = {given:d}"',
        '"SELECT id FROM task_queue WHERE id = %d" % given',
        "f\"SELECT id FROM task_queue WHERE status = '{Status.QUEUED}' LIMIT 1\"",
        "f\"SELECT id FROM task_queue WHERE status = '{QUEUED}' LIMIT 1\"",
        "f\"SELECT id FROM task_queue WHERE status = 'queued' ORDER BY {column} LIMIT 1\"",
    ],
)
def test_other_parts_of_sql_may_be_formatted(written: str) -> None:
    """Names of tables and columns, placeholders, numbers and constants are accepted."""
    text = f"""
        from settings import QUEUED, Status
        def find(conn, given, ids, table, column):
            return conn.execute({written}, ids).fetchone()
        """
    assert codes(text) == []


def test_a_connection_is_followed_into_functions_and_methods() -> None:
    """A write is a finding in its own line, if a call in the file passes a connection() to it."""
    text = f"""{HEAD}
class Worker:
    def __init__(self, path):
        self.db = QueueDatabase(path)

    def reset(self):
        with self.db.connection() as conn:
            self._mark(conn)

    def _mark(self, conn):
        mark(connection=conn)


def mark(connection):
    connection.cursor().execute("UPDATE task_queue SET status = 'queued' WHERE id = 1")
"""
    assert findings(text) == [("QR102", 16)]
    assert findings(text.replace("self.db.connection()", "self.db.transaction()")) == []


@pytest.mark.parametrize(
    "text",
    [
        f"def f(db):\n    with db.transaction() as conn:\n        {WRITE}\n",
        f"def f(conn):\n    {WRITE}\n",
        f"def f(db):\n    with db.connection() as conn:\n        conn.execute('BEGIN IMMEDIATE')\n"
        f"        {WRITE}\n        conn.commit()\n",
        "def f(db):\n    with db.transaction():\n"
        "        db.execute(\"UPDATE task_queue SET status = 'queued' WHERE id = 1\")\n",
        f"def f(db):\n    with db.connection() as conn:\n        conn.execute('VACUUM')\n"
        f"    with db.transaction() as conn:\n        {WRITE}\n",
    ],
    ids=["a transaction", "unknown", "begun by hand", "the database in it", "the same name twice"],
)
def test_a_write_is_accepted_where_a_transaction_may_be_open(text: str) -> None:
    """A finding needs certainty."""
    assert codes(HEAD + text) == []


def test_a_write_on_the_database_itself_is_a_finding() -> None:
    """It commits by itself, apart from the writes that belong to it."""
    text = 'def f(path):\n    db = QueueDatabase(path)\n    db.execute("DELETE FROM task_queue")\n'
    assert findings(HEAD + text) == [("QR102", 4)]


def test_writes_to_other_tables_are_accepted() -> None:
    """A file may have tables besides the queue's."""
    text = (
        "def f(db):\n    with db.connection() as conn:\n        conn.execute('DELETE FROM book')\n"
    )
    assert codes(HEAD + text) == []


TWO_STEPS = """
def claim(conn):
    row = conn.execute("SELECT id FROM job WHERE state = 'new' LIMIT 1").fetchone()
    {between}conn.execute("UPDATE job SET state = 'busy' WHERE id = ?{guard}", (row[0],))
    return row
"""


def test_a_claim_in_two_steps_is_a_finding_in_any_table() -> None:
    """The table need not belong to the reference queue."""
    assert codes(TWO_STEPS.format(between="", guard="")) == ["QR501"]


def test_a_claim_that_checks_the_state_again_is_accepted() -> None:
    """UPDATE … WHERE state = 'new' changes no task that another worker took."""
    assert codes(TWO_STEPS.format(between="", guard=" AND state = 'new'")) == []


def test_a_claim_under_a_lock_is_accepted() -> None:
    """A transaction(), a BEGIN IMMEDIATE or a lock keeps other workers out from the SELECT on."""
    plain = TWO_STEPS.format(between="", guard="")
    begun = plain.replace("    row =", "    conn.execute('BEGIN IMMEDIATE')\n    row =")
    assert codes(begun) == []
    body = plain.replace("def claim(conn):", "").replace("\n    ", "\n        ")
    assert codes(f"def claim(db):\n    with db.transaction() as conn:{body}") == []
    assert codes(f"def claim(conn, lock):\n    with lock:{body}") == []
    locked = plain.replace("LIMIT 1", "LIMIT 1 FOR UPDATE SKIP LOCKED")
    assert codes(locked) == []


def test_an_update_of_another_row_is_not_a_claim() -> None:
    """A claim updates the row that it selected."""
    text = TWO_STEPS.format(between="other = compute()\n    ", guard="").replace(
        "(row[0],)", "(other,)"
    )
    assert codes(text) == []


def test_a_slow_call_in_a_transaction_is_a_finding() -> None:
    """The review follows functions of the file; code after the block is accepted."""
    text = f"""{HEAD}
import time
from urllib.request import urlopen as get


def deliver(db):
    with db.transaction() as conn:
        step()
    time.sleep(1)


def step():
    return get("https://example.org")
"""
    assert findings(text) == [("QR404", 9)]


def test_a_function_defined_in_a_transaction_is_accepted() -> None:
    """A later call may follow the end of the transaction."""
    text = f"""{HEAD}
import time


def later(db):
    with db.transaction() as conn:
        def pause():
            time.sleep(1)
        conn.execute("DELETE FROM task_queue WHERE id = 1")
    return pause
"""
    assert codes(text) == []


def _counting(sql: str) -> str:
    return f"""{HEAD}
def count(db):
    with db.connection() as conn:
        return conn.execute({sql!r}).fetchone()
"""


def test_a_slow_query_plan_is_a_finding() -> None:
    """SQLite plans the query: a scan or a sort of rows is slow, a sort of few groups is not."""
    by_state = "SELECT id FROM task_queue WHERE status = 'queued' ORDER BY "
    assert codes(_counting(f"{by_state} priority, id LIMIT 1")) == []
    assert codes(_counting(f"{by_state} attempts LIMIT 1")) == ["QR401"]
    assert codes(_counting("SELECT id FROM task_queue WHERE locked_by = ? LIMIT 1")) == ["QR401"]
    grouped = "SELECT type, count(*) AS n FROM task_queue WHERE status = 'queued' GROUP BY type"
    assert codes(_counting(f"{grouped} ORDER BY n DESC LIMIT 5")) == []


@pytest.mark.parametrize(("table", "expected"), [("outbox", ["QR501"]), ("cache", [])])
def test_deleting_a_row_of_work_is_a_claim(table: str, expected: list[str]) -> None:
    """Deleting the oldest row of a cache is not."""
    text = f"""
def step(conn):
    row = conn.execute("SELECT id FROM {table} ORDER BY id LIMIT 1").fetchone()
    conn.execute("DELETE FROM {table} WHERE id = ?", (row[0],))
"""
    assert codes(text) == expected


def test_a_transaction_that_writes_first_has_the_lock() -> None:
    """Its later reads are up to date."""
    text = f"""{HEAD}
def f(conn):
    conn.execute("BEGIN")
    conn.execute("INSERT INTO task_queue (type) VALUES ('a')")
    n = conn.execute("SELECT max(id) FROM task_queue").fetchone()[0]
    conn.execute("UPDATE task_queue SET priority = 1 WHERE id = ?", (n,))
    conn.execute("COMMIT")
"""
    assert codes(text) == []


def test_a_temporary_path_is_accepted() -> None:
    """Tests keep their databases in /tmp."""
    text = f'{HEAD}from pathlib import Path\nQueueDatabase(Path("{{}}") / "q.db")\n'
    assert codes(text.format("/tmp")) == []  # noqa: S108 - no file is made
    assert codes(text.format("/srv")) == ["QR303"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("**row", ["QR203"]),
        ("*conn.execute('SELECT id FROM task_queue WHERE id = 1').fetchone()", ["QR203"]),
        ("**dataclasses.asdict(task)", []),
        ("**overrides", []),
    ],
)
def test_only_an_unpacked_row_is_a_finding(value: str, expected: list[str]) -> None:
    """A Task may be made from another Task, or from the overrides of a test."""
    text = f"""
import dataclasses
from pytest_queuekit.queue import Task


def make(conn, row, task, overrides):
    return Task({value})
"""
    assert codes(text) == expected


@pytest.mark.parametrize(
    ("around", "expected"), [("measured('write')", ["QR102"]), ("begun(conn)", [])]
)
def test_a_context_manager_may_begin_a_transaction(around: str, expected: list[str]) -> None:
    """It can do so only if it receives the connection."""
    text = f"""{HEAD}
def f(db):
    with db.connection() as conn:
        with {around}:
            {WRITE}
"""
    assert codes(text) == expected


@pytest.mark.parametrize("annotation", ["QueueDatabase", "'QueueDatabase'", "queue.QueueDatabase"])
def test_an_annotation_identifies_a_database(annotation: str) -> None:
    """The parameter may be kept as an attribute for the methods."""
    text = f"""from pytest_queuekit import queue
from pytest_queuekit.queue import QueueDatabase
def reset(db: {annotation}):
    db.execute("DELETE FROM task_queue WHERE id = 1")
class Service:
    def __init__(self, db: {annotation}):
        self.db = db
    def reset(self):
        self.db.execute("DELETE FROM task_queue WHERE id = 1")
def reset_other(db: Database):
    db.execute("DELETE FROM task_queue WHERE id = 1")
"""
    assert findings(text) == [("QR102", 4), ("QR102", 9)]
