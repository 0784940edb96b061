"""Groups of threads or processes: their size, and the functions that they run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from pytest_queuekit.queue.config import MAX_CONCURRENT_WORKERS
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.origins import entered_around
from pytest_queuekit.review.analysis.scopes import Scope

_POOLS = frozenset({"ThreadPoolExecutor", "ProcessPoolExecutor", "ThreadPool", "Pool"})
_SUBMITS = frozenset(
    {
        "submit",
        "map",
        "map_async",
        "apply_async",
        "imap",
        "imap_unordered",
        "starmap",
        "starmap_async",
    }
)
_STARTS = ("Thread", "Process")
WorkerTarget: TypeAlias = ast.expr | Scope
"""The callable that a thread or a process runs."""
_COMPREHENSIONS = (ast.ListComp, ast.GeneratorExp, ast.SetComp)


@dataclass(frozen=True, kw_only=True)
class WorkerGroup:
    """Threads or processes that run at the same time.

    node: the call that makes them.
    size: their number.
    runs: their targets.
    """

    node: ast.Call
    size: int
    runs: tuple[WorkerTarget, ...]


def worker_groups(module: Module) -> Iterator[WorkerGroup]:
    """Yield each pool with a known size, and each thread or process of a counted loop."""
    submitted = list(_submitted(module))
    for call in module.calls():
        name = module.dotted(call.func).rpartition(".")[2]
        if name in _POOLS:
            size = _pool_size(module, call)
            runs: list[WorkerTarget] = [target for pool, target in submitted if pool is call]
        else:
            size = _turns_around(module, call)
            target = _target(module, call) if size is not None else None
            runs = [] if target is None else [target]
        if size is not None and runs:
            yield WorkerGroup(node=call, size=size, runs=tuple(runs))


def reached(module: Module, target: WorkerTarget) -> Iterator[ast.Call]:
    """Yield the calls that a target makes, directly or through the functions of this file."""
    todo = list(_calls_of(module, target))
    visited: set[Scope] = set()
    while todo:
        call = todo.pop()
        yield call
        function = module.called(call)
        if function is not None and function not in visited:
            visited.add(function)
            todo += module.calls(function)


def _calls_of(module: Module, target: WorkerTarget) -> Iterator[ast.Call]:
    """Yield the calls in a function, a lambda or a partial()."""
    if isinstance(target, Scope):
        yield from module.calls(target)
    elif isinstance(target, ast.Lambda):
        yield from (node for node in ast.walk(target.body) if isinstance(node, ast.Call))
    elif isinstance(target, ast.Call):
        if target.args and module.dotted(target.func).rpartition(".")[2] == "partial":
            yield from _calls_of(module, target.args[0])
    elif (function := module.function(target)) is not None:
        yield from module.calls(function)


def _submitted(module: Module) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    """Yield each callable that goes to a pool, with the expression that makes the pool."""
    for call in module.calls():
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if method in _SUBMITS and call.args and isinstance(call.func, ast.Attribute):
            yield _made(module, call.func.value), call.args[0]
        elif method == "run_in_executor" and len(call.args) > 1:
            yield _made(module, call.args[0]), call.args[1]


def _made(module: Module, pool: ast.expr) -> ast.expr | None:
    """Return the expression that makes a pool; None if there may be several."""
    opened = entered_around(module, pool) if isinstance(pool, ast.Name) else None
    known = pool if isinstance(pool, ast.Call) else opened or module.meaning(pool)
    if isinstance(known, ast.Call) and known.args:
        name = module.dotted(known.func).rpartition(".")[2]
        entered = isinstance(known.func, ast.Attribute) and known.func.attr == "enter_context"
        return known.args[0] if entered or name == "closing" else known
    return known


def _target(module: Module, call: ast.Call) -> WorkerTarget | None:
    """Return the target that a new thread or process runs; None for any other call."""
    if module.dotted(call.func).rpartition(".")[2] in _STARTS:
        targets = (keyword.value for keyword in call.keywords if keyword.arg == "target")
        return next(targets, None)
    return module.method(call, "run", of=_STARTS)


def _turns_around(module: Module, call: ast.Call) -> int | None:
    """Return the number of turns of the loop around a call; None if it is unknown.

    A loop that joins its threads runs them one at a time.
    """
    for outer in module.parents(call):
        if isinstance(outer, ast.For):
            joins = (node for part in outer.body for node in ast.walk(part))
            return None if any(map(_is_join, joins)) else _turns(module, outer.iter)
        if isinstance(outer, _COMPREHENSIONS):
            return _turns(module, outer.generators[0].iter)
    return None


def _is_join(node: ast.AST) -> bool:
    """Return True for a call like thread.join().

    Its only positional argument may be a numeric timeout, so str.join is not such a call.
    """
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "join"
        and all(
            isinstance(argument, ast.Constant) and isinstance(argument.value, int | float)
            for argument in node.args
        )
    )


def _turns(module: Module, iterable: ast.expr) -> int | None:
    if isinstance(iterable, ast.Tuple | ast.List | ast.Set):
        return len(iterable.elts)
    if not isinstance(iterable, ast.Call) or module.dotted(iterable.func) != "range":
        return None
    limits = [_number(module, argument) for argument in iterable.args]
    known = [limit for limit in limits if limit is not None]
    return len(range(*known[:2])) if 0 < len(known) == len(limits) < 3 else None


def _pool_size(module: Module, call: ast.Call) -> int | None:
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    first = call.args[0] if call.args else None
    given = named.get("max_workers") or named.get("processes") or first
    return None if given is None else _number(module, given)


def _number(module: Module, node: ast.expr) -> int | None:
    """Return the value of a number, a name for one, or a sum or product of such."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult):
        left, right = _number(module, node.left), _number(module, node.right)
        if left is None or right is None:
            return None
        return left + right if isinstance(node.op, ast.Add) else left * right
    if isinstance(node, ast.Name | ast.Attribute):
        meaning = module.meaning(node)
        if meaning is None and module.dotted(node).endswith(".MAX_CONCURRENT_WORKERS"):
            return MAX_CONCURRENT_WORKERS
        node = meaning or node
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
