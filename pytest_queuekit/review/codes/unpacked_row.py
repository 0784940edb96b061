"""QR203: from_dict() makes a task from a row."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.code import Code, Match

_MODELS = re.compile(r"(queue[\w.]*|^|^models)\.(?P<name>Task|Worker|TaskLog)$")

_ROW = re.compile(r"row|record|fetch|result|cursor|\br\b", re.IGNORECASE)


def _unpacked_rows(module: Module) -> Iterator[Match]:
    """Yield each Task, Worker or TaskLog that unpacks a row."""
    for call in module.calls():
        imported = isinstance(call.func, ast.Name) and call.func.id in module.imported
        model = _MODELS.search(module.dotted(call.func)) if imported else None
        if model is None or not module.knows_queue:
            continue
        name = model["name"]
        unpacked = [keyword.value for keyword in call.keywords if keyword.arg is None]
        unpacked += [value.value for value in call.args if isinstance(value, ast.Starred)]
        if any(_is_row(module, value) for value in unpacked):
            yield Match(
                node=call,
                detail=f"{name}() unpacks a row, which fails when the table gets a column; use "
                f"{name}.from_dict(row)",
            )


def _is_row(module: Module, value: ast.expr) -> bool:
    """Return True if a value looks like a row, judging by its name or by the code that made it."""
    known = module.meaning(value) if isinstance(value, ast.Name) else None
    return any(_ROW.search(ast.unparse(node)) for node in (value, known) if node is not None)


CODE = Code(
    id="QR203",
    item="Using `Task.from_dict()` for database rows",
    title="Row unpacked into a dataclass",
    sentence="from_dict() makes a task from a row.",
    why="Task(**row) fails as soon as the table gets another column.",
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
