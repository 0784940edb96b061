"""QR107: no moment is written out beside a *_utc column."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from pytest_queuekit.review.analysis.module import QUEUE_TABLES, Module
from pytest_queuekit.review.analysis.moments import bound_moments
from pytest_queuekit.review.analysis.scopes import SqlCall
from pytest_queuekit.review.code import Code, Finding

_MOMENT = r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d[^']*)?)?"
_WRITTEN = re.compile(_MOMENT)
_BESIDE = re.compile(rf"\b(\w+_utc)\s*(?:[<>=!]+|BETWEEN)\s*'({_MOMENT})'", re.IGNORECASE)


def _literal_moments(module: Module) -> Iterator[Finding]:
    """Find dates written out beside a *_utc column."""
    for call in module.executions:
        if call.statements and not any(one.tables & QUEUE_TABLES for one in call.statements):
            continue
        beside = _BESIDE.search(call.text.text)
        column, moment = (beside[1], beside[2]) if beside else _beside(call)
        if column:
            yield Finding(node=call.node, sentence=_told(column, moment))
    for column, value in bound_moments(module):
        known = module.text(value)
        if known is not None and _WRITTEN.fullmatch(known.text):
            yield Finding(node=value, sentence=_told(column, known.text))


def _beside(call: SqlCall) -> tuple[str, str]:
    """Return a *_utc column that stands beside a date, and the date; empty for none."""
    for statement in call.statements:
        for column, given in statement.related():
            literal = str(given.this) if isinstance(given, exp.Literal) else ""
            if column.endswith("_utc") and _WRITTEN.fullmatch(literal):
                return column, literal
    return "", ""


def _told(column: str, moment: str) -> str:
    return (
        f"{column} stands beside the moment {moment!r} written out, whose zone nobody knows; use "
        "datetime('now', …)"
    )


CODE = Code(
    id="QR107",
    item="DON'T: Use raw datetime strings",
    sentence="No moment is written out beside a *_utc column.",
    why="Nobody knows the zone of a moment that is written out, and it is soon past.",
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
