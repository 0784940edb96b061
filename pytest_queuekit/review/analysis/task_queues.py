"""The calls of a file that certainly reach a TaskQueue or a TaskClaimer."""

from __future__ import annotations

import ast

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.scopes import Scope

_CLAIMS = frozenset({"claim_task", "claim_tasks"})
_FIXTURE = "queue_tasks"
_DEPTH = 5
"""Names that are followed to the call that makes the queue."""


def claims(module: Module, call: ast.Call) -> bool:
    """Return True if a call claims tasks."""
    if not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr in ("claim", "claim_many"):
        return is_task_queue(module, call.func.value)
    return call.func.attr in _CLAIMS


def enqueues(module: Module, call: ast.Call) -> bool:
    """Return True if a call adds one task to a TaskQueue."""
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "enqueue"
        and is_task_queue(module, call.func.value)
    )


def is_task_queue(module: Module, node: ast.expr, depth: int = 0) -> bool:
    """Return True if a value is a TaskQueue: made in this file, annotated, or the kit's fixture."""
    if depth > _DEPTH:
        return False
    if isinstance(node, ast.Call):
        if module.dotted(node.func).rpartition(".")[2] == "TaskQueue":
            return True
        function = module.called(node)
        values = module.returned(function) if function is not None else []
        return bool(values) and all(is_task_queue(module, value, depth + 1) for value in values)
    if isinstance(node, ast.Name) and _is_declared(module, node):
        return True
    value = module.meaning(node) if isinstance(node, ast.Name | ast.Attribute) else None
    return value is not None and is_task_queue(module, value, depth + 1)


def _is_declared(module: Module, name: ast.Name) -> bool:
    """Return True if a name is a parameter that is annotated as TaskQueue, or the fixture."""
    scope: Scope | None = module.scope_of(name)
    while scope is not None and name.id not in scope.bound:
        scope = scope.parent
    if scope is None or name.id not in scope.parameters:
        return False
    annotations = scope.annotations(name.id)
    return name.id == _FIXTURE or any("TaskQueue" in ast.unparse(each) for each in annotations)
