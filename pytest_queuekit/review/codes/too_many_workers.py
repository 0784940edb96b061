"""QR302: no more workers claim than MAX_CONCURRENT_WORKERS."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.queue.config import MAX_CONCURRENT_WORKERS
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.scopes import Scope
from pytest_queuekit.review.code import Code, Finding

_POOLS = frozenset({"ThreadPoolExecutor", "ProcessPoolExecutor", "ThreadPool", "Pool"})

_SUBMITS = frozenset({"submit", "map", "apply_async", "imap", "imap_unordered", "starmap"})

_CLAIMS = frozenset({"claim_task", "claim_tasks"})

_LOOPS = (ast.For, ast.ListComp, ast.GeneratorExp, ast.SetComp)


def _too_many_workers(module: Module) -> Iterator[Finding]:
    """Find pools of more workers than a queue should have, all of which claim."""
    for call in module.calls() if module.knows_queue else ():
        if module.dotted(call.func).rpartition(".")[2] not in _POOLS:
            continue
        size = _size(module, call)
        if size is not None and size > MAX_CONCURRENT_WORKERS and _is_run_by(module, call):
            yield _too_many(call, size)
    for call, size in _threads(module) if module.knows_queue else ():
        if size > MAX_CONCURRENT_WORKERS:
            yield _too_many(call, size)


def _too_many(call: ast.Call, size: int) -> Finding:
    return Finding(
        node=call,
        sentence=f"{size} workers claim from one queue; MAX_CONCURRENT_WORKERS is "
        f"{MAX_CONCURRENT_WORKERS}, and more of them wait for the lock",
    )


def _threads(module: Module) -> Iterator[tuple[ast.Call, int]]:
    """Yield what starts a thread or a process that claims in each turn of a counted loop."""
    for call in module.calls():
        named = {one.arg: one.value for one in call.keywords}
        target = named.get("target")
        kind = module.dotted(call.func).rpartition(".")[2]
        if kind not in ("Thread", "Process") or not isinstance(target, ast.Name | ast.Attribute):
            continue
        name = target.attr if isinstance(target, ast.Attribute) else target.id
        loop = next((one for one in module.parents(call) if isinstance(one, _LOOPS)), None)
        turns = _turns(module, loop) if loop is not None else None
        if turns is not None and any(_claims(module, one) for one in module.functions_named(name)):
            yield call, turns


def _turns(module: Module, loop: ast.AST) -> int | None:
    """Return how often a loop over range(…) turns, where that is written down."""
    generators = getattr(loop, "generators", None)
    through = generators[0].iter if generators else getattr(loop, "iter", None)
    if not isinstance(through, ast.Call) or module.dotted(through.func) != "range":
        return None
    return _number(module, through.args[0]) if len(through.args) == 1 else None


def _size(module: Module, call: ast.Call) -> int | None:
    named = {one.arg: one.value for one in call.keywords}
    first = call.args[0] if call.args else None
    given = named.get("max_workers") or named.get("processes") or first
    return None if given is None else _number(module, given)


def _number(module: Module, given: ast.expr) -> int | None:
    known = module.meaning(given) if isinstance(given, ast.Name) else given
    value = known.value if isinstance(known, ast.Constant) else None
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
