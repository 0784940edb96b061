"""QR302: no more workers claim than MAX_CONCURRENT_WORKERS."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.queue.config import MAX_CONCURRENT_WORKERS
from pytest_queuekit.review.code import Code, Finding
from pytest_queuekit.review.module import Module
from pytest_queuekit.review.scopes import Scope

_POOLS = frozenset({"ThreadPoolExecutor", "ProcessPoolExecutor", "ThreadPool", "Pool"})

_SUBMITS = frozenset({"submit", "map", "apply_async", "imap", "imap_unordered", "starmap"})

_CLAIMS = frozenset({"claim_task", "claim_tasks"})


def _too_many_workers(module: Module) -> Iterator[Finding]:
    """Find pools of more workers than a queue should have, all of which claim."""
    for call in module.calls() if module.knows_queue else ():
        if module.dotted(call.func).rpartition(".")[2] not in _POOLS:
            continue
        size = _size(module, call)
        if size is not None and size > MAX_CONCURRENT_WORKERS and _is_run_by(module, call):
            yield Finding(
                node=call,
                sentence=f"{size} workers claim from one queue; MAX_CONCURRENT_WORKERS is "
                f"{MAX_CONCURRENT_WORKERS}, and more of them wait for the lock",
            )


def _size(module: Module, call: ast.Call) -> int | None:
    named = {one.arg: one.value for one in call.keywords}
    first = call.args[0] if call.args else None
    given = named.get("max_workers") or named.get("processes") or first
    if isinstance(given, ast.Name):
        given = module.meaning(given)
    value = given.value if isinstance(given, ast.Constant) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_run_by(module: Module, pool: ast.Call) -> bool:
    """Whether some function that claims is handed to a pool, in the function that makes this."""
    scope = module.scope_of(pool)
    for call in module.calls():
        handed = isinstance(call.func, ast.Attribute) and call.func.attr in _SUBMITS
        if handed and call.args and module.scope_of(call) is scope:
            function = call.args[0]
            name = function.id if isinstance(function, ast.Name) else ""
            if any(_claims(module, one) for one in module.functions_named(name) if name):
                return True
    return False


def _claims(module: Module, function: Scope) -> bool:
    return any(
        isinstance(call.func, ast.Attribute) and call.func.attr in _CLAIMS
        for call in module.calls(function)
    )


CODE = Code(
    id="QR302",
    item="Respecting `MAX_CONCURRENT_WORKERS` limit",
    sentence="No more workers claim than MAX_CONCURRENT_WORKERS.",
    why="SQLite has one write lock: workers beyond a few wait for it and get nothing more done.",
    wrong="""\
from concurrent.futures import ThreadPoolExecutor
from pytest_queuekit.queue import QueueDatabase


def work(claimer):
    claimer.claim_task("worker-1", {}, lease_seconds=60)


def run(claimer):
    with ThreadPoolExecutor(max_workers=16) as pool:
        pool.submit(work, claimer)
""",
    right="""\
from concurrent.futures import ThreadPoolExecutor
from pytest_queuekit.queue.config import MAX_CONCURRENT_WORKERS


def work(claimer):
    claimer.claim_task("worker-1", {}, lease_seconds=60)


def run(claimer):
    with ThreadPoolExecutor(max_workers=MAX_CONCURRENT_WORKERS) as pool:
        pool.submit(work, claimer)
""",
    check=_too_many_workers,
)
