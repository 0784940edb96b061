"""QR502: a transaction that reads and then writes takes the write lock first."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.scopes import Scope, SqlCall
from pytest_queuekit.review.analysis.statements import Statement
from pytest_queuekit.review.code import Code, Match


def _deferred_writes(module: Module) -> Iterator[Match]:
    """Yield each BEGIN without the write lock, if its transaction reads and then writes."""
    for call, statement in module.each_statement() if module.is_sqlite else ():
        deferred = statement.kind == "begin" and statement.mode == "deferred"
        if deferred and _reads_then_writes(module, call):
            yield Match(
                node=call.node,
                detail="BEGIN takes no lock before the first write; if another connection wrote "
                "after the read, the write fails at once, whatever the busy_timeout; use "
                "transaction() or BEGIN IMMEDIATE",
            )


def _reads_then_writes(module: Module, begin: SqlCall) -> bool:
    has_read = False
    for line, statement in _in_order(module, begin.scope):
        if line < begin.node.lineno:
            continue
        if statement.kind in ("commit", "rollback"):
            return False
        has_read |= statement.kind == "select"
        if statement.writes:
            return has_read  # from the first write on, the transaction holds the lock
    return False


def _in_order(module: Module, scope: Scope) -> list[tuple[int, Statement]]:
    """Return the statements of a function and of the functions it calls, with its lines."""
    lines = [(call.node.lineno, statement) for call, statement in module.each_statement(scope)]
    for call in module.calls(scope):
        function = module.called(call)
        if function is not None and function is not scope:
            lines += [(call.lineno, statement) for _, statement in module.each_statement(function)]
    return sorted(lines, key=lambda pair: pair[0])


CODE = Code(
    id="QR502",
    item="Proper isolation with BEGIN IMMEDIATE",
    title="Read and write without the write lock",
    sentence="A transaction that reads and then writes takes the write lock first.",
    why="SQLite cannot wait for the write lock once its snapshot is out of date: the write "
    "fails at once (https://www.sqlite.org/rescode.html#busy_snapshot).",
    wrong="""\
def top_up(conn):
    conn.execute("BEGIN")
    top = conn.execute("SELECT max(priority) FROM task_queue").fetchone()[0]
    conn.execute("UPDATE task_queue SET priority = ? WHERE id = 1", (top,))
    conn.execute("COMMIT")
""",
    right="""\
def top_up(conn):
    conn.execute("BEGIN IMMEDIATE")
    top = conn.execute("SELECT max(priority) FROM task_queue").fetchone()[0]
    conn.execute("UPDATE task_queue SET priority = ? WHERE id = 1", (top,))
    conn.execute("COMMIT")
""",
    check=_deferred_writes,
)
