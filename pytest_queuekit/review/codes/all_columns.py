"""QR402: a query names the columns that it needs."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.scopes import SqlCall
from pytest_queuekit.review.analysis.statements import Statement
from pytest_queuekit.review.code import Code, Match


def _all_columns(module: Module) -> Iterator[Match]:
    """Yield each SELECT * that builds no Task from its rows."""
    for call, statement in module.each_statement():
        if not module.reads_tasks(statement) or not _selects_star(statement):
            continue
        if not _becomes_tasks(module, call):
            yield Match(
                node=call.node,
                detail=f"SELECT * on {statement.table} fetches the payload and all other columns; "
                "name the columns that the code needs",
            )


def _selects_star(statement: Statement) -> bool:
    tree = statement.tree
    return isinstance(tree, exp.Select) and any(
        isinstance(item.this if isinstance(item, exp.Column) else item, exp.Star)
        for item in tree.selects
    )


def _becomes_tasks(module: Module, call: SqlCall) -> bool:
    """Return True if the function, one that it calls, or a caller makes tasks from rows.

    A task needs all columns.
    """
    called = (module.called(inner) for inner in module.calls(call.scope))
    callers = (module.scope_of(outer) for outer in module.calls_of(call.scope))
    return any(
        attribute.attr == "from_dict"
        for scope in {call.scope, *called, *callers}
        if scope is not None
        for attribute in module.attributes(scope)
    )


CODE = Code(
    id="QR402",
    item="Avoiding SELECT * (specify columns)",
    title="SELECT * on the queue's tables",
    sentence="A query names the columns that it needs.",
    why="Payloads may be large, and the order of columns changes with the schema.",
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
