"""QR403: what may be many rows is fetched with a LIMIT, or row by row."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqlglot import exp

from pytest_queuekit.review.analysis.blocks import fetches
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.scopes import SqlCall
from pytest_queuekit.review.analysis.statements import Statement
from pytest_queuekit.review.code import Code, Finding


def _unbounded(module: Module) -> Iterator[Finding]:
    """Find SELECTs without LIMIT all of whose rows are fetched at once."""
    for call, statement in module.each_statement():
        if not module.reads_tasks(statement) or not _may_be_many(statement):
            continue
        if _fetches_all(module, call):
            yield Finding(
                node=call.node,
                sentence="all rows are fetched at once, however many there are; add a LIMIT",
            )


def _may_be_many(statement: Statement) -> bool:
    tree = statement.tree
    if not isinstance(tree, exp.Select) or _is_limited(tree):
        return False
    counted = any(one.find(exp.AggFunc) for one in tree.selects)
    where = statement.where
    by_id = where is not None and any(
        isinstance(one.this, exp.Column) and one.this.name.lower() in ("id", "idempotency_key")
        for one in where.find_all(exp.EQ, exp.In, exp.Between)
    )
    return not counted and not by_id


def _is_limited(tree: exp.Select) -> bool:
    return any(tree.args.get(one) for one in ("limit", "group", "distinct"))


def _fetches_all(module: Module, call: SqlCall) -> bool:
    """Whether fetchall() or list() follows: on the call itself, or on the name it is given."""
    outer = next(module.parents(call.node), None)
    if isinstance(outer, ast.Call):
        return module.dotted(outer.func) in ("list", "tuple", "sorted")
    if isinstance(outer, ast.comprehension):
        return not outer.ifs and isinstance(next(module.parents(outer), None), ast.ListComp)
    return any(one.attr == "fetchall" for one in fetches(module, call))


CODE = Code(
    id="QR403",
    item="Using LIMIT for potentially large result sets",
    sentence="What may be many rows is fetched with a LIMIT, or row by row.",
    why="On the day with a million waiting tasks the dashboard takes all memory.",
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
