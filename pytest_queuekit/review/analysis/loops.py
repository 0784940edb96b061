"""Loops: the number and the source of their elements, and the cost of their calls."""

from __future__ import annotations

import ast
import builtins
import re

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.scopes import Scope

FEW = 10
"""Elements below which a batch saves little."""
_DEPTH = 5
"""Names and calls that are followed to the elements of a loop."""

_ARRIVING = re.compile(
    r"stream|event|consumer|message|incoming|stdin|feed|reader|poll|watch|line|cursor|iter|"
    r"gen|file|sock|subscription|channel|chunk|batch|page|queue|inbox",
    re.IGNORECASE,
)
"""In the name of a source whose elements arrive over time, or are batches themselves."""
_SAME_ELEMENTS = frozenset({"enumerate", "zip", "sorted", "reversed", "list", "tuple", "set"})
_OF_COLLECTION = frozenset({"items", "values", "keys", "fetchall", "split", "splitlines"})

_QUICK_MODULES = re.compile(
    r"(json|math|uuid|datetime|dataclasses|copy|hashlib|re|string|logging|itertools|operator)\."
)
_QUICK_METHODS = frozenset(
    {
        "append",
        "add",
        "extend",
        "items",
        "keys",
        "values",
        "format",
        "strip",
        "lower",
        "upper",
        "title",
        "split",
        "join",
        "replace",
        "encode",
        "decode",
        "isoformat",
        "strftime",
        "hexdigest",
        "to_dict",
        "as_dict",
        "model_dump",
        "debug",
        "info",
    }
)
_SLOW_BUILTINS = frozenset({"open", "input", "exec", "eval", "compile", "__import__", "breakpoint"})


def is_collection(module: Module, source: ast.expr, depth: int = 0) -> bool:
    """Return True if a loop runs through a collection that is complete before it starts.

    A collection that is known to have fewer than FEW elements does not count.
    """
    if depth > _DEPTH:
        return False
    if isinstance(source, ast.Tuple | ast.List | ast.Set):
        return len(source.elts) >= FEW
    if isinstance(source, ast.ListComp | ast.SetComp):
        return is_collection(module, source.generators[0].iter, depth + 1)
    if isinstance(source, ast.Call):
        return _is_collection_call(module, source, depth)
    if isinstance(source, ast.Name | ast.Attribute):
        return _is_collection_name(module, source, depth)
    return False


def _is_collection_call(module: Module, call: ast.Call, depth: int) -> bool:
    name = module.dotted(call.func)
    if name == "range":
        limit = module.meaning(call.args[-1]) or call.args[-1] if call.args else None
        value = limit.value if isinstance(limit, ast.Constant) else FEW
        return isinstance(value, int) and value >= FEW
    if name in _SAME_ELEMENTS and call.args:
        return is_collection(module, call.args[0], depth + 1)
    function = module.called(call)
    if function is not None:
        return not module.yields(function) and not isinstance(function.node, ast.AsyncFunctionDef)
    return isinstance(call.func, ast.Attribute) and call.func.attr in _OF_COLLECTION


def _is_collection_name(module: Module, name: ast.Name | ast.Attribute, depth: int) -> bool:
    if _ARRIVING.search(ast.unparse(name)):
        return False
    value = module.meaning(name)
    if value is not None:
        return is_collection(module, value, depth + 1)
    if isinstance(name, ast.Attribute):
        return True
    scope: Scope | None = module.scope_of(name)
    while scope is not None and name.id not in scope.bound and name.id not in scope.entered:
        scope = scope.parent
    if scope is None or name.id in scope.entered:
        return False
    annotations = map(ast.unparse, scope.annotations(name.id))
    return not any(re.search(r"Iterat|Iterable|Generator", each) for each in annotations)


def is_quick(module: Module, call: ast.Call, visited: frozenset[Scope] = frozenset()) -> bool:
    """Return True if a call certainly only computes: it neither waits nor does I/O."""
    function = module.called(call)
    if function is not None:
        calls = module.calls(function)
        inner = visited | {function}
        return function not in visited and all(is_quick(module, each, inner) for each in calls)
    name = module.dotted(call.func)
    if isinstance(call.func, ast.Name):
        is_class = name.rpartition(".")[2][:1].isupper()
        return is_class or (hasattr(builtins, name) and name not in _SLOW_BUILTINS)
    if _QUICK_MODULES.match(name):
        return True
    imported = name.partition(".")[0] in module.imported.values()
    return (
        isinstance(call.func, ast.Attribute) and call.func.attr in _QUICK_METHODS and not imported
    )
