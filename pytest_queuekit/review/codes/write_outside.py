"""QR102: what writes to the queue's tables runs inside transaction()."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence

from pytest_queuekit.review.analysis.blocks import around, in_transaction
from pytest_queuekit.review.analysis.module import QUEUE_TABLES, Module
from pytest_queuekit.review.analysis.origins import Origin, Origins, Source, entered_by
from pytest_queuekit.review.analysis.scopes import Scope, SqlCall
from pytest_queuekit.review.analysis.statements import Statement
from pytest_queuekit.review.code import Code, Finding

_BEGIN_NOTHING = frozenset({"closing", "open", "suppress", "QueueDatabase", "nullcontext"})


def _writes_outside(module: Module) -> Iterator[Finding]:
    """Find writes on a connection() or the database itself, also through other functions."""
    origins = Origins(module)
    begun: dict[Scope, int] = {}
    for call, statement in module.each_statement():
        if not statement.writes or not _is_the_queues(module, statement):
            continue
        for source in _outside(origins, call):
            if any(_is_held(module, one, begun) for one in (call.node, *source.through)):
                continue
            if not in_transaction(module, origins, call.receiver, call.node):
                yield Finding(node=call.node, sentence=_told_outside(statement, source))
            break


def _is_the_queues(module: Module, statement: Statement) -> bool:
    return statement.table in QUEUE_TABLES and (
        module.knows_queue or statement.table == "task_queue"
    )


def _outside(origins: Origins, call: SqlCall) -> Iterator[Source]:
    """Yield a source for each way into the function on which the connection is none of a
    transaction(), whichever branch is taken."""
    ways: dict[tuple[ast.Call, ...], list[Source]] = {}
    for one in origins.of(call.receiver):
        ways.setdefault(one.through, []).append(one)
    for sources in ways.values():
        if all(one.origin in (Origin.CONNECTION, Origin.DATABASE) for one in sources):
            yield sources[0]


def _is_held(module: Module, call: ast.Call, begun: dict[Scope, int]) -> bool:
    """Whether a transaction may be open at a call: begun by hand, or by something around it."""
    scope = module.scope_of(call)
    if scope not in begun:
        begun[scope] = _begun_by_hand(module, scope)
    return call.lineno > begun[scope] or any(_may_begin(one, call) for one in around(module, call))


def _may_begin(opened: ast.expr, call: ast.Call) -> bool:
    """Whether a context manager is a transaction(), or is given what a call uses, to begin one."""
    if not isinstance(opened, ast.Call):
        return False
    name = opened.func.attr if isinstance(opened.func, ast.Attribute) else ""
    name = opened.func.id if isinstance(opened.func, ast.Name) else name
    given = _names([*opened.args, *(one.value for one in opened.keywords)])
    begins = name not in _BEGIN_NOTHING and not given.isdisjoint(_names([call]))
    return entered_by(opened) is Origin.TRANSACTION or begins


def _names(nodes: Sequence[ast.AST]) -> set[str]:
    return {one.id for node in nodes for one in ast.walk(node) if isinstance(one, ast.Name)}


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
