"""QR101: QueueDatabase opens the queue's file."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.origins import Origin, Origins
from pytest_queuekit.review.code import Code, Match


def _raw_connections(module: Module) -> Iterator[Match]:
    """Yield each sqlite3.connect() that opens the queue's file or reaches its tables."""
    origins = Origins(module)
    opened: dict[ast.expr, None] = {}
    for call, statement in module.each_statement():
        for source in origins.of(call.receiver) if statement.tables & {"task_queue"} else ():
            if source.origin is Origin.RAW:
                opened.setdefault(source.node)
    files = {ast.dump(call.args[0]) for call in _calls_of(module, "QueueDatabase")}
    for connect in _calls_of(module, "connect"):
        path = connect.args[0]
        is_queue = ast.dump(path) in files or _is_default(module, path)
        if is_queue and module.dotted(connect.func).startswith("sqlite3"):
            opened.setdefault(connect)
    for node in opened:
        yield Match(
            node=node,
            detail="sqlite3 opens the queue's file; use QueueDatabase, which sets the PRAGMAs, "
            "creates the schema and raises clear errors",
        )


def _is_default(module: Module, path: ast.expr) -> bool:
    """Return True if a path comes from get_default_db_path()."""
    known = module.meaning(path) if isinstance(path, ast.Name | ast.Attribute) else path
    return isinstance(known, ast.Call) and module.dotted(known.func).endswith("default_db_path")


def _calls_of(module: Module, name: str) -> Iterator[ast.Call]:
    for call in module.calls():
        if module.dotted(call.func).rpartition(".")[2] == name and call.args:
            yield call


CODE = Code(
    id="QR101",
    item="Using `QueueDatabase` class (not raw sqlite3)",
    title="Queue file opened with sqlite3",
    sentence="QueueDatabase opens the queue's file.",
    why="A raw connection has other PRAGMAs and no schema, and raises 'database is locked' where "
    "QueueDatabase waits.",
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
