"""QR203: a row becomes a task by from_dict()."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.code import Code, Finding

_MODELS = re.compile(r"(queue[\w.]*|^|^models)\.(?P<name>Task|Worker|TaskLog)$")

_ROW = re.compile(r"row|record|fetch|result|cursor|\br\b", re.IGNORECASE)


def _unpacked_rows(module: Module) -> Iterator[Finding]:
    """Find tasks that are made of a row by hand."""
    for call in module.calls():
        imported = isinstance(call.func, ast.Name) and call.func.id in module.imported
        meant = _MODELS.search(module.dotted(call.func)) if imported else None
        if meant is None or not module.knows_queue:
            continue
        name = meant["name"]
        spread = [one.value for one in call.keywords if one.arg is None]
        spread += [one.value for one in call.args if isinstance(one, ast.Starred)]
        if any(_is_row(module, one) for one in spread):
            yield Finding(
                node=call,
                sentence=f"a row is spread into {name}(), which breaks with the next column; use "
                f"{name}.from_dict(row)",
            )


def _is_row(module: Module, value: ast.expr) -> bool:
    """Whether a value is a row, by its name or by the name of what it comes from."""
    known = module.meaning(value) if isinstance(value, ast.Name) else None
    return any(_ROW.search(ast.unparse(one)) for one in (value, known) if one is not None)


CODE = Code(
    id="QR203",
    item="Using `Task.from_dict()` for database rows",
    sentence="A row becomes a task by from_dict().",
    why="Task(**row) fails on the day the table has a column more.",
    wrong="""\
from pytest_queuekit.queue import Task


def to_task(row):
    return Task(**dict(row))
""",
    right="""\
from pytest_queuekit.queue import QueueDatabase, Task


def to_task(row):
    return Task.from_dict(row)
""",
    check=_unpacked_rows,
)
