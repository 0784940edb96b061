"""QR101: the queue's file is opened through QueueDatabase."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.origins import Origin, Origins
from pytest_queuekit.review.code import Code, Finding


def _raw_connections(module: Module) -> Iterator[Finding]:
    """Find sqlite3.connect where the connection reaches the queue's tables or file."""
    origins = Origins(module)
    found: dict[ast.expr, str] = {}
    for call, statement in module.each_statement():
        for source in origins.of(call.receiver) if statement.tables & {"task_queue"} else ():
            if source.origin is Origin.RAW:
                found.setdefault(source.node, statement.table)
    files = {ast.dump(call.args[0]) for call in _opened(module, "QueueDatabase")}
    for call_ in _opened(module, "connect"):
        known = ast.dump(call_.args[0]) in files or _is_default(module, call_.args[0])
        if known and module.dotted(call_.func).startswith("sqlite3"):
            found.setdefault(call_, "task_queue")
    for node in found:
        yield Finding(
            node=node,
            sentence="the queue's file is opened with sqlite3 itself; use QueueDatabase, which "
            "sets the PRAGMAs, makes the schema and raises clear errors",
        )


def _is_default(module: Module, path: ast.expr) -> bool:
    """Whether a path is that which get_default_db_path() gives."""
    known = module.meaning(path) if isinstance(path, ast.Name | ast.Attribute) else path
    return isinstance(known, ast.Call) and module.dotted(known.func).endswith("default_db_path")


def _opened(module: Module, name: str) -> Iterator[ast.Call]:
    for call in module.calls():
        if module.dotted(call.func).rpartition(".")[2] == name and call.args:
            yield call


CODE = Code(
    id="QR101",
    item="Using `QueueDatabase` class (not raw sqlite3)",
    sentence="The queue's file is opened through QueueDatabase.",
    why="A connection of one's own has other PRAGMAs, no schema, and errors that say "
    "'database is locked' where a retry would do.",
    wrong="""\
import sqlite3

conn = sqlite3.connect("queue.db")
rows = conn.execute("SELECT id FROM task_queue LIMIT 10").fetchall()
""",
    right="""\
from pytest_queuekit.queue import QueueDatabase

db = QueueDatabase("queue.db")
with db.connection() as conn:
    rows = conn.execute("SELECT id FROM task_queue LIMIT 10").fetchall()
""",
    check=_raw_connections,
)
