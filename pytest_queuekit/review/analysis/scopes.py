"""Functions with the names that they bind, and the calls that execute SQL."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pytest_queuekit.review.analysis.statements import Statement
from pytest_queuekit.review.analysis.texts import Text

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True, eq=False)
class Scope:
    """A function or the module itself, and the names that it binds.

    node: the function; the module for the outermost scope.
    owner: the class of the `self` in this scope. is_method: True if the class contains it directly.
    parent: the scope around it.
    bound: the values of each name: an expression, or None for an unknown value.
    entered: the context managers that bind each name with `as`.
    iterated: the iterables of each loop variable, which is bound to None as well.
    """

    node: Function | ast.Module
    owner: ast.ClassDef | None = None
    is_method: bool = False
    parent: Scope | None = None
    bound: dict[str, list[ast.expr | None]] = field(default_factory=lambda: defaultdict(list))
    entered: dict[str, list[ast.expr]] = field(default_factory=lambda: defaultdict(list))
    iterated: dict[str, list[ast.expr]] = field(default_factory=lambda: defaultdict(list))

    @property
    def name(self) -> str:
        """The name of the function; empty for the module."""
        return "" if isinstance(self.node, ast.Module) else self.node.name

    @property
    def parameters(self) -> list[str]:
        """The names of the parameters, without the `self` or `cls` of a method."""
        if isinstance(self.node, ast.Module):
            return []
        arguments = self.node.args
        names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        decorators = [ast.unparse(decorator) for decorator in self.node.decorator_list]
        if self.is_method and names and "staticmethod" not in decorators:
            names = names[1:]
        return names + [each.arg for each in arguments.kwonlyargs]

    def annotations(self, parameter: str) -> list[ast.expr]:
        """Return the annotation of a parameter, if it has one."""
        if isinstance(self.node, ast.Module):
            return []
        given = self.node.args
        arguments = (*given.posonlyargs, *given.args, *given.kwonlyargs)
        return [each.annotation for each in arguments if each.arg == parameter and each.annotation]


@dataclass(frozen=True, kw_only=True, eq=False)
class SqlCall:
    """A call that executes SQL.

    node: the call. receiver: the object of the call. given: the second argument.
    scope: the function around it. text: the SQL. statements: the statements in it.
    """

    node: ast.Call
    receiver: ast.expr
    given: ast.expr | None
    scope: Scope
    text: Text
    statements: tuple[Statement, ...]

    @property
    def parameters(self) -> Sequence[ast.expr] | dict[str, ast.expr] | None:
        """The bound values by position or by name; None if they are unknown."""
        given = self.given
        if isinstance(given, ast.Tuple | ast.List):
            starred = any(isinstance(element, ast.Starred) for element in given.elts)
            return None if starred else given.elts
        if isinstance(given, ast.Dict):
            return {
                str(key.value): value
                for key, value in zip(given.keys, given.values, strict=True)
                if isinstance(key, ast.Constant)
            }
        return None
