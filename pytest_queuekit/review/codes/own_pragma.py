"""QR301: the PRAGMAs of a connection are those of PRODUCTION_PRAGMAS."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.queue.config import PRODUCTION_PRAGMAS
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.origins import Origin, Origins
from pytest_queuekit.review.code import Code, Finding


def _pragmas(module: Module) -> Iterator[Finding]:
    """Find PRAGMAs of PRODUCTION_PRAGMAS that are set by hand on the queue's connections."""
    origins = Origins(module)
    for call, statement in module.each_statement():
        if statement.setting is None or statement.setting[0] not in PRODUCTION_PRAGMAS:
            continue
        sources = {one.origin for one in origins.of(call.receiver)}
        if sources & {Origin.CONNECTION, Origin.TRANSACTION, Origin.DATABASE}:
            name, value = statement.setting
            yield Finding(
                node=call.node,
                sentence=f"{name} is set to {value} by hand; QueueDatabase sets all of "
                "PRODUCTION_PRAGMAS, and apply_pragmas() does on other connections",
            )


CODE = Code(
    id="QR301",
    item="Using `PRODUCTION_PRAGMAS` from config",
    sentence="The PRAGMAs of a connection are those of PRODUCTION_PRAGMAS.",
    why="A PRAGMA set in one place holds for one connection; the next one behaves otherwise.",
    wrong="""\
def count(db):
    with db.connection() as conn:
        conn.execute("PRAGMA busy_timeout=100")
        return conn.execute("SELECT count(*) FROM task_queue").fetchone()[0]
""",
    right="""\
def count(db):
    with db.connection() as conn:
        return conn.execute("SELECT count(*) FROM task_queue").fetchone()[0]
""",
    check=_pragmas,
)
