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


def _slow_transactions(module: Module) -> Iterator[Finding]:
    """Find work that may take long while the write lock is held."""
    known: dict[Scope, str] = {}
    for block, _ in transactions(module) if module.knows_queue else ():
        for call in _calls(list(block.body)):
            name = _slow(module, call) or _through(module, call, known)
            if name:
                yield Finding(
                    node=call,
                    sentence=f"{name} runs while the transaction of line {block.lineno} is open, "
                    "and all other writers wait; do it before or after",
                )


def _calls(nodes: list[ast.stmt]) -> Iterator[ast.Call]:
    return (one for one in inside(nodes) if isinstance(one, ast.Call))


def _slow(module: Module, call: ast.Call) -> str:
    """Return the name of what is called, if that may take long; empty if not."""
    name = module.dotted(call.func)
    is_slow = any(name == one or (one.endswith(".") and name.startswith(one)) for one in _SLOW)
    return f"{name}()" if is_slow else ""


def _through(module: Module, call: ast.Call, known: dict[Scope, str]) -> str:
    """Say the same of a function of this file, which may call what takes long."""
    function = module.called(call)
    if function is None:
        return ""
    if function not in known:
        known[function] = _slow_in(module, function)
    what = known[function]
    return what and f"{ast.unparse(call.func)}(), which calls {what},"


def _slow_in(module: Module, function: Scope) -> str:
    """Return the first slow thing that a function calls, or the functions that it calls do."""
    seen = {function}
    todo = [function]
    while todo:
        here = todo.pop()
        for call in _calls(_body(here)):
            name = _slow(module, call)
            if name:
                return name
            further = module.called(call)
            if further is not None and further not in seen:
                seen.add(further)
                todo.append(further)
    return ""


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
