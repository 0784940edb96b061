"""SQLite's query plan for a statement on the queue's tables, from an empty copy of them."""

from __future__ import annotations

import atexit
import re
import sqlite3
from collections.abc import Iterator
from functools import lru_cache

from pytest_queuekit.queue.schema import create_on_demand, create_schema

_SCAN = re.compile(r"SCAN (\w+)$")
_TABLE = re.compile(r"\b(task_queue|task_logs|workers)\b(?:\s+AS)?(?:\s+(\w+))?", re.IGNORECASE)
_SORT = "USE TEMP B-TREE FOR ORDER BY"


@lru_cache(maxsize=1024)
def slow_steps(sql: str) -> tuple[str, ...]:
    """Return the steps of a query plan that grow with the queue: full scans and sorts.

    Empty for a statement that SQLite cannot compile against the queue's schema.
    """
    try:
        return slow_steps_in(_empty_queue(), sql)
    except (sqlite3.Error, sqlite3.Warning, ValueError):
        return ()  # ValueError: a character that SQLite rejects, such as NUL


def slow_steps_in(conn: sqlite3.Connection, sql: str) -> tuple[str, ...]:
    """Return the slow steps of a statement in the database of a connection, with its own indexes.

    Raises sqlite3.Error for a statement that SQLite cannot compile there.
    """
    rows = conn.execute(f"EXPLAIN QUERY PLAN {sql}", _NullForEveryName())
    return tuple(_slow([row[3] for row in rows], _names(sql)))


def _names(sql: str) -> dict[str, str]:
    """Return the queue's table behind each name that a plan may use for it.

    The word after a table may be a keyword, such as WHERE, instead of an alias; no plan has it.
    """
    names: dict[str, str] = {}
    for table, alias in _TABLE.findall(sql):
        names |= dict.fromkeys((table, table.lower(), alias), table.lower())
    return names


def _slow(plan: list[str], names: dict[str, str]) -> Iterator[str]:
    grouped = any("FOR GROUP BY" in step for step in plan)  # the sort has groups, not rows
    for step in plan:
        scan = _SCAN.match(step)
        if scan and scan[1] in names:
            yield f"uses no index and reads every row of {names[scan[1]]}"
        elif step == _SORT and not grouped:
            yield "sorts all matching rows"


class _NullForEveryName(dict[str, None]):
    """Binds NULL to every parameter: a plan does not depend on the values."""

    def __missing__(self, key: str) -> None:
        return None


@lru_cache(maxsize=1)
def _empty_queue() -> sqlite3.Connection:
    """Return one database for all statements: to create the tables takes longer than to ask."""
    conn = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    atexit.register(conn.close)
    create_schema(conn)
    create_on_demand(conn, ["status_priority"])  # as the first claim by other SQL does
    return conn
