"""The watch reads from the text of a statement what it does."""

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
    """Comments, texts and subqueries have no say in it."""
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
def test_the_end_of_a_transaction_is_recognised(sql: str, ends: bool) -> None:
    """The end of a savepoint is not the end of its transaction."""
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
def test_a_lookup_is_recognised(sql: str, looks: bool) -> None:
    """It names a table of the queue and has a condition."""
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
def test_a_claim_is_recognised(sql: str, takes: bool) -> None:
    """It sets the status; a condition on the status is not enough."""
    assert leases(sql) is takes


def test_the_shape_contains_no_values() -> None:
    """The plan of a statement in a loop is checked once."""
    first = shape("SELECT id FROM task_queue WHERE type = 'it''s' AND id > 12 LIMIT 5")
    assert first == shape("SELECT id FROM task_queue WHERE type = '' AND id > 7 LIMIT 1.5")
    assert first != shape("SELECT id FROM task_queue WHERE type = '' AND id < 7 LIMIT 1")
