"""QR404: nothing slow runs inside transaction()."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.analysis.blocks import inside, transactions
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.origins import entered_around
from pytest_queuekit.review.analysis.scopes import Scope
from pytest_queuekit.review.code import Code, Finding

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
    return f"{name}()" if name in _SLOW or _is_of_client(module, call.func) else ""


def _is_of_client(module: Module, function: ast.expr) -> bool:
    """Whether a request is made by a method of a client that the file makes."""
    if not isinstance(function, ast.Attribute) or function.attr not in _VERBS:
        return False
    client = function.value
    opened = entered_around(module, client) if isinstance(client, ast.Name) else None
    made = opened or module.meaning(client)
    return isinstance(made, ast.Call) and module.dotted(made.func) in _CLIENTS


def _through(module: Module, call: ast.Call, known: dict[Scope, str]) -> str:
    """Say the same of a function of this file, which may call what takes long."""
    function = module.called(call)
    if function is None or not _is_run(module, call, function):
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
            if further is None or further in seen:
                continue
            if _is_run(module, call, further):
                seen.add(further)
                todo.append(further)
    return ""


def _is_run(module: Module, call: ast.Call, function: Scope) -> bool:
    """Whether a call runs the function at once: a generator or a coroutine would wait."""
    if module.yields(function):
        return False
    awaited = isinstance(next(module.parents(call), None), ast.Await)
    return awaited or not isinstance(function.node, ast.AsyncFunctionDef)


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
