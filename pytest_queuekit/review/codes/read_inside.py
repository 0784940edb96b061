"""QR103: code that only reads uses connection()."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from pytest_queuekit.review.analysis.blocks import With, inside, transactions
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.origins import Origins, entered_by
from pytest_queuekit.review.analysis.scopes import SqlCall
from pytest_queuekit.review.code import Code, Match

_READS = frozenset(
    {"fetchone", "fetchall", "fetchmany", "from_dict", "get_payload", "append", "items", "join"}
)


def _reads_inside(module: Module) -> Iterator[Match]:
    """Yield each transaction that certainly only reads."""
    origins = Origins(module)
    for block, opened in transactions(module):
        if not module.knows_queue:
            return
        if entered_by(opened) is None:
            continue  # a helper that opens the transaction may also write
        nodes = set(inside(block.body))
        calls = [call for call in module.sql_of(module.scope_of(block)) if call.node in nodes]
        kinds = {statement.kind for call in calls for statement in call.statements}
        names = [item.optional_vars for item in block.items if item.context_expr is opened]
        if kinds == {"select"} and _is_all(block, names[0], calls) and origins.of(opened):
            yield Match(
                node=opened,
                detail="this transaction only reads, yet blocks all writers; use connection()",
            )


def _is_all(block: With, name: ast.expr | None, sql: list[SqlCall]) -> bool:
    """Return True if the block uses its connection for these calls alone, and calls nothing that
    could take part in the transaction."""
    if not isinstance(name, ast.Name):
        return False
    known: set[ast.expr] = {call.node for call in sql} | {call.receiver for call in sql}
    others = [node for node in inside(block.body) if node not in known]
    used_otherwise = any(isinstance(node, ast.Name) and node.id == name.id for node in others)
    calls = [node for node in others if isinstance(node, ast.Call)]
    return not used_otherwise and all(_only_reads(call) for call in calls)


def _only_reads(call: ast.Call) -> bool:
    """Return True if a call is known to write nothing."""
    if isinstance(call.func, ast.Name):
        return hasattr(builtins, call.func.id)
    return isinstance(call.func, ast.Attribute) and call.func.attr in _READS


CODE = Code(
    id="QR103",
    item="Using `db.connection()` for read operations",
    title="Transaction that only reads",
    sentence="Code that only reads uses connection().",
    why="transaction() takes the write lock: a dashboard that reads in it blocks the workers.",
    wrong="""\
from pytest_queuekit.queue import QueueDatabase

db = QueueDatabase("queue.db")
with db.transaction() as conn:
    count = conn.execute("SELECT count(*) FROM task_queue").fetchone()
""",
    right="""\
from pytest_queuekit.queue import QueueDatabase

db = QueueDatabase("queue.db")
with db.connection() as conn:
    count = conn.execute("SELECT count(*) FROM task_queue").fetchone()
""",
    check=_reads_inside,
)
