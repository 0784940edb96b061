"""Blocks of code: transactions, locks and loops around a node."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence

from pytest_queuekit.review.analysis.module import QUEUE_TABLES, Module
from pytest_queuekit.review.analysis.origins import Origin, Origins, entered_by
from pytest_queuekit.review.analysis.scopes import Function, SqlCall

With = ast.With | ast.AsyncWith
Loop = ast.For | ast.AsyncFor | ast.While

_PAUSE = re.compile("sleep|wait|delay|backoff|pause")
_QUEUES = re.compile(r"(^|_)(db|database|queue)\d*$|queue_?db|task_?queue", re.IGNORECASE)
_TABLES = QUEUE_TABLES | {""}


def transactions(module: Module) -> Iterator[tuple[ast.With | ast.AsyncWith, ast.expr]]:
    """Yield each block that holds a transaction of the queue, with the call that opens it."""
    for node in module.nodes(ast.With, ast.AsyncWith):
        assert isinstance(node, With)  # noqa: S101 - for the type checker
        for item in node.items:
            if (
                entered_by(item.context_expr) is Origin.TRANSACTION
                and _is_the_queues(module, node, item.context_expr)
            ) or _gives_transaction(module, item.context_expr):
                yield node, item.context_expr


def _gives_transaction(module: Module, opened: ast.expr) -> bool:
    """Return True if a context manager of this file always yields a transaction()'s connection."""
    function = module.called(opened) if isinstance(opened, ast.Call) else None
    if function is None or not module.yields(function):
        return False
    sources = Origins(module).of(opened)
    return bool(sources) and all(source.origin is Origin.TRANSACTION for source in sources)


def _is_the_queues(module: Module, block: With, opened: ast.expr) -> bool:
    """Return True if a transaction() belongs to a QueueDatabase, by its object and its tables."""
    nodes = set(inside(block.body))
    calls = [call for call in module.sql_of(module.scope_of(block)) if call.node in nodes]
    tables = {statement.table for call in calls for statement in call.statements}
    if tables & QUEUE_TABLES:
        return True
    method = opened.func if isinstance(opened, ast.Call) else opened
    database = method.value if isinstance(method, ast.Attribute) else method
    while isinstance(database, ast.Call):
        database = database.func
    name = database.attr if isinstance(database, ast.Attribute) else getattr(database, "id", "")
    made = module.meaning(database) if isinstance(database, ast.Name | ast.Attribute) else None
    is_queue = made is not None and module.dotted(getattr(made, "func", made)).endswith(
        "QueueDatabase"
    )
    return tables <= _TABLES and (is_queue or bool(_QUEUES.search(name)))


def around(module: Module, node: ast.AST) -> Iterator[ast.expr]:
    """Yield the context managers around a node, within its function."""
    for outer in module.parents(node):
        if isinstance(outer, With):
            yield from (item.context_expr for item in outer.items)


def inside(nodes: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Yield all nodes in some statements, without the bodies of nested functions."""
    todo = list(reversed(nodes))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, Function | ast.Lambda):
            todo += reversed(list(ast.iter_child_nodes(node)))


def holds_lock(module: Module, node: ast.AST) -> bool:
    """Return True if a node stands inside a `with lock:`."""
    return any(
        word in module.dotted(manager.func if isinstance(manager, ast.Call) else manager).lower()
        for manager in around(module, node)
        for word in ("lock", "mutex", "semaphore")
    )


def in_transaction(module: Module, origins: Origins, receiver: ast.expr, node: ast.AST) -> bool:
    """Return True if the connection of a call certainly comes from a transaction()."""
    sources = origins.of(receiver)
    if sources and all(source.origin is Origin.TRANSACTION for source in sources):
        return True
    return any(
        entered_by(manager) is Origin.TRANSACTION
        and isinstance(manager, ast.Call)
        and isinstance(manager.func, ast.Attribute)
        and ast.dump(manager.func.value) == ast.dump(receiver)
        for manager in around(module, node)
    )


def fetches(module: Module, call: SqlCall) -> list[ast.Attribute]:
    """Return each `.fetchone` and the like for the rows of a call.

    It stands on the call, on the name of its result, or on its cursor before the next execution.
    """
    outer = next(module.parents(call.node), None)
    if isinstance(outer, ast.Attribute):
        return [outer]
    name, until = "", sys.maxsize
    if isinstance(outer, ast.Assign) and isinstance(outer.targets[0], ast.Name):
        name = outer.targets[0].id
    elif isinstance(outer, ast.Expr) and isinstance(call.receiver, ast.Name):
        name = call.receiver.id
        others = (sql for sql in module.executions_of(call.scope) if _is_named(sql.receiver, name))
        lines = (sql.node.lineno for sql in others if sql.node.lineno > call.node.lineno)
        until = min(lines, default=until)
    return [
        attribute
        for attribute in module.attributes(call.scope)
        if attribute.attr.startswith("fetch")
        and _is_named(attribute.value, name)
        and call.node.lineno <= attribute.lineno < until
    ]


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def pauses(module: Module, loop: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Return True if a loop waits in each turn, by the names of the functions that it calls."""
    head = loop.test if isinstance(loop, ast.While) else loop.iter
    calls = [node for node in inside([head, *loop.body]) if isinstance(node, ast.Call)]
    functions = [function for call in calls if (function := module.called(call)) is not None]
    calls += [call for function in functions for call in module.calls(function)]
    return any(_PAUSE.search(module.dotted(call.func).lower()) for call in calls)


def tries_later(module: Module, node: ast.AST) -> bool:
    """Return True if a node stands in a loop that waits between its turns."""
    loop = next((outer for outer in module.parents(node) if isinstance(outer, Loop)), None)
    return loop is not None and pauses(module, loop)
