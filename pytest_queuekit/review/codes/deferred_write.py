"""QR502: a transaction that reads and then writes begins with the write lock."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.scopes import Scope, SqlCall
from pytest_queuekit.review.analysis.statements import Statement
from pytest_queuekit.review.code import Code, Finding


def _deferred_writes(module: Module) -> Iterator[Finding]:
    """Find transactions that begin without the write lock, and read before they write."""
    for call, statement in module.each_statement() if module.is_sqlite else ():
        deferred = statement.kind == "begin" and statement.mode == "deferred"
        if deferred and _reads_then_writes(module, call):
            yield Finding(
                node=call.node,
                sentence="BEGIN takes no lock until the write, which then fails at once if another "
                "wrote after the read, busy_timeout or not; use transaction(), or BEGIN IMMEDIATE",
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
            return has_read  # from here on it has the lock
    return False


def _in_order(module: Module, scope: Scope) -> list[tuple[int, Statement]]:
    """Return the statements of a function, and of those that it calls, with its lines."""
    found = [(call.node.lineno, one) for call, one in module.each_statement(scope)]
    for call in module.calls(scope):
        function = module.called(call)
        if function is not None and function is not scope:
            found += [(call.lineno, one) for _, one in module.each_statement(function)]
    return sorted(found, key=lambda one: one[0])


CODE = Code(
    id="QR502",
    item="Proper isolation with BEGIN IMMEDIATE",
    sentence="A transaction that reads and then writes begins with the write lock.",
    why="SQLite cannot wait for a lock on top of a snapshot that is out of date: the write "
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
