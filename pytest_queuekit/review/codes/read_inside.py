"""QR103: what only reads runs inside connection()."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from pytest_queuekit.review.analysis.blocks import With, inside, transactions
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.origins import Origins, entered_by
from pytest_queuekit.review.analysis.scopes import SqlCall
from pytest_queuekit.review.code import Code, Finding

_READS = frozenset(
    {"fetchone", "fetchall", "fetchmany", "from_dict", "get_payload", "append", "items", "join"}
)


def _reads_inside(module: Module) -> Iterator[Finding]:
    """Find transactions of which it is certain that they only read."""
    origins = Origins(module)
    for block, opened in transactions(module):
        if not module.knows_queue:
            return
        if entered_by(opened) is None:
            continue  # what opens it may do more than that
        held = _held(module, block)
        statements = [one for call in held for one in call.statements]
        names = [one.optional_vars for one in block.items if one.context_expr is opened]
        reads = bool(statements) and all(one.kind == "select" for one in statements)
        if reads and _is_all(module, block, names[0], held) and origins.of(opened):
            yield Finding(
                node=opened,
                sentence="the transaction only reads, and keeps all writers out meanwhile; use "
                "connection()",
            )


def _held(module: Module, block: With) -> list[SqlCall]:
    """Return what SQL is run in a block."""
    nodes = set(inside(block.body))
    return [one for one in module.sql_of(module.scope_of(block)) if one.node in nodes]


def _is_all(module: Module, block: With, name: ast.expr | None, held: list[SqlCall]) -> bool:
    """Whether the block's connection is used for nothing but these calls, nor is anything called
    that could take part in the transaction."""
    if not isinstance(name, ast.Name):
        return False
    calls = {id(one.node) for one in held}
    receivers = {id(one.receiver) for one in held}
    used = [
        one
        for one in inside(block.body)
        if isinstance(one, ast.Name) and one.id == name.id and id(one) not in receivers
    ]
    own = [one for one in inside(block.body) if isinstance(one, ast.Call)]
    return not used and all(_only_reads(one) for one in own if id(one) not in calls)


def _only_reads(call: ast.Call) -> bool:
    """Whether a call is known to write nothing."""
    if isinstance(call.func, ast.Name):
        return hasattr(builtins, call.func.id)
    return isinstance(call.func, ast.Attribute) and call.func.attr in _READS


CODE = Code(
    id="QR103",
    item="Using `db.connection()` for read operations",
    sentence="What only reads runs inside connection().",
    why="transaction() takes the write lock: a dashboard that reads in it stops the workers.",
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
