"""QR102: code that writes to the queue's tables uses transaction()."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence

from pytest_queuekit.review.analysis.blocks import around, in_transaction
from pytest_queuekit.review.analysis.module import QUEUE_TABLES, Module
from pytest_queuekit.review.analysis.origins import Origin, Origins, Source, entered_by
from pytest_queuekit.review.analysis.scopes import Scope, SqlCall
from pytest_queuekit.review.analysis.statements import Statement
from pytest_queuekit.review.code import Code, Match

_BEGIN_NOTHING = frozenset({"closing", "open", "suppress", "QueueDatabase", "nullcontext"})
"""Context managers that take a connection and begin no transaction."""


def _writes_outside(module: Module) -> Iterator[Match]:
    """Yield each write on a connection() or the database, directly or through other functions."""
    origins = Origins(module)
    begun: dict[Scope, int] = {}
    for call, statement in module.each_statement():
        in_queue = statement.table in QUEUE_TABLES and (
            module.knows_queue or statement.table == "task_queue"
        )
        if not statement.writes or not in_queue:
            continue
        for source in _outside(origins, call):
            if any(_may_be_held(module, step, begun) for step in (call.node, *source.through)):
                continue
            if not in_transaction(module, origins, call.receiver, call.node):
                yield Match(node=call.node, detail=_detail(statement, source))
            break


def _outside(origins: Origins, call: SqlCall) -> Iterator[Source]:
    """Yield a source for each path of calls on which no branch opens a transaction()."""
    paths: dict[tuple[ast.Call, ...], list[Source]] = {}
    for source in origins.of(call.receiver):
        paths.setdefault(source.through, []).append(source)
    for sources in paths.values():
        if all(source.origin in (Origin.CONNECTION, Origin.DATABASE) for source in sources):
            yield sources[0]


def _may_be_held(module: Module, call: ast.Call, begun: dict[Scope, int]) -> bool:
    """Return True if a BEGIN or a context manager may have opened a transaction at a call."""
    scope = module.scope_of(call)
    if scope not in begun:
        begun[scope] = _begun_by_hand(module, scope)
    managers = around(module, call)
    return call.lineno > begun[scope] or any(_may_begin(manager, call) for manager in managers)


def _may_begin(opened: ast.expr, call: ast.Call) -> bool:
    """Return True if a context manager is a transaction(), or gets a name that the call uses."""
    if not isinstance(opened, ast.Call):
        return False
    name = opened.func.attr if isinstance(opened.func, ast.Attribute) else ""
    name = opened.func.id if isinstance(opened.func, ast.Name) else name
    given = _names([*opened.args, *(keyword.value for keyword in opened.keywords)])
    begins = name not in _BEGIN_NOTHING and not given.isdisjoint(_names([call]))
    return entered_by(opened) is Origin.TRANSACTION or begins


def _names(nodes: Sequence[ast.AST]) -> set[str]:
    return {name.id for node in nodes for name in ast.walk(node) if isinstance(name, ast.Name)}


def _begun_by_hand(module: Module, scope: Scope) -> int:
    """Return the line of the BEGIN that takes the write lock; sys.maxsize if there is none."""
    return min(
        (
            call.node.lineno
            for call, statement in module.each_statement(scope)
            if statement.kind == "begin" and statement.mode in ("immediate", "exclusive")
        ),
        default=sys.maxsize,
    )


def _detail(statement: Statement, source: Source) -> str:
    through = f", passed on in line {source.through[0].lineno}" if source.through else ""
    return (
        f"{statement.kind.upper()} on {statement.table} outside a transaction: its connection "
        f"comes from {source.origin.value} in line {source.node.lineno}{through}; use "
        "transaction()"
    )


CODE = Code(
    id="QR102",
    item="Using `db.transaction()` for write operations",
    title="Write outside a transaction",
    sentence="Code that writes to the queue's tables uses transaction().",
    why="Outside a transaction, a crash can separate two writes, and an earlier read may be out "
    "of date.",
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
