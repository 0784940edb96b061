"""QR504: a busy database is asked again after a pause."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pytest_queuekit.review.analysis.blocks import Loop, inside, pauses
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.code import Code, Finding

_AT_ONCE = re.compile(
    r"^(print|log|write|append|add|inc|increment|debug|info|warn|warning|error|exception|str|repr)$"
)


def _tight_retries(module: Module) -> Iterator[Finding]:
    """Find loops that try again at once when the database is busy."""
    for node in module.nodes(ast.ExceptHandler) if module.knows_queue else ():
        assert isinstance(node, ast.ExceptHandler)  # noqa: S101 - for the type checker
        named = node.type is not None and "QueueBusyError" in module.dotted(node.type)
        loop = next((one for one in module.parents(node) if _tries_again(module, one)), None)
        if not named or not isinstance(loop, Loop) or _ends(node) or _goes_on(loop):
            continue
        if not pauses(module, loop) and not _may_wait(module, node):
            yield Finding(
                node=node,
                sentence="a busy database is asked again at once, which keeps it busy; wait "
                "between the tries, longer each time, or use retry_busy()",
            )


def _ends(handler: ast.ExceptHandler) -> bool:
    """Whether the handler leaves the loop, or may."""
    return any(isinstance(one, ast.Raise | ast.Return | ast.Break) for one in inside(handler.body))


def _tries_again(module: Module, node: ast.AST) -> bool:
    """Whether a loop does the same in each turn: `while`, or `for` so often until it is done."""
    if not isinstance(node, ast.For) or not isinstance(node.iter, ast.Call):
        return isinstance(node, ast.While)
    ends = any(isinstance(one, ast.Return | ast.Break) for one in inside(node.body))
    names = {one.id for one in inside(node.body) if isinstance(one, ast.Name)}
    counted = module.dotted(node.iter.func) == "range" and isinstance(node.target, ast.Name)
    return counted and ends and getattr(node.target, "id", "") not in names


def _goes_on(loop: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Whether each turn of a loop has work of its own, as `item = items.pop()` gives it."""
    fetched = (one.value for one in inside(loop.body) if isinstance(one, ast.Assign))
    return any(
        isinstance(one, ast.Call)
        and isinstance(one.func, ast.Attribute)
        and one.func.attr in ("pop", "popleft", "get", "get_nowait", "recv", "readline")
        for one in fetched
    )


def _may_wait(module: Module, handler: ast.ExceptHandler) -> bool:
    """Whether the handler calls something that nobody knows to return at once."""
    return any(
        isinstance(one, ast.Call)
        and not _AT_ONCE.search(module.dotted(one.func).rpartition(".")[2])
        for one in inside(handler.body)
    )


CODE = Code(
    id="QR504",
    item="Handling SQLITE_BUSY errors gracefully",
    sentence="A busy database is asked again after a pause.",
    why="A loop without a pause takes the processor, and the lock, from the one that it waits for.",
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
