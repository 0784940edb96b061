"""QR203: a row becomes a task by from_dict()."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pytest_queuekit.review.code import Code, Finding
from pytest_queuekit.review.module import Module

_MODELS = re.compile(r"(queue[\w.]*|^|^models)\.(?P<name>Task|Worker|TaskLog)$")


def _unpacked_rows(module: Module) -> Iterator[Finding]:
    """Find tasks that are made of a row by hand."""
    for call in module.calls():
        imported = isinstance(call.func, ast.Name) and call.func.id in module.imported
        meant = _MODELS.search(module.dotted(call.func)) if imported else None
        if meant is None or not module.knows_queue:
            continue
        name = meant["name"]
        spread = any(one.arg is None for one in call.keywords)
        if spread or any(isinstance(one, ast.Starred) for one in call.args):
            yield Finding(
                node=call,
                sentence=f"a row is spread into {name}(), which breaks with the next column; use "
                f"{name}.from_dict(row)",
            )


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
