"""Check 7: claims and statistics find their rows by index, however many there are.

Judged by query plans and by the steps of SQLite's virtual machine, never by a clock. The file's
own indexes are put on a scratch database with the queue's tables, and are tried out there.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress

from ..database import QueueDatabase
from ..scheduling import SchedulingStrategy, TaskClaimerFactory
from .schema_objects import SchemaObjects, expected_objects, objects_of
from .scratch import scratch_database
from .subject import Subject

FEW, MANY = 50, 1000
"""Queued rows between which the steps of a claim are compared."""
GROWTH = 1.5
"""How many times the steps may be with MANY rows."""

_CLAIMS = 3
_PROMOTED_AT_ONCE = 100
_FILL = """
    INSERT INTO task_queue (type, priority, payload, run_after_utc)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
    SELECT 'probe', 1 + i % 100, '{}', datetime('now', :moment) FROM n WHERE i <= :rows
"""
_EVERYBODYS = {
    "the claim of pattern 2": """
        SELECT id FROM task_queue
        WHERE status = 'queued' AND run_after_utc <= datetime('now')
        ORDER BY priority ASC, id ASC LIMIT 1""",
    "the statistics of pattern 4": """
        SELECT status, count(*), avg(priority) FROM task_queue GROUP BY status""",
    "the clean-up of pattern 5": """
        DELETE FROM task_queue
        WHERE status = 'completed' AND completed_at_utc < datetime('now', '-7 days')""",
}
_SCAN = re.compile(r"^SCAN (TABLE )?task_queue(?!.* USING )")
_RESTORE = "QueueDatabase(path).initialize_schema() restores it"


def problems(subject: Subject) -> Iterator[str]:
    """Yield the indexes that are missing, and the statements that would have to search."""
    with subject.reading() as conn:
        found = objects_of(conn)
    lacking = list(_missing(subject.place, found))
    if lacking:
        yield from lacking
        return
    with scratch_database(subject.kind) as db:
        _add_own_indexes(db, found)
        yield from _plan_problems(db, subject.place)
        yield from _step_problems(db)


def _missing(place: str, found: SchemaObjects) -> Iterator[str]:
    for name, sql in expected_objects().indexes.items():
        if name not in found.indexes:
            yield f"index {name} is missing in {place}: {_RESTORE}"
        elif found.indexes[name] != sql:
            yield f"index {name} is not the queue's own in {place}: drop it, then {_RESTORE}"


def _add_own_indexes(db: QueueDatabase, found: SchemaObjects) -> None:
    """Add the team's indexes, which may lead SQLite to another plan."""
    expected = expected_objects()
    with db.connection() as conn:
        for name, sql in found.indexes.items():
            if name not in expected.indexes:
                # One on tables or columns of the team's own cannot mislead our statements.
                with suppress(sqlite3.OperationalError):
                    conn.execute(sql)


def _plan_problems(db: QueueDatabase, place: str) -> Iterator[str]:
    statements = dict(_EVERYBODYS)
    for strategy in SchedulingStrategy:
        for number, sql in enumerate(_statements_of_claim(db, strategy)):
            statements[f"statement {number + 1} of a {strategy.name} claim"] = sql
    with db.connection() as conn:
        for what, sql in statements.items():
            for step in _plan(conn, sql):
                if "USE TEMP B-TREE" in step or _SCAN.match(step):
                    yield (
                        f"{what} does not find its rows by index ({step}) in {place}: "
                        "drop indexes of your own that mislead it, or look at its SQL"
                    )


def _statements_of_claim(db: QueueDatabase, strategy: SchedulingStrategy) -> list[str]:
    """Return the SQL that a claim runs, values filled in."""
    seen: list[str] = []
    with db.transaction() as conn:
        conn.execute(_FILL, {"rows": 1, "moment": "-1 minute"})
    with db.connection() as conn:
        conn.set_trace_callback(seen.append)
    try:
        TaskClaimerFactory.create(strategy, db).claim_task("probe", {}, 60)
    finally:
        with db.connection() as conn:
            conn.set_trace_callback(None)
    return [sql for sql in seen if "task_queue" in sql and not sql.lstrip().startswith("--")]


def _plan(conn: sqlite3.Connection, sql: str) -> list[str]:
    return [str(row[3]) for row in conn.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]


def _step_problems(db: QueueDatabase) -> Iterator[str]:
    for strategy in SchedulingStrategy:
        few = _steps(db, strategy, FEW, waiting=0)
        many = _steps(db, strategy, MANY, waiting=MANY)
        if many > GROWTH * few:
            yield (
                f"a {strategy.name} claim takes {many} steps with {MANY} queued rows and {few} "
                f"with {FEW}, {many / few:.1f} times as many, at most {GROWTH} are right: "
                "it walks over rows; give it an index in its own order"
            )


def _steps(db: QueueDatabase, strategy: SchedulingStrategy, rows: int, *, waiting: int) -> int:
    """Return the steps of one claim among so many due rows, with others that wait."""
    with db.transaction() as conn:
        conn.execute("DELETE FROM task_queue")
        conn.execute(_FILL, {"rows": rows, "moment": "-1 minute"})
        conn.execute(_FILL, {"rows": waiting, "moment": "+1 day"})
    claimer = TaskClaimerFactory.create(strategy, db)

    def claim() -> None:
        claimer.claim_task("probe", {}, 60)

    for _ in range(rows // _PROMOTED_AT_ONCE + 1):
        claim()
    return min(_counted(db, claim) for _ in range(_CLAIMS))


def _counted(db: QueueDatabase, work: Callable[[], None]) -> int:
    """Return the steps of the virtual machine that some work takes."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    with db.connection() as conn:
        conn.set_progress_handler(count, 1)
    try:
        work()
    finally:
        with db.connection() as conn:
            conn.set_progress_handler(None, 1)
    return steps
