"""QR504: a busy database is asked again after a pause."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.blocks import inside
from pytest_queuekit.review.code import Code, Finding
from pytest_queuekit.review.module import Module

_PAUSES = frozenset({"sleep", "wait", "delay", "backoff"})


def _tight_retries(module: Module) -> Iterator[Finding]:
    """Find loops that try again at once when the database is busy."""
    for node in module.nodes(ast.ExceptHandler) if module.knows_queue else ():
        assert isinstance(node, ast.ExceptHandler)  # noqa: S101 - for the type checker
        named = node.type is not None and "QueueBusyError" in module.dotted(node.type)
        loop = next((one for one in module.parents(node) if isinstance(one, ast.While)), None)
        if named and loop is not None and not _ends(node) and not _pauses(module, loop):
            yield Finding(
                node=node,
                sentence="a busy database is asked again at once, which keeps it busy; wait "
                "between the tries, longer each time, or use retry_busy()",
            )


def _ends(handler: ast.ExceptHandler) -> bool:
    """Whether the handler leaves the loop, or may."""
    return any(isinstance(one, ast.Raise | ast.Return | ast.Break) for one in inside(handler.body))


def _pauses(module: Module, loop: ast.While) -> bool:
    return any(
        isinstance(one, ast.Call)
        and any(word in module.dotted(one.func).lower() for word in _PAUSES)
        for one in inside(loop.body)
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
