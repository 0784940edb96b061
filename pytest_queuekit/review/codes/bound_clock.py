"""QR106: moments in *_utc columns come from SQLite's datetime()."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.moments import bound_moments
from pytest_queuekit.review.code import Code, Finding

_CLOCKS = frozenset({"now", "utcnow", "today", "isoformat", "strftime", "fromtimestamp", "time"})


def _bound_clocks(module: Module) -> Iterator[Finding]:
    """Find moments of Python's clock that are bound to a *_utc column."""
    for column, value in bound_moments(module):
        said = _clock_in(module, value)
        if said:
            yield Finding(
                node=value,
                sentence=f"{column} is given a moment of Python's ({said}), in another form than "
                "the column's; write datetime('now') into the SQL",
            )


def _clock_in(module: Module, value: ast.expr) -> str:
    """Return the call of a clock from which a value comes; empty for none."""
    known = module.meaning(value) if isinstance(value, ast.Name | ast.Attribute) else value
    for node in ast.walk(known) if known is not None else ():
        function = node.func if isinstance(node, ast.Call) else None
        if isinstance(function, ast.Attribute) and function.attr in _CLOCKS:
            if function.attr == "strftime" and _is_in_form(known):
                return ""
            return f"{ast.unparse(function)}()"
    return ""


def _is_in_form(value: ast.expr | None) -> bool:
    """Whether a moment is written as the column has it, and in UTC."""
    written = ast.unparse(value) if value is not None else ""
    return "%Y-%m-%d %H:%M:%S" in written and "utc" in written.lower()


CODE = Code(
    id="QR106",
    item="Using `datetime('now')` for UTC timestamps",
    sentence="Moments in *_utc columns come from SQLite's datetime().",
    why="isoformat() writes a 'T', which sorts after every space, and now() is local time: "
    "the task comes hours early or late.",
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
