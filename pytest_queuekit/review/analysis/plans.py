"""How SQLite would look a statement up in the queue's tables, asked of an empty copy of them."""

from __future__ import annotations

import atexit
import re
import sqlite3
from collections.abc import Iterator
from functools import lru_cache

from pytest_queuekit.queue.schema import create_schema

_SCAN = re.compile(r"SCAN (\w+)$")
_TABLE = re.compile(r"\b(task_queue|task_logs|workers)\b(?:\s+AS)?(?:\s+(\w+))?", re.IGNORECASE)
_SORT = "USE TEMP B-TREE FOR ORDER BY"


@lru_cache(maxsize=1024)
def slow_steps(sql: str) -> tuple[str, ...]:
    """Return what in the plan of a statement grows with the queue: full scans and sorts.

    Empty for a statement that SQLite cannot compile against the queue's schema.
    """
    try:
        return slow_steps_in(_empty_queue(), sql)
    except (sqlite3.Error, sqlite3.Warning, ValueError):
        return ()  # ValueError: of a letter that SQLite does not take


def slow_steps_in(conn: sqlite3.Connection, sql: str) -> tuple[str, ...]:
    """Return the same for the database of a connection, with the indexes that it has.

    Raises sqlite3.Error for a statement that SQLite cannot compile there.
    """
    asked = f"EXPLAIN QUERY PLAN {sql}"
    plan = [row[3] for row in conn.execute(asked, _Anything())]
    return tuple(_told(plan, _names(sql)))


def _names(sql: str) -> dict[str, str]:
    """Return the queue's tables by the names that a plan may call them.

    A word behind a table that is no other name for it, such as WHERE, names nothing in a plan.
    """
    found: dict[str, str] = {}
    for table, other in _TABLE.findall(sql):
        found |= dict.fromkeys((table, table.lower(), other), table.lower())
    return found


def _told(plan: list[str], names: dict[str, str]) -> Iterator[str]:
    grouped = any("FOR GROUP BY" in step for step in plan)  # then it is groups that are sorted
    for step in plan:
        scan = _SCAN.match(step)
        if scan and scan[1] in names:
            yield f"it reads every row of {names[scan[1]]}"
        elif step == _SORT and not grouped:
            yield "it sorts all rows that it finds"


class _Anything(dict[str, None]):
    """Binds NULL to every parameter: a plan does not depend on values."""

    def __missing__(self, key: str) -> None:
        return None


@lru_cache(maxsize=1)
def _empty_queue() -> sqlite3.Connection:
    """Return one for all statements: to make the tables takes longer than to ask."""
    conn = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    atexit.register(conn.close)
    create_schema(conn)
    return conn
