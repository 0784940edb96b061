"""Blocks of code: what is run while a transaction is open."""

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
    """Yield each block that holds a QueueDatabase's transaction, with what opens that."""
    for node in module.nodes(ast.With, ast.AsyncWith):
        assert isinstance(node, With)  # noqa: S101 - for the type checker
        for item in node.items:
            if (
                entered_by(item.context_expr) is Origin.TRANSACTION
                and _is_the_queues(module, node, item.context_expr)
            ) or _gives_transaction(module, item.context_expr):
                yield node, item.context_expr


def _gives_transaction(module: Module, opened: ast.expr) -> bool:
    """Whether a context manager of this file yields a transaction()'s connection, and no other."""
    function = module.called(opened) if isinstance(opened, ast.Call) else None
    if function is None or not module.yields(function):
        return False
    sources = Origins(module).of(opened)
    return bool(sources) and all(one.origin is Origin.TRANSACTION for one in sources)


def _is_the_queues(module: Module, block: With, opened: ast.expr) -> bool:
    """Whether a transaction() is likely that of a QueueDatabase: by what it is asked of, and by
    the tables that are used in it."""
    nodes = set(inside(block.body))
    held = [one for one in module.sql_of(module.scope_of(block)) if one.node in nodes]
    tables = {one.table for call in held for one in call.statements}
    if tables & QUEUE_TABLES:
        return True
    method = opened.func if isinstance(opened, ast.Call) else opened
    asked = method.value if isinstance(method, ast.Attribute) else method
    while isinstance(asked, ast.Call):
        asked = asked.func
    name = asked.attr if isinstance(asked, ast.Attribute) else getattr(asked, "id", "")
    made = module.meaning(asked) if isinstance(asked, ast.Name | ast.Attribute) else None
    is_queue = made is not None and module.dotted(getattr(made, "func", made)).endswith(
        "QueueDatabase"
    )
    return tables <= _TABLES and (is_queue or bool(_QUEUES.search(name)))


def around(module: Module, node: ast.AST) -> Iterator[ast.expr]:
    """Yield the context managers inside which a node stands, in its own function."""
    for outer in module.parents(node):
        if isinstance(outer, With):
            yield from (item.context_expr for item in outer.items)


def inside(nodes: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Yield all nodes in some statements, without what nested functions would do later."""
    todo = list(reversed(nodes))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, Function | ast.Lambda):
            todo += reversed(list(ast.iter_child_nodes(node)))


def holds_lock(module: Module, node: ast.AST) -> bool:
    """Whether a node stands inside some `with lock:`."""
    return any(
        word in module.dotted(one.func if isinstance(one, ast.Call) else one).lower()
        for one in around(module, node)
        for word in ("lock", "mutex", "semaphore")
    )


def in_transaction(module: Module, origins: Origins, receiver: ast.expr, node: ast.AST) -> bool:
    """Whether the connection that a call uses certainly comes from a transaction()."""
    sources = origins.of(receiver)
    if sources and all(one.origin is Origin.TRANSACTION for one in sources):
        return True
    return any(
        entered_by(one) is Origin.TRANSACTION
        and isinstance(one, ast.Call)
        and isinstance(one.func, ast.Attribute)
        and ast.dump(one.func.value) == ast.dump(receiver)
        for one in around(module, node)
    )


def fetches(module: Module, call: SqlCall) -> list[ast.Attribute]:
    """Return the `.fetchone` and the like that ask for the rows of a call: on the call, on the
    name that it is given, or on its cursor until that runs something else."""
    outer = next(module.parents(call.node), None)
    if isinstance(outer, ast.Attribute):
        return [outer]
    name, until = "", sys.maxsize
    if isinstance(outer, ast.Assign) and isinstance(outer.targets[0], ast.Name):
        name = outer.targets[0].id
    elif isinstance(outer, ast.Expr) and isinstance(call.receiver, ast.Name):
        name = call.receiver.id
        later = (one.node for one in module.executions_of(call.scope) if _is_on(one.receiver, name))
        until = min((one.lineno for one in later if one.lineno > call.node.lineno), default=until)
    return [
        one
        for one in module.attributes(call.scope)
        if one.attr.startswith("fetch")
        and _is_on(one.value, name)
        and call.node.lineno <= one.lineno < until
    ]


def _is_on(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def pauses(module: Module, loop: ast.For | ast.AsyncFor | ast.While) -> bool:
    """Whether a loop waits in each turn, by the name of what it calls, or of what that calls."""
    head = loop.test if isinstance(loop, ast.While) else loop.iter
    called = [one for one in inside([head, *loop.body]) if isinstance(one, ast.Call)]
    further = [function for one in called if (function := module.called(one)) is not None]
    called += [call for function in further for call in module.calls(function)]
    return any(_PAUSE.search(module.dotted(one.func).lower()) for one in called)


def tries_later(module: Module, node: ast.AST) -> bool:
    """Whether a node stands in a loop that waits between its turns."""
    loop = next((one for one in module.parents(node) if isinstance(one, Loop)), None)
    return loop is not None and pauses(module, loop)
