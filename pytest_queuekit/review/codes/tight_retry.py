"""QR504: a retry waits before it asks a busy database again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pytest_queuekit.review.analysis.blocks import Loop, inside, pauses
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.code import Code, Match

_AT_ONCE = re.compile(
    r"^(print|log|write|append|add|inc|increment|debug|info|warn|warning|error|exception|str|repr)$"
)
"""Names of calls that return at once."""


def _tight_retries(module: Module) -> Iterator[Match]:
    """Yield each handler after which a loop retries a busy database without a pause."""
    for node in module.nodes(ast.ExceptHandler) if module.knows_queue else ():
        assert isinstance(node, ast.ExceptHandler)  # noqa: S101 - for the type checker
        named = node.type is not None and "QueueBusyError" in module.dotted(node.type)
        loop = next((outer for outer in module.parents(node) if _repeats(module, outer)), None)
        if not named or not isinstance(loop, Loop) or _ends(node) or _goes_on(loop):
            continue
        if not pauses(module, loop) and not _may_wait(module, node):
            yield Match(
                node=node,
                detail="this retries a busy database without a pause, which keeps it busy; wait "
                "longer after each attempt, or use retry_busy()",
            )


def _ends(handler: ast.ExceptHandler) -> bool:
    """Return True if the handler leaves the loop, or may leave it."""
    return any(
        isinstance(node, ast.Raise | ast.Return | ast.Break) for node in inside(handler.body)
    )


def _repeats(module: Module, node: ast.AST) -> bool:
    """Return True for a loop that repeats one step: `while`, or a `for _ in range(…)` that ends."""
    if not isinstance(node, ast.For) or not isinstance(node.iter, ast.Call):
        return isinstance(node, ast.While)
    ends = any(isinstance(inner, ast.Return | ast.Break) for inner in inside(node.body))
    names = {inner.id for inner in inside(node.body) if isinstance(inner, ast.Name)}
    counted = module.dotted(node.iter.func) == "range" and isinstance(node.target, ast.Name)
    return counted and ends and getattr(node.target, "id", "") not in names


def _goes_on(loop: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Return True if each turn of a loop takes new work, as `item = items.pop()` does."""
    values = (node.value for node in inside(loop.body) if isinstance(node, ast.Assign))
    return any(
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr in ("pop", "popleft", "get", "get_nowait", "recv", "readline")
        for value in values
    )


def _may_wait(module: Module, handler: ast.ExceptHandler) -> bool:
    """Return True if the handler calls something that may pause."""
    return any(
        isinstance(node, ast.Call)
        and not _AT_ONCE.search(module.dotted(node.func).rpartition(".")[2])
        for node in inside(handler.body)
    )


CODE = Code(
    id="QR504",
    item="Handling SQLITE_BUSY errors gracefully",
    title="Busy database retried without a pause",
    sentence="A retry waits before it asks a busy database again.",
    why="A loop without a pause takes the CPU and the lock from the writer that it waits for.",
    wrong="""\
from pytest_queuekit.queue import QueueBusyError, QueueDatabase


def add(db):
    while True:
        try:
            with db.transaction() as conn:
                conn.execute("INSERT INTO task_queue (type) VALUES ('mail')")
            return
        except QueueBusyError as error:
            print(error)
""",
    right="""\
import time
from pytest_queuekit.queue import QueueBusyError, QueueDatabase


def add(db):
    pause = 0.1
    while True:
        try:
            with db.transaction() as conn:
                conn.execute("INSERT INTO task_queue (type) VALUES ('mail')")
            return
        except QueueBusyError as error:
            print(error)
            time.sleep(pause)
            pause *= 2
""",
    check=_tight_retries,
)
