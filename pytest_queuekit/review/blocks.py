"""Blocks of code: what is run while a transaction is open."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from pytest_queuekit.review.module import Function, Module
from pytest_queuekit.review.origins import Origin, Origins, entered_by

With = ast.With | ast.AsyncWith


def transactions(module: Module) -> Iterator[tuple[ast.With | ast.AsyncWith, ast.expr]]:
    """Yield each block that holds a QueueDatabase's transaction, with what opens that."""
    for node in module.nodes(ast.With, ast.AsyncWith):
        assert isinstance(node, With)  # noqa: S101 - for the type checker
        for item in node.items:
            if entered_by(item.context_expr) is Origin.TRANSACTION:
                yield node, item.context_expr


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
