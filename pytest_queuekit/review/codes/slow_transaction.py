"""QR404: nothing slow runs inside transaction()."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.blocks import inside, transactions
from pytest_queuekit.review.code import Code, Finding
from pytest_queuekit.review.module import Module, Scope

_SLOW = (
    "time.sleep",
    "asyncio.sleep",
    "requests.",
    "httpx.",
    "aiohttp.",
    "urllib.request.urlopen",
    "urllib3.",
    "http.client.",
    "subprocess.",
    "os.system",
    "socket.create_connection",
    "smtplib.",
    "ftplib.",
    "paramiko.",
    "boto3.",
)

_DEPTH = 3


def _slow_transactions(module: Module) -> Iterator[Finding]:
    """Find work that may take long while the write lock is held."""
    for block, _ in transactions(module) if module.knows_queue else ():
        for call, name in _slow_calls(module, list(block.body), 0):
            yield Finding(
                node=call,
                sentence=f"{name} runs while the transaction of line {block.lineno} is open, and "
                "all other writers wait; do it before or after",
            )


def _slow_calls(
    module: Module, nodes: list[ast.stmt], depth: int
) -> Iterator[tuple[ast.Call, str]]:
    for node in inside(nodes):
        if not isinstance(node, ast.Call):
            continue
        name = module.dotted(node.func)
        if any(name == slow or (slow.endswith(".") and name.startswith(slow)) for slow in _SLOW):
            yield node, f"{name}()"
        elif depth < _DEPTH and (function := module.called(node)) is not None:
            for _, what in _slow_calls(module, _body(function), depth + 1):
                yield node, f"{ast.unparse(node.func)}(), which calls {what},"
                break


def _body(function: Scope) -> list[ast.stmt]:
    return [] if isinstance(function.node, ast.Module) else list(function.node.body)


CODE = Code(
    id="QR404",
    item="Transactions are short and focused",
    sentence="Nothing slow runs inside transaction().",
    why="There is one write lock: while a request of two seconds is under way, no other "
    "worker claims or completes anything.",
    wrong="""\
import requests
from pytest_queuekit.queue import QueueDatabase


def deliver(db, task_id, url):
    with db.transaction() as conn:
        requests.post(url, timeout=10)
        conn.execute("UPDATE task_queue SET status = 'completed' WHERE id = ?", (task_id,))
""",
    right="""\
import requests
from pytest_queuekit.queue import QueueDatabase


def deliver(db, task_id, url):
    requests.post(url, timeout=10)
    with db.transaction() as conn:
        conn.execute("UPDATE task_queue SET status = 'completed' WHERE id = ?", (task_id,))
""",
    check=_slow_transactions,
)
