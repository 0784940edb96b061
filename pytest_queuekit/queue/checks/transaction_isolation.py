"""Check 6: a transaction holds the lock alone, is atomic, and is invisible until it commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ..database import QueueDatabase
from ..scheduling import TaskClaimerFactory
from ..strategies import SchedulingStrategy
from .scratch import scratch_database, second_connection
from .subject import Subject

_INSERT = "INSERT INTO task_queue (type, payload) VALUES ('probe', '{}')"
_COUNT = "SELECT count(*) FROM task_queue"
_CHECK = "check transaction() in database.py"


class _Abort(Exception):  # noqa: N818 - raised to test the rollback
    """Rolls back a transaction."""


def problems(subject: Subject) -> Iterator[str]:
    """Yield the isolation faults of transactions on a scratch database."""
    with scratch_database(subject.kind) as db, second_connection(db) as other:
        yield from _lock_problems(db, other)
        yield from _visibility_problems(db, other)
        yield from _rollback_problems(db, other)
    with scratch_database(subject.kind) as db:
        yield from _claim_problems(db)


def _lock_problems(db: QueueDatabase, other: sqlite3.Connection) -> Iterator[str]:
    with db.transaction():
        if _can_write(other):
            yield (
                "transaction() begins without the write lock, so another connection can take it: "
                f"begin with BEGIN IMMEDIATE; {_CHECK}"
            )
    if not _can_write(other):
        yield f"transaction() keeps the write lock after its end: commit at the end; {_CHECK}"


def _can_write(conn: sqlite3.Connection) -> bool:
    try:
        conn.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    conn.execute("ROLLBACK")
    return True


def _visibility_problems(db: QueueDatabase, other: sqlite3.Connection) -> Iterator[str]:
    with db.transaction() as conn:
        conn.execute(_INSERT)
        early = other.execute(_COUNT).fetchone()[0]
    if early:
        yield f"{early} row(s) of an open transaction are visible to another connection: {_CHECK}"
    late = other.execute(_COUNT).fetchone()[0]
    if late != 1:
        yield f"{late} row(s) are visible after the commit of 1 row: {_CHECK}"


def _rollback_problems(db: QueueDatabase, other: sqlite3.Connection) -> Iterator[str]:
    before = other.execute(_COUNT).fetchone()[0]
    try:
        with db.transaction() as conn:
            conn.execute(_INSERT)
            raise _Abort
    except _Abort:
        pass
    else:
        yield f"transaction() swallows the error that ends it: raise the error again; {_CHECK}"
    after = other.execute(_COUNT).fetchone()[0]
    if after != before:
        yield (
            f"{after - before} row(s) of a failed transaction remain: "
            f"roll back on any error; {_CHECK}"
        )


def _claim_problems(db: QueueDatabase) -> Iterator[str]:
    with db.transaction() as conn:
        conn.execute(_INSERT)
    rival = type(db)(db.path)
    try:
        claims = [
            TaskClaimerFactory.create(SchedulingStrategy.FIFO, own).claim_task(f"probe-{n}", {}, 60)
            for n, own in enumerate((db, rival))
        ]
    finally:
        rival.close()
    winners = sum(task is not None for task in claims)
    if winners != 1:
        yield f"{winners} of 2 workers claimed the only task, not 1: check claim_task"
