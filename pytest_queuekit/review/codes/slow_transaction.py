"""QR404: nothing slow runs inside a transaction."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.analysis.blocks import inside, transactions
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.origins import entered_around
from pytest_queuekit.review.analysis.scopes import Scope
from pytest_queuekit.review.code import Code, Match

_VERBS = ["get", "post", "put", "patch", "delete", "head", "options", "request", "stream"]
_RUNS = ["run", "call", "check_call", "check_output", "getoutput", "getstatusoutput", "Popen"]
_SLOW = frozenset(
    {
        "time.sleep",
        "asyncio.sleep",
        "urllib.request.urlopen",
        "urllib.request.urlretrieve",
        "urllib3.request",
        "os.system",
        "os.popen",
        "socket.create_connection",
        "smtplib.SMTP",
        "smtplib.SMTP_SSL",
        "ftplib.FTP",
        *(f"{package}.{verb}" for package in ("requests", "httpx") for verb in _VERBS),
        *(f"subprocess.{verb}" for verb in _RUNS),
        *(f"asyncio.create_subprocess_{kind}" for kind in ("exec", "shell")),
    }
)
_CLIENTS = frozenset(
    {"requests.Session", "requests.session", "httpx.Client", "httpx.AsyncClient"}
    | {"aiohttp.ClientSession", "urllib3.PoolManager"}
)


def _slow_transactions(module: Module) -> Iterator[Match]:
    """Yield each call that may take long while the transaction holds the write lock."""
    known: dict[Scope, str] = {}
    for block, _ in transactions(module) if module.knows_queue else ():
        for call in _calls(block.body):
            name = _slow_call(module, call) or _through(module, call, known)
            if name:
                yield Match(
                    node=call,
                    detail=f"{name} runs inside the transaction of line {block.lineno} and blocks "
                    "all other writers; call it before or after the transaction",
                )


def _calls(nodes: list[ast.stmt]) -> Iterator[ast.Call]:
    return (node for node in inside(nodes) if isinstance(node, ast.Call))


def _slow_call(module: Module, call: ast.Call) -> str:
    """Return the name of the function called, if it may take long; empty if not."""
    name = module.dotted(call.func)
    return f"{name}()" if name in _SLOW or _is_of_client(module, call.func) else ""


def _is_of_client(module: Module, function: ast.expr) -> bool:
    """Return True if a method of an HTTP client made in this file sends a request."""
    if not isinstance(function, ast.Attribute) or function.attr not in _VERBS:
        return False
    client = function.value
    opened = entered_around(module, client) if isinstance(client, ast.Name) else None
    made = opened or module.meaning(client)
    return isinstance(made, ast.Call) and module.dotted(made.func) in _CLIENTS


def _through(module: Module, call: ast.Call, known: dict[Scope, str]) -> str:
    """Return the name of a function of this file that calls something slow; empty for none."""
    function = module.called(call)
    if function is None or not _is_run(module, call, function):
        return ""
    if function not in known:
        known[function] = _slow_call_in(module, function)
    slow = known[function]
    return slow and f"{ast.unparse(call.func)}(), which calls {slow},"


def _slow_call_in(module: Module, function: Scope) -> str:
    """Return the first slow call of a function, or of the functions that it calls."""
    visited = {function}
    todo = [function]
    while todo:
        here = todo.pop()
        for call in _calls([] if isinstance(here.node, ast.Module) else here.node.body):
            name = _slow_call(module, call)
            if name:
                return name
            further = module.called(call)
            if further is None or further in visited:
                continue
            if _is_run(module, call, further):
                visited.add(further)
                todo.append(further)
    return ""


def _is_run(module: Module, call: ast.Call, function: Scope) -> bool:
    """Return True if a call runs the function at once, unlike a generator or a coroutine."""
    if module.yields(function):
        return False
    awaited = isinstance(next(module.parents(call), None), ast.Await)
    return awaited or not isinstance(function.node, ast.AsyncFunctionDef)


CODE = Code(
    id="QR404",
    item="Transactions are short and focused",
    title="Slow call inside a transaction",
    sentence="Nothing slow runs inside a transaction.",
    why="SQLite has one write lock: during a request of two seconds no other worker claims or "
    "completes a task.",
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
