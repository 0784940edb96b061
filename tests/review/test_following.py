"""What is followed through a file: the text of SQL, and where a connection comes from."""

from __future__ import annotations

import pytest

from tests.review.found import codes, found

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
def test_a_value_is_found_however_it_gets_into_the_sql(written: str) -> None:
    """By +, %, format, join, an f-string, a constant of the module, or through dedent."""
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
def test_what_cannot_be_a_parameter_or_is_no_text_is_left_alone(written: str) -> None:
    """Names of tables and columns, marks for parameters, numbers and constants."""
    text = f"""
        from settings import QUEUED, Status
        def find(conn, given, ids, table, column):
            return conn.execute({written}, ids).fetchone()
        """
    assert codes(text) == []


def test_a_connection_is_followed_into_functions_and_methods() -> None:
    """A write is found where it stands, if any call in the file passes on a connection()."""
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
    assert found(text) == [("QR102", 16)]
    assert found(text.replace("self.db.connection()", "self.db.transaction()")) == []


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
def test_a_write_is_not_found_where_a_transaction_is_or_may_be_open(text: str) -> None:
    """What is not certain is not said."""
    assert codes(HEAD + text) == []


def test_a_write_on_the_database_itself_is_found() -> None:
    """It commits by itself, so nothing that belongs to it does."""
    text = 'def f(path):\n    db = QueueDatabase(path)\n    db.execute("DELETE FROM task_queue")\n'
    assert found(HEAD + text) == [("QR102", 4)]


def test_other_tables_are_nobodys_business() -> None:
    """A file may have connections and tables that are not the queue's."""
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


def test_a_claim_in_two_steps_is_found_in_any_table() -> None:
    """The queue need not be the reference."""
    assert codes(TWO_STEPS.format(between="", guard="")) == ["QR501"]


def test_a_claim_that_asks_again_is_no_race() -> None:
    """UPDATE … WHERE state = 'new' takes the task only from nobody."""
    assert codes(TWO_STEPS.format(between="", guard=" AND state = 'new'")) == []


def test_a_claim_under_a_lock_is_no_race() -> None:
    """A transaction() or a BEGIN IMMEDIATE keeps others out from the SELECT on; so does a lock."""
    plain = TWO_STEPS.format(between="", guard="")
    begun = plain.replace("    row =", "    conn.execute('BEGIN IMMEDIATE')\n    row =")
    assert codes(begun) == []
    body = plain.replace("def claim(conn):", "").replace("\n    ", "\n        ")
    assert codes(f"def claim(db):\n    with db.transaction() as conn:{body}") == []
    assert codes(f"def claim(conn, lock):\n    with lock:{body}") == []
    locked = plain.replace("LIMIT 1", "LIMIT 1 FOR UPDATE SKIP LOCKED")
    assert codes(locked) == []


def test_an_update_of_another_row_is_no_claim() -> None:
    """What is updated must be what was found."""
    text = TWO_STEPS.format(between="other = compute()\n    ", guard="").replace(
        "(row[0],)", "(other,)"
    )
    assert codes(text) == []


def test_a_transaction_that_calls_something_slow_is_found() -> None:
    """Also through functions of the file; what follows the block does no harm."""
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
    assert found(text) == [("QR404", 9)]


def test_a_nested_function_is_not_run_in_the_block_that_defines_it() -> None:
    """It may be called when the transaction is over."""
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


def test_the_plan_of_a_query_is_asked_of_sqlite() -> None:
    """A scan or a sort of the queue's rows is found; a sort of a few groups is none of these."""
    by_state = "SELECT id FROM task_queue WHERE status = 'queued' ORDER BY "
    assert codes(_counting(f"{by_state} priority, id LIMIT 1")) == []
    assert codes(_counting(f"{by_state} attempts LIMIT 1")) == ["QR401"]
    assert codes(_counting("SELECT id FROM task_queue WHERE locked_by = ? LIMIT 1")) == ["QR401"]
    grouped = "SELECT type, count(*) AS n FROM task_queue WHERE status = 'queued' GROUP BY type"
    assert codes(_counting(f"{grouped} ORDER BY n DESC LIMIT 5")) == []


@pytest.mark.parametrize(("table", "found_in"), [("outbox", ["QR501"]), ("cache", [])])
def test_a_row_of_work_that_is_deleted_is_taken(table: str, found_in: list[str]) -> None:
    """Whoever throws the oldest row of a cache away does nothing twice."""
    text = f"""
def step(conn):
    row = conn.execute("SELECT id FROM {table} ORDER BY id LIMIT 1").fetchone()
    conn.execute("DELETE FROM {table} WHERE id = ?", (row[0],))
"""
    assert codes(text) == found_in


def test_a_transaction_that_writes_first_has_the_lock() -> None:
    """What it reads afterwards is up to date."""
    text = f"""{HEAD}
def f(conn):
    conn.execute("BEGIN")
    conn.execute("INSERT INTO task_queue (type) VALUES ('a')")
    n = conn.execute("SELECT max(id) FROM task_queue").fetchone()[0]
    conn.execute("UPDATE task_queue SET priority = 1 WHERE id = ?", (n,))
    conn.execute("COMMIT")
"""
    assert codes(text) == []


def test_a_temporary_place_is_no_fixed_one() -> None:
    """Tests have theirs in /tmp, however it is written."""
    text = f'{HEAD}from pathlib import Path\nQueueDatabase(Path("{{}}") / "q.db")\n'
    assert codes(text.format("/tmp")) == []  # noqa: S108 - no file is made
    assert codes(text.format("/srv")) == ["QR303"]


@pytest.mark.parametrize(
    ("value", "found_in"),
    [
        ("**row", ["QR203"]),
        ("*conn.execute('SELECT id FROM task_queue WHERE id = 1').fetchone()", ["QR203"]),
        ("**dataclasses.asdict(task)", []),
        ("**overrides", []),
    ],
)
def test_only_a_row_is_no_task(value: str, found_in: list[str]) -> None:
    """A task may well be made of another one, or of what a test asks for."""
    text = f"""
import dataclasses
from pytest_queuekit.queue import Task


def make(conn, row, task, overrides):
    return Task({value})
"""
    assert codes(text) == found_in


@pytest.mark.parametrize(
    ("around", "found_in"), [("measured('write')", ["QR102"]), ("begun(conn)", [])]
)
def test_what_is_around_a_write_may_begin_a_transaction(around: str, found_in: list[str]) -> None:
    """Only if it is given the connection."""
    text = f"""{HEAD}
def f(db):
    with db.connection() as conn:
        with {around}:
            {WRITE}
"""
    assert codes(text) == found_in


@pytest.mark.parametrize("annotation", ["QueueDatabase", "'QueueDatabase'", "queue.QueueDatabase"])
def test_an_annotation_says_what_a_parameter_is(annotation: str) -> None:
    """Also where it is kept for a method."""
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
    assert found(text) == [("QR102", 4), ("QR102", 9)]
