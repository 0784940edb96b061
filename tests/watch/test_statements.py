"""What a statement does, read from its text."""

from __future__ import annotations

import pytest

from pytest_queuekit.watch.statements import is_end, is_lookup, leases, shape, verb

VERBS = {
    "insert into task_queue (type) values ('a')": "INSERT",
    "  REPLACE INTO task_logs VALUES (1)": "REPLACE",
    "-- a note\nDELETE FROM task_queue": "DELETE",
    "/* a (note */ UPDATE task_queue SET priority = 1": "UPDATE",
    "WITH a AS (SELECT 1) UPDATE task_queue SET priority = 1": "UPDATE",
    "WITH a AS (DELETE) SELECT replace(type, 'a', 'b') FROM task_queue": "SELECT",
    "WITH a AS (SELECT ')' AS b) INSERT INTO task_queue SELECT * FROM a": "INSERT",
    "EXPLAIN DELETE FROM task_queue": "EXPLAIN",
    "-- nothing": "",
    "": "",
}


@pytest.mark.parametrize("sql", VERBS)
def test_the_verb_is_the_statements_own(sql: str) -> None:
    """Not that of a comment, a text or a subquery."""
    assert verb(sql) == VERBS[sql]


@pytest.mark.parametrize(
    ("sql", "ends"),
    [
        ("COMMIT", True),
        ("end transaction", True),
        ("ROLLBACK", True),
        ("ROLLBACK TO nested", False),
        ("RELEASE nested", False),
        ("SELECT 'COMMIT'", False),
    ],
)
def test_an_end_is_known(sql: str, ends: bool) -> None:
    """A savepoint is none."""
    assert is_end(sql) is ends


@pytest.mark.parametrize(
    ("sql", "looks"),
    [
        ("SELECT id FROM task_queue WHERE id = 1", True),
        ("SELECT id FROM Workers w where w.worker_id = 'a'", True),
        ("SELECT count(*) FROM task_queue", False),
        ("SELECT id FROM others WHERE id = 1", False),
        ("INSERT INTO task_queue (type) VALUES ('WHERE')", False),
    ],
)
def test_a_lookup_is_known(sql: str, looks: bool) -> None:
    """By a table of the queue's and a condition."""
    assert is_lookup(sql) is looks


@pytest.mark.parametrize(
    ("sql", "takes"),
    [
        ("UPDATE task_queue SET status = 'leased' WHERE id = 1", True),
        ("UPDATE task_queue SET locked_by = 'a',\n  status='leased' WHERE id = 1", True),
        ("UPDATE task_queue SET status = 'queued' WHERE status = 'leased'", False),
        ("UPDATE task_queue SET x = 'leased', status = 'leased'", True),
        ("SELECT id FROM task_queue WHERE status = 'leased'", False),
    ],
)
def test_a_claim_is_known(sql: str, takes: bool) -> None:
    """It sets the status, and does not only ask for it."""
    assert leases(sql) is takes


def test_values_are_no_part_of_the_shape() -> None:
    """So that a loop is looked up once."""
    one = shape("SELECT id FROM task_queue WHERE type = 'it''s' AND id > 12 LIMIT 5")
    assert one == shape("SELECT id FROM task_queue WHERE type = '' AND id > 7 LIMIT 1.5")
    assert one != shape("SELECT id FROM task_queue WHERE type = '' AND id < 7 LIMIT 1")
