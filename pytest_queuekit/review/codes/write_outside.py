"""QR102: what writes to the queue's tables runs inside transaction()."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from pytest_queuekit.review.blocks import in_transaction
from pytest_queuekit.review.code import Code, Finding
from pytest_queuekit.review.module import QUEUE_TABLES, Module, Scope, SqlCall
from pytest_queuekit.review.origins import Origin, Origins, Source
from pytest_queuekit.review.statements import Statement


def _writes_outside(module: Module) -> Iterator[Finding]:
    """Find writes on a connection() or the database itself, also through other functions."""
    origins = Origins(module)
    begun: dict[Scope, int] = {}
    for call, statement in module.each_statement():
        if not statement.writes or not _is_the_queues(module, statement):
            continue
        source = _outside(origins, call)
        if source is None or in_transaction(module, origins, call.receiver, call.node):
            continue
        if call.scope not in begun:
            begun[call.scope] = _begun_by_hand(module, call.scope)
        if call.node.lineno <= begun[call.scope]:
            yield Finding(node=call.node, sentence=_told_outside(statement, source))


def _is_the_queues(module: Module, statement: Statement) -> bool:
    return statement.table in QUEUE_TABLES and (
        module.knows_queue or statement.table == "task_queue"
    )


def _outside(origins: Origins, call: SqlCall) -> Source | None:
    wrong = (Origin.CONNECTION, Origin.DATABASE)
    return next((one for one in origins.of(call.receiver) if one.origin in wrong), None)


def _begun_by_hand(module: Module, scope: Scope) -> int:
    """Return the line in which a function takes the write lock itself; one past all if nowhere."""
    return min(
        (
            call.node.lineno
            for call, statement in module.each_statement(scope)
            if statement.kind == "begin" and statement.mode in ("immediate", "exclusive")
        ),
        default=sys.maxsize,
    )


def _told_outside(statement: Statement, source: Source) -> str:
    through = f", passed on in line {source.through[0].lineno}" if source.through else ""
    return (
        f"{statement.kind.upper()} on {statement.table} outside a transaction: the connection is "
        f"that of {source.origin.value} in line {source.node.lineno}{through}; use transaction()"
    )


CODE = Code(
    id="QR102",
    item="Using `db.transaction()` for write operations",
    sentence="What writes to the queue's tables runs inside transaction().",
    why="Two writes outside a transaction can be separated by a crash, and a read before "
    "them may be out of date.",
    wrong="""\
def finish(db, task_id):
    with db.connection() as conn:
        mark(conn, task_id)


def mark(conn, task_id):
    conn.execute("UPDATE task_queue SET status = 'completed' WHERE id = ?", (task_id,))
""",
    right="""\
def finish(db, task_id):
    with db.transaction() as conn:
        mark(conn, task_id)


def mark(conn, task_id):
    conn.execute("UPDATE task_queue SET status = 'completed' WHERE id = ?", (task_id,))
""",
    check=_writes_outside,
)
