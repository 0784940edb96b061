"""QR107: no *_utc column meets a literal timestamp."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from pytest_queuekit.review.analysis.module import QUEUE_TABLES, Module
from pytest_queuekit.review.analysis.moments import bound_moments
from pytest_queuekit.review.analysis.scopes import SqlCall
from pytest_queuekit.review.code import Code, Match

_MOMENT = r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d[^']*)?)?"
_WRITTEN = re.compile(_MOMENT)
_BESIDE = re.compile(rf"\b(\w+_utc)\s*(?:[<>=!]+|BETWEEN)\s*'({_MOMENT})'", re.IGNORECASE)


def _literal_moments(module: Module) -> Iterator[Match]:
    """Yield each literal date or time that is compared with, or stored in, a *_utc column."""
    for call in module.executions:
        if call.statements and not any(
            statement.tables & QUEUE_TABLES for statement in call.statements
        ):
            continue
        beside = _BESIDE.search(call.text.text)
        column, moment = (beside[1], beside[2]) if beside else _beside(call)
        if column:
            yield Match(node=call.node, detail=_detail(column, moment))
    for column, value in bound_moments(module):
        known = module.text(value)
        if known is not None and _WRITTEN.fullmatch(known.text):
            yield Match(node=value, detail=_detail(column, known.text))


def _beside(call: SqlCall) -> tuple[str, str]:
    """Return a *_utc column and the literal beside it; empty strings for none."""
    for statement in call.statements:
        for column, given in statement.related():
            literal = str(given.this) if isinstance(given, exp.Literal) else ""
            if column.endswith("_utc") and _WRITTEN.fullmatch(literal):
                return column, literal
    return "", ""


def _detail(column: str, moment: str) -> str:
    return (
        f"{column} is used with the literal timestamp {moment!r}, which has no time zone; use "
        "datetime('now', …)"
    )


CODE = Code(
    id="QR107",
    item="DON'T: Use raw datetime strings",
    title="Literal timestamp in SQL",
    sentence="No *_utc column is compared with, or set to, a literal timestamp.",
    why="A literal timestamp has no time zone, and soon lies in the past.",
    wrong="""\
def clean(db):
    with db.transaction() as conn:
        conn.execute(
            "DELETE FROM task_queue WHERE status = 'completed' "
            "AND completed_at_utc < '2025-01-01 00:00:00'"
        )
""",
    right="""\
def clean(db):
    with db.transaction() as conn:
        conn.execute(
            "DELETE FROM task_queue WHERE status = 'completed' "
            "AND completed_at_utc < datetime('now', '-7 days')"
        )
""",
    check=_literal_moments,
)
