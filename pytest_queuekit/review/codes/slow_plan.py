"""QR401: a query on task_queue is served by an index."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.plans import slow_steps
from pytest_queuekit.review.analysis.statements import with_named_parameters
from pytest_queuekit.review.code import Code, Finding


def _slow_plans(module: Module) -> Iterator[Finding]:
    """Find statements on the queue's tables for which SQLite has no index."""
    for call, statement in module.each_statement():
        if "task_queue" not in statement.tables or call.text.holes or statement.where is None:
            continue
        only = len(call.statements) == 1
        steps = slow_steps(with_named_parameters(statement.text)) if only else ()
        if steps:
            yield Finding(
                node=call.node,
                sentence=f"no index serves this {statement.kind.upper()}: {' and '.join(steps)}",
            )


CODE = Code(
    id="QR401",
    item="Queries use appropriate indexes",
    sentence="A query on task_queue is served by an index.",
    why="A scan takes longer with every task that was ever completed.",
    wrong="""\
def waiting_for(db, worker):
    with db.connection() as conn:
        return conn.execute(
            "SELECT id FROM task_queue WHERE error_message = ? LIMIT 10", (worker,)
        ).fetchall()
""",
    right="""\
def failed(db):
    with db.connection() as conn:
        return conn.execute("SELECT id FROM task_queue WHERE status = 'failed' LIMIT 10").fetchall()
""",
    check=_slow_plans,
)
