"""QR402: a query names the columns that it needs."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.scopes import SqlCall
from pytest_queuekit.review.analysis.statements import Statement
from pytest_queuekit.review.code import Code, Finding


def _all_columns(module: Module) -> Iterator[Finding]:
    """Find SELECT * whose rows do not become tasks."""
    for call, statement in module.each_statement():
        if not module.reads_tasks(statement) or not _selects_star(statement):
            continue
        if not _becomes_tasks(module, call):
            yield Finding(
                node=call.node,
                sentence=f"SELECT * on {statement.table} fetches payloads and columns that nobody "
                "asked for; name the columns",
            )


def _selects_star(statement: Statement) -> bool:
    tree = statement.tree
    return isinstance(tree, exp.Select) and any(
        isinstance(one.this if isinstance(one, exp.Column) else one, exp.Star)
        for one in tree.selects
    )


def _becomes_tasks(module: Module, call: SqlCall) -> bool:
    """Whether the function makes tasks of rows, or one that it calls, or that calls it: then it
    needs all columns."""
    called = (module.called(one) for one in module.calls(call.scope))
    callers = (module.scope_of(one) for one in module.calls_of(call.scope))
    return any(
        one.attr == "from_dict"
        for scope in {call.scope, *called, *callers}
        if scope is not None
        for one in module.attributes(scope)
    )


CODE = Code(
    id="QR402",
    item="Avoiding SELECT * (specify columns)",
    sentence="A query names the columns that it needs.",
    why="Payloads may be large, and the order of columns is nobody's promise.",
    wrong="""\
def types(conn):
    return [row[1] for row in conn.execute("SELECT * FROM task_queue LIMIT 10")]
""",
    right="""\
def types(conn):
    return [row[0] for row in conn.execute("SELECT type FROM task_queue LIMIT 10")]
""",
    check=_all_columns,
)
