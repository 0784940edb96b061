"""QR401: every query on task_queue uses an index."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.plans import slow_steps
from pytest_queuekit.review.analysis.statements import with_named_parameters
from pytest_queuekit.review.code import Code, Match


def _slow_plans(module: Module) -> Iterator[Match]:
    """Yield each statement on task_queue that SQLite cannot answer from an index."""
    for call, statement in module.each_statement():
        if "task_queue" not in statement.tables or call.text.holes or statement.where is None:
            continue
        single = len(call.statements) == 1
        steps = slow_steps(with_named_parameters(statement.text)) if single else ()
        if steps:
            yield Match(
                node=call.node,
                detail=f"this {statement.kind.upper()} {', and '.join(steps)}; filter and sort by "
                "indexed columns, such as status",
            )


CODE = Code(
    id="QR401",
    item="Queries use appropriate indexes",
    title="Query without an index",
    sentence="Every query on task_queue uses an index.",
    why="A full scan gets slower with every task that was ever completed.",
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
