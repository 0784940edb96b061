"""QR106: timestamps in *_utc columns come from SQLite's datetime()."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.moments import bound_moments
from pytest_queuekit.review.code import Code, Match

_CLOCKS = frozenset({"now", "utcnow", "today", "isoformat", "strftime", "fromtimestamp", "time"})


def _bound_clocks(module: Module) -> Iterator[Match]:
    """Yield each value from Python's clock that is bound to a *_utc column."""
    for column, value in bound_moments(module):
        clock = _clock_in(module, value)
        if clock:
            yield Match(
                node=value,
                detail=f"{column} gets its timestamp from Python ({clock}), in another format than "
                "the column's; write datetime('now') in the SQL",
            )


def _clock_in(module: Module, value: ast.expr) -> str:
    """Return the call of a clock that a value comes from; empty for none."""
    known = module.meaning(value) if isinstance(value, ast.Name | ast.Attribute) else value
    for node in ast.walk(known) if known is not None else ():
        function = node.func if isinstance(node, ast.Call) else None
        if isinstance(function, ast.Attribute) and function.attr in _CLOCKS:
            if function.attr == "strftime" and _is_in_format(known):
                return ""
            return f"{ast.unparse(function)}()"
    return ""


def _is_in_format(value: ast.expr | None) -> bool:
    """Return True if a timestamp is in the column's format and in UTC."""
    code = ast.unparse(value) if value is not None else ""
    return "%Y-%m-%d %H:%M:%S" in code and "utc" in code.lower()


CODE = Code(
    id="QR106",
    item="Using `datetime('now')` for UTC timestamps",
    title="Timestamp from Python's clock",
    sentence="Timestamps in *_utc columns come from SQLite's datetime().",
    why="isoformat() writes a 'T', which sorts after every space, and now() is local time: "
    "the task runs hours early or late.",
    wrong="""\
from datetime import datetime


def put_off(db, task_id):
    with db.transaction() as conn:
        conn.execute(
            "UPDATE task_queue SET run_after_utc = ? WHERE id = ?",
            (datetime.now().isoformat(), task_id),
        )
""",
    right="""\
def put_off(db, task_id):
    with db.transaction() as conn:
        conn.execute(
            "UPDATE task_queue SET run_after_utc = datetime('now', '+60 seconds') WHERE id = ?",
            (task_id,),
        )
""",
    check=_bound_clocks,
)
