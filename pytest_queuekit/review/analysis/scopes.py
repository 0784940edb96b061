"""Functions with what is bound in them, and the calls in them that run SQL."""

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
    """A function, or the module itself, and what is bound to names in it.

    node: the function; the module for the outermost.
    owner: the class whose `self` is seen in it. is_method: whether it stands in that class itself.
    parent: the scope around it.
    bound: for each name what it is bound to: an expression, or None for something else.
    entered: for each name the context managers whose `as` it is.
    iterated: for each name what it runs through in loops; then it is bound to None as well.
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
        """The names of the parameters, `self` and `cls` of a method left out."""
        if isinstance(self.node, ast.Module):
            return []
        arguments = self.node.args
        names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
        if self.is_method and names and not _is_static(self.node):
            names = names[1:]
        return names + [one.arg for one in arguments.kwonlyargs]

    def annotations(self, parameter: str) -> list[ast.expr]:
        """Return what a parameter is said to be, if anything."""
        if isinstance(self.node, ast.Module):
            return []
        given = self.node.args
        known = (*given.posonlyargs, *given.args, *given.kwonlyargs)
        return [one.annotation for one in known if one.arg == parameter and one.annotation]


def _is_static(node: Function) -> bool:
    return any(
        isinstance(one, ast.Name) and one.id == "staticmethod" for one in node.decorator_list
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class SqlCall:
    """A call that runs SQL.

    node: the call. receiver: on what. given: its second argument. scope: where. text: its SQL.
    statements: what it says. parameters: what is bound, if that can be seen.
    """

    node: ast.Call
    receiver: ast.expr
    given: ast.expr | None
    scope: Scope
    text: Text
    statements: tuple[Statement, ...]

    @property
    def parameters(self) -> Sequence[ast.expr] | dict[str, ast.expr] | None:
        """The bound values by place or by name; None where they cannot be seen."""
        given = self.given
        if isinstance(given, ast.Tuple | ast.List):
            starred = any(isinstance(one, ast.Starred) for one in given.elts)
            return None if starred else given.elts
        if isinstance(given, ast.Dict):
            return {
                str(key.value): value
                for key, value in zip(given.keys, given.values, strict=True)
                if isinstance(key, ast.Constant)
            }
        return None
