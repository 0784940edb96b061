"""The functions of a file, and the calls that certainly mean them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Sequence
from functools import cached_property
from typing import TypeVar

from pytest_queuekit.review.analysis.scopes import Scope
from pytest_queuekit.review.analysis.tree import Tree, grouped

T = TypeVar("T")


class CallGraph:
    """Resolves calls to the functions and methods of one file.

    tree: the file. meaning: returns the expression that a name stands for, if there is only one.
    """

    def __init__(self, tree: Tree, meaning: Callable[[ast.expr], ast.expr | None]) -> None:
        self._tree = tree
        self._meaning = meaning

    @cached_property
    def targets(self) -> dict[ast.Call, Scope]:
        """The function of this file that each call means."""
        calls: list[ast.Call] = self._tree.of_kind.get(ast.Call, [])
        pairs = ((call, self.function(call.func)) for call in calls)
        return {call: function for call, function in pairs if function is not None}

    @cached_property
    def calls_of(self) -> dict[Scope, list[ast.Call]]:
        """The calls of each function of this file."""
        return grouped((function, call) for call, function in self.targets.items())

    def function(self, node: ast.expr) -> Scope | None:
        """Return the function or method of this file that an expression certainly means."""
        if isinstance(node, ast.Name):
            return self._function_named(node)
        if isinstance(node, ast.Attribute):
            return self._method(self._class_of(node.value), node.attr)
        return None

    def method(self, call: ast.Call, name: str, *, of: Container[str]) -> Scope | None:
        """Return a method of the class that a call makes, if the class extends one of `of`."""
        made = self._class_named(call.func) if isinstance(call.func, ast.Name) else None
        bases = [] if made is None else [ast.unparse(base) for base in made.bases]
        extends = any(base.rpartition(".")[2] in of for base in bases)
        return self._method(made, name) if extends else None

    @cached_property
    def _named(self) -> dict[str, list[Scope]]:
        return grouped((scope.name, scope) for scope in self._tree.scopes)

    def _method(self, owner: ast.ClassDef | None, name: str) -> Scope | None:
        methods = self._named.get(name, []) if owner is not None else []
        return _only([each for each in methods if each.is_method and each.owner is owner])

    def _function_named(self, name: ast.Name) -> Scope | None:
        """Return the only function of a name, if it is visible there and not shadowed."""
        functions = [each for each in self._named.get(name.id, []) if not each.is_method]
        inside: Scope | None = self._tree.scope_of[name]
        while inside is not None and not (functions and functions[0].parent is inside):
            if name.id in inside.bound or name.id in inside.entered:
                return None
            inside = inside.parent
        visible = inside is not None and name.id not in self._tree.imported
        return _only(functions) if visible else None

    def _class_of(self, node: ast.expr) -> ast.ClassDef | None:
        """Return the class of this file that a value is, or is an object of."""
        if isinstance(node, ast.Name) and node.id in ("self", "cls"):
            return self._tree.scope_of[node].owner
        made = self._meaning(node) if isinstance(node, ast.Name | ast.Attribute) else node
        name = made.func if isinstance(made, ast.Call) else node
        return self._class_named(name) if isinstance(name, ast.Name) else None

    def _class_named(self, name: ast.Name) -> ast.ClassDef | None:
        if name.id in self._tree.imported:
            return None
        classes: list[ast.ClassDef] = self._tree.of_kind.get(ast.ClassDef, [])
        return _only([each for each in classes if each.name == name.id])


def _only(values: Sequence[T]) -> T | None:
    return values[0] if len(values) == 1 else None
