"""QR301: every connection has the PRAGMAs of PRODUCTION_PRAGMAS."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.queue.config import PRODUCTION_PRAGMAS
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.origins import Origin, Origins
from pytest_queuekit.review.code import Code, Match


def _pragmas(module: Module) -> Iterator[Match]:
    """Yield each PRAGMA of PRODUCTION_PRAGMAS that is set on one of the queue's connections."""
    origins = Origins(module)
    for call, statement in module.each_statement():
        if statement.setting is None or statement.setting[0] not in PRODUCTION_PRAGMAS:
            continue
        sources = {source.origin for source in origins.of(call.receiver)}
        if sources & {Origin.CONNECTION, Origin.TRANSACTION, Origin.DATABASE}:
            name, value = statement.setting
            yield Match(
                node=call.node,
                detail=f"{name} is set to {value} on one connection; QueueDatabase sets all of "
                "PRODUCTION_PRAGMAS, and apply_pragmas() sets them on other connections",
            )


CODE = Code(
    id="QR301",
    item="Using `PRODUCTION_PRAGMAS` from config",
    title="PRAGMA set on one connection",
    sentence="Every connection has the PRAGMAs of PRODUCTION_PRAGMAS.",
    why="A PRAGMA applies to one connection; the next connection behaves differently.",
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
