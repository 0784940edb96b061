"""QR501: one statement selects and claims a task."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.review.analysis.claims import claims_in_two_steps
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.code import Code, Match


def _two_steps(module: Module) -> Iterator[Match]:
    """Yield each claim in two steps, between which a second worker can select the same task."""
    for claim in claims_in_two_steps(module):
        columns = " and ".join(claim.states)
        yield Match(
            node=claim.take.node,
            detail=f"after the SELECT in line {claim.select.node.lineno} another worker can claim "
            f"the same row of {claim.table}, because this statement does not check {columns}; "
            "claim with one UPDATE … RETURNING",
        )


CODE = Code(
    id="QR501",
    item="Atomic operations using UPDATE...RETURNING",
    title="Claim in two steps",
    sentence="One statement selects and claims a task.",
    why="Two workers select the same task before either claims it, and both run it.",
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
