"""QR501: a task is found and taken in one statement."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.review.analysis.claims import claims_in_two_steps
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.code import Code, Finding


def _two_steps(module: Module) -> Iterator[Finding]:
    """Find claims in which two workers can find the same task before one of them takes it."""
    for one in claims_in_two_steps(module):
        line, columns = one.select.node.lineno, " and ".join(one.states)
        yield Finding(
            node=one.take.node,
            sentence=f"between the SELECT in line {line} and this, another worker can take the "
            f"same row of {one.table}, and {columns} is not asked for again; claim with one "
            "UPDATE … RETURNING",
        )


CODE = Code(
    id="QR501",
    item="Atomic operations using UPDATE...RETURNING",
    sentence="A task is found and taken in one statement.",
    why="Two workers find the same task before one of them has taken it, and both do it.",
    wrong="""\
def claim(conn, worker):
    row = conn.execute("SELECT id FROM task_queue WHERE status = 'queued' LIMIT 1").fetchone()
    if row:
        take(conn, row[0], worker)
    return row


def take(conn, task_id, worker):
    conn.execute(
        "UPDATE task_queue SET status = 'leased', locked_by = ? WHERE id = ?",
        (worker, task_id),
    )
""",
    right="""\
def claim(conn, worker):
    return conn.execute(
        "UPDATE task_queue SET status = 'leased', locked_by = ? "
        "WHERE id = (SELECT id FROM task_queue WHERE status = 'queued' LIMIT 1) "
        "RETURNING id",
        (worker,),
    ).fetchone()
""",
    check=_two_steps,
)
