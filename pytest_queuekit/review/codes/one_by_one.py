"""QR405: a loop that writes many tasks commits them together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TypeAlias

from sqlglot import exp

from pytest_queuekit.review.analysis.blocks import around, inside, transactions
from pytest_queuekit.review.analysis.loops import is_collection, is_quick
from pytest_queuekit.review.analysis.module import QUEUE_TABLES, Module
from pytest_queuekit.review.analysis.scopes import Function
from pytest_queuekit.review.analysis.statements import Statement
from pytest_queuekit.review.analysis.task_queues import enqueues
from pytest_queuekit.review.code import Code, Match

_Loop: TypeAlias = ast.For | ast.ListComp | ast.SetComp
_Writes: TypeAlias = dict[ast.Call | ast.With, frozenset[ast.AST]]
"""The calls and blocks that commit one task, each with the calls that belong to the write."""

_LEAVES = (ast.Raise, ast.Return, ast.Break, ast.Yield, ast.YieldFrom, ast.Await, ast.Try)
"""In a turn of a loop: the turn may end the loop, wait, or handle its own error."""
_APART = (ast.Try, ast.With, ast.While, ast.AsyncFor, ast.AsyncWith, ast.GeneratorExp, ast.DictComp)
"""Between a write and its loop: the write may run at another time, or under another rule."""
_BEGINS = re.compile(r"trans|atomic|begin|session|conn\b|\btx\b", re.IGNORECASE)
"""In the name of a context manager that may open a transaction."""
_KEYS = frozenset({"id", "task_id", "idempotency_key"})


def _one_by_one(module: Module) -> Iterator[Match]:
    """Yield each write of one task, in a loop that could commit its tasks together."""
    writes = _writes(module) if module.knows_queue else {}
    for write, own in (writes | _writes_of_functions(module, writes)).items():
        loop = _loop_around(module, write)
        if loop is None or module.scope_of(write).name.startswith("test_"):
            continue
        only_writes = _only_writes(module, _turn(loop), own) and _drops_answer(module, loop, write)
        if only_writes and _runs_through_collection(module, loop) and _is_outside(module, loop):
            yield Match(
                node=write,
                detail=f"each turn of the loop in line {loop.lineno} commits one task; call "
                "enqueue_many() once, or open one transaction() around the loop",
            )


def _writes(module: Module) -> _Writes:
    """Return the calls of enqueue(), and the transactions that write one task."""
    writes: _Writes = {call: frozenset({call}) for call in module.calls() if enqueues(module, call)}
    for block, opened in transactions(module):
        calls = [node.value for node in block.body if isinstance(node, ast.Expr)]
        steps = {call for call in calls if call in writes or _writes_row(module, call)}
        if isinstance(block, ast.With) and len(block.items) == 1 and len(steps) == len(block.body):
            writes[block] = frozenset({opened, *steps})
    return writes


def _writes_row(module: Module, call: ast.expr) -> bool:
    """Return True if a call executes statements that each write one row of the queue."""
    sql = [each for each in module.sql_of(module.scope_of(call)) if each.node is call]
    executes = isinstance(call, ast.Call) and module.dotted(call.func).endswith(".execute")
    return executes and all(map(_is_one_row, sql[0].statements)) if sql else False


def _is_one_row(statement: Statement) -> bool:
    if statement.table not in QUEUE_TABLES or not statement.writes:
        return False
    if isinstance(statement.tree, exp.Insert):
        values = statement.tree.expression
        return isinstance(values, exp.Values) and len(values.expressions) == 1
    tests = statement.where.find_all(exp.EQ) if statement.where is not None else ()
    return any(isinstance(test.this, exp.Column) and test.this.name in _KEYS for test in tests)


def _writes_of_functions(module: Module, writes: _Writes) -> _Writes:
    """Return the calls of functions of this file that do nothing but write one task."""
    further: _Writes = {}
    for write, own in writes.items():
        scope = module.scope_of(write)
        outer = next(module.parents(write), None)
        last = scope.node.body[-1] if isinstance(scope.node, Function) else None
        is_last = last is not None and (last is write or last is outer)
        if is_last and isinstance(last, ast.With | ast.Expr | ast.Return):
            rest = [*scope.node.body[:-1], *ast.iter_child_nodes(last)]
            starts_later = module.yields(scope) or isinstance(scope.node, ast.AsyncFunctionDef)
            if not starts_later and _only_writes(module, rest, own):
                further |= {call: frozenset({call}) for call in module.calls_of(scope)}
    return further


def _loop_around(module: Module, write: ast.AST) -> _Loop | None:
    for outer in module.parents(write):
        if isinstance(outer, _Loop):
            return outer
        if isinstance(outer, _APART):
            return None
    return None


def _turn(loop: _Loop) -> list[ast.AST]:
    return [*loop.body] if isinstance(loop, ast.For) else [loop.elt, *loop.generators[0].ifs]


def _only_writes(module: Module, nodes: list[ast.AST], own: frozenset[ast.AST]) -> bool:
    """Return True if the nodes write one task, compute its values, and do nothing else."""
    held = list(inside(nodes))
    calls = [node for node in held if isinstance(node, ast.Call) and node not in own]
    return not any(isinstance(node, _LEAVES) for node in held) and all(
        is_quick(module, call) for call in calls
    )


def _drops_answer(module: Module, loop: _Loop, write: ast.AST) -> bool:
    """Return True if no later turn can depend on the id of the task: it is dropped or collected."""
    outer = next(module.parents(write), None)
    if isinstance(write, ast.With) or isinstance(outer, ast.Expr) or outer is loop:
        return True
    method = outer.func if isinstance(outer, ast.Call) else None
    if outer is None or not isinstance(method, ast.Attribute) or method.attr != "append":
        return False
    ids = ast.dump(method.value)
    uses = [node for node in inside(_turn(loop)) if ast.dump(node) == ids]
    return len(uses) == 1 and isinstance(next(module.parents(outer), None), ast.Expr)


def _runs_through_collection(module: Module, loop: _Loop) -> bool:
    if isinstance(loop, ast.For):
        return is_collection(module, loop.iter)
    return len(loop.generators) == 1 and is_collection(module, loop.generators[0].iter)


def _is_outside(module: Module, loop: _Loop) -> bool:
    """Return True if no transaction is open around the loop, or around a call of its function."""
    callers = module.calls_of(module.scope_of(loop))
    managers = [opened for node in (loop, *callers) for opened in around(module, node)]
    return not any(_BEGINS.search(ast.unparse(opened)) for opened in managers)


CODE = Code(
    id="QR405",
    title="One transaction for each task of a loop",
    sentence="A loop that writes many tasks commits them together.",
    why="Each commit waits for the disk: a thousand tasks take a thousand waits instead of one, "
    "and a crash loses the tasks that are not yet written.",
    wrong="""\
from pytest_queuekit.queue import TaskQueue


def invite(queue: TaskQueue, addresses):
    for address in addresses:
        queue.enqueue("mail", {"to": address})
""",
    right="""\
from pytest_queuekit.queue import TaskQueue


def invite(queue: TaskQueue, addresses):
    queue.enqueue_many("mail", [{"to": address} for address in addresses])
""",
    check=_one_by_one,
)
