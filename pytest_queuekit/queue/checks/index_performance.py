"""Check 7: claims and statistics find their rows by index, in a queue of any size.

The check reads query plans and counts steps of SQLite's virtual machine, but measures no time.
It uses a scratch database with the queue's tables and the file's own indexes.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress

from ..database import QueueDatabase
from ..scheduling import TaskClaimerFactory
from ..strategies import SchedulingStrategy
from .schema_objects import SchemaObjects, expected_objects, objects_of
from .scratch import scratch_database
from .subject import Subject

FEW, MANY = 50, 1000
"""Numbers of queued rows for which the steps of a claim are compared."""
GROWTH = 1.5
"""Highest ratio of a claim's steps with MANY rows to its steps with FEW."""

_CLAIMS = 3
_PROMOTED_AT_ONCE = 100
_FILL = """
    INSERT INTO task_queue (type, priority, payload, run_after_utc)
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
    SELECT 'probe', 1 + i % 100, '{}', datetime('now', :moment) FROM n WHERE i <= :rows
"""
_PATTERNS = {
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
    """Yield the missing indexes, and the statements that do not use an index."""
    with subject.reading() as conn:
        actual = objects_of(conn)
    lacking = list(_missing(subject.place, actual))
    if lacking:
        yield from lacking
        return
    with scratch_database(subject.kind) as db:
        _add_own_indexes(db, actual)
        yield from _plan_problems(db, subject.place)
        yield from _step_problems(db)


def _missing(place: str, actual: SchemaObjects) -> Iterator[str]:
    for name, sql in expected_objects().indexes.items():
        if name not in actual.indexes:
            yield f"index {name} is missing in {place}: {_RESTORE}"
        elif actual.indexes[name] != sql:
            yield f"index {name} is not the queue's own in {place}: drop it, then {_RESTORE}"


def _add_own_indexes(db: QueueDatabase, actual: SchemaObjects) -> None:
    """Add the team's indexes, which may lead SQLite to another plan."""
    expected = expected_objects()
    with db.connection() as conn:
        for name, sql in actual.indexes.items():
            if name not in expected.indexes:
                # An index on the team's own tables or columns cannot mislead the queue's SQL.
                with suppress(sqlite3.OperationalError):
                    conn.execute(sql)


def _plan_problems(db: QueueDatabase, place: str) -> Iterator[str]:
    statements = dict(_PATTERNS)
    for strategy in SchedulingStrategy:
        for number, sql in enumerate(_statements_of_claim(db, strategy)):
            statements[f"statement {number + 1} of a {strategy.name} claim"] = sql
    with db.connection() as conn:
        for name, sql in statements.items():
            for row in conn.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall():
                step = str(row[3])
                if "USE TEMP B-TREE" in step or _SCAN.match(step):
                    yield (
                        f"{name} does not find its rows by index ({step}) in {place}: "
                        "drop your own indexes that mislead it, or check its SQL"
                    )


def _statements_of_claim(db: QueueDatabase, strategy: SchedulingStrategy) -> list[str]:
    """Return the SQL that a claim runs, with its values filled in."""
    traced: list[str] = []
    with db.transaction() as conn:
        conn.execute(_FILL, {"rows": 1, "moment": "-1 minute"})
    with db.connection() as conn:
        conn.set_trace_callback(traced.append)
    try:
        TaskClaimerFactory.create(strategy, db).claim_task("probe", {}, 60)
    finally:
        with db.connection() as conn:
            conn.set_trace_callback(None)
    return [sql for sql in traced if "task_queue" in sql and not sql.lstrip().startswith("--")]


def _step_problems(db: QueueDatabase) -> Iterator[str]:
    for strategy in SchedulingStrategy:
        few = _steps(db, strategy, FEW, waiting=0)
        many = _steps(db, strategy, MANY, waiting=MANY)
        if many > GROWTH * few:
            yield (
                f"a {strategy.name} claim takes {many} steps with {MANY} queued rows and {few} "
                f"with {FEW}, {many / few:.1f} times as many (limit: {GROWTH}): "
                "it reads waiting rows; give it an index in its own order"
            )


def _steps(db: QueueDatabase, strategy: SchedulingStrategy, rows: int, *, waiting: int) -> int:
    """Return the steps of one claim among `rows` due and `waiting` later tasks."""
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
    """Return the steps of SQLite's virtual machine that `work` takes."""
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
