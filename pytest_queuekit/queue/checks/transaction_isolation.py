"""Check 6: a transaction is alone with the lock, all or nothing, and unseen until it commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ..database import QueueDatabase
from ..scheduling import SchedulingStrategy, TaskClaimerFactory
from .scratch import scratch_database, second_connection
from .subject import Subject

_INSERT = "INSERT INTO task_queue (type, payload) VALUES ('probe', '{}')"
_COUNT = "SELECT count(*) FROM task_queue"
_LOOK = "look at transaction() in database.py"


class _Abort(Exception):  # noqa: N818 - raised to see the rollback
    """Ends a transaction without effect."""


def problems(subject: Subject) -> Iterator[str]:
    """Yield what transactions of a scratch database let through."""
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
                "transaction() begins without the write lock, another connection could take it: "
                f"begin with BEGIN IMMEDIATE; {_LOOK}"
            )
    if not _can_write(other):
        yield f"transaction() keeps the write lock after its end: commit there; {_LOOK}"


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
        yield f"{early} row(s) of an open transaction can be seen from outside: {_LOOK}"
    late = other.execute(_COUNT).fetchone()[0]
    if late != 1:
        yield f"{late} row(s) can be seen after the commit of 1: {_LOOK}"


def _rollback_problems(db: QueueDatabase, other: sqlite3.Connection) -> Iterator[str]:
    before = other.execute(_COUNT).fetchone()[0]
    try:
        with db.transaction() as conn:
            conn.execute(_INSERT)
            raise _Abort
    except _Abort:
        pass
    else:
        yield f"transaction() swallows the error that ends it: raise it again; {_LOOK}"
    after = other.execute(_COUNT).fetchone()[0]
    if after != before:
        yield (
            f"{after - before} row(s) of a transaction that failed are there: "
            f"roll back on any error; {_LOOK}"
        )


def _claim_problems(db: QueueDatabase) -> Iterator[str]:
    with db.transaction() as conn:
        conn.execute(_INSERT)
    rival = type(db)(db.path)
    try:
        claims = [
            TaskClaimerFactory.create(SchedulingStrategy.FIFO, one).claim_task(f"probe-{n}", {}, 60)
            for n, one in enumerate((db, rival))
        ]
    finally:
        rival.close()
    got = sum(task is not None for task in claims)
    if got != 1:
        yield f"{got} of 2 workers claimed the only task, must be 1: look at claim_task"
