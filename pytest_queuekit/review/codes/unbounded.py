"""QR403: a query that may return many rows has a LIMIT, or is read row by row."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqlglot import exp

from pytest_queuekit.review.analysis.blocks import fetches
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.scopes import SqlCall
from pytest_queuekit.review.analysis.statements import Statement
from pytest_queuekit.review.code import Code, Match


def _unbounded(module: Module) -> Iterator[Match]:
    """Yield each SELECT without LIMIT that fetches all rows at once."""
    for call, statement in module.each_statement():
        if not module.reads_tasks(statement) or not _may_be_many(statement):
            continue
        if _fetches_all(module, call):
            yield Match(
                node=call.node,
                detail="this fetches all rows at once, without an upper bound; add a LIMIT",
            )


def _may_be_many(statement: Statement) -> bool:
    tree = statement.tree
    if not isinstance(tree, exp.Select):
        return False
    if any(tree.args.get(clause) for clause in ("limit", "group", "distinct")):
        return False
    counts = any(column.find(exp.AggFunc) for column in tree.selects)
    where = statement.where
    by_id = where is not None and any(
        isinstance(test.this, exp.Column) and test.this.name.lower() in ("id", "idempotency_key")
        for test in where.find_all(exp.EQ, exp.In, exp.Between)
    )
    return not counts and not by_id


def _fetches_all(module: Module, call: SqlCall) -> bool:
    """Return True if fetchall() or list() follows, on the call itself or on its name."""
    outer = next(module.parents(call.node), None)
    if isinstance(outer, ast.Call):
        return module.dotted(outer.func) in ("list", "tuple", "sorted")
    if isinstance(outer, ast.comprehension):
        return not outer.ifs and isinstance(next(module.parents(outer), None), ast.ListComp)
    return any(fetch.attr == "fetchall" for fetch in fetches(module, call))


CODE = Code(
    id="QR403",
    item="Using LIMIT for potentially large result sets",
    title="Query without a LIMIT",
    sentence="A query that may return many rows has a LIMIT, or is read row by row.",
    why="With a million waiting tasks, the result fills the memory.",
    wrong="""\
def waiting(conn):
    cursor = conn.execute("SELECT id FROM task_queue WHERE status = 'queued'")
    return cursor.fetchall()
""",
    right="""\
def waiting(conn):
    cursor = conn.execute("SELECT id FROM task_queue WHERE status = 'queued' LIMIT 100")
    return cursor.fetchall()
""",
    check=_unbounded,
)
