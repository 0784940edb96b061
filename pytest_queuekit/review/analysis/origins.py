"""The origin of a connection: transaction(), connection(), the database or sqlite3."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.scopes import Scope

_CONNECTS = frozenset({"sqlite3.connect", "sqlite3.dbapi2.connect", "aiosqlite.connect"})
_SAME = frozenset({"cursor", "execute", "executemany", "executescript"})
"""Methods that return an object of the same connection."""
_MOST = 2000
"""Expressions that are followed for one connection."""

_Hop: TypeAlias = tuple[ast.expr, ast.Call | None]
_Way: TypeAlias = tuple[ast.expr, tuple[ast.Call, ...]]


class Origin(enum.Enum):
    """The call that made a connection."""

    TRANSACTION = "transaction()"
    CONNECTION = "connection()"
    DATABASE = "the QueueDatabase itself"
    RAW = "sqlite3.connect()"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One place that a connection may come from.

    origin: the kind of call that made it.
    node: that call.
    through: the calls that passed the connection on, outermost first.
    """

    origin: Origin
    node: ast.expr
    through: tuple[ast.Call, ...] = ()


class Origins:
    """Follows connections through the names and the functions of one module."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def of(self, node: ast.expr) -> tuple[Source, ...]:
        """Return all known places in the file that a value may come from."""
        sources: dict[ast.expr, Source] = {}
        visited: set[ast.expr] = set()
        todo: list[_Way] = [(node, ())]
        while todo and len(visited) < _MOST:
            here, through = todo.pop()
            if here in visited:
                continue
            visited.add(here)
            origin = self._made_by(here)
            if origin is not None:
                sources[here] = Source(origin=origin, node=here, through=through)
                continue
            todo += reversed(
                [
                    (before, through if call is None else (call, *through))
                    for before, call in self._before(here)
                ]
            )
        return tuple(sources.values())

    def _made_by(self, node: ast.expr) -> Origin | None:
        """Return the origin of a connection, if this expression makes one."""
        if not isinstance(node, ast.Call):
            return Origin.DATABASE if self._is_database(node) else None
        name = self._module.dotted(node.func)
        if name in _CONNECTS:
            return Origin.RAW
        return Origin.DATABASE if self._is_database(node.func) else entered_by(node)

    def _is_database(self, node: ast.expr) -> bool:
        """Return True if a name means QueueDatabase; an annotation may have it in quotes."""
        name = self._module.dotted(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value
        return name.rpartition(".")[2] == "QueueDatabase"

    def _before(self, node: ast.expr) -> Iterator[_Hop]:
        """Yield the expressions that this one gets its value from, with the call that passes it."""
        if isinstance(node, ast.Call):
            yield from self._before_call(node)
        elif isinstance(node, ast.Await):
            yield node.value, None
        elif isinstance(node, ast.Name):
            yield from self._before_name(node)
        elif isinstance(node, ast.Attribute):
            yield from _hops(self._module.assigned(node))

    def _before_call(self, node: ast.Call) -> Iterator[_Hop]:
        name = self._module.dotted(node.func).rpartition(".")[2]
        if isinstance(node.func, ast.Attribute) and node.func.attr in _SAME:
            yield node.func.value, None
        elif name in {"closing", "enter_context", "aclosing"} and node.args:
            yield node.args[0], None
        elif (function := self._module.called(node)) is not None:
            yield from _hops(self._module.returned(function))

    def _before_name(self, node: ast.Name) -> Iterator[_Hop]:
        opened = entered_around(self._module, node)
        if opened is not None:
            yield opened, None
            return
        scope: Scope | None = self._module.scope_of(node)
        while scope is not None:
            if node.id in scope.entered or node.id in scope.bound:
                yield from _hops(scope.entered.get(node.id, ()))
                yield from _hops(scope.bound.get(node.id, ()))
                if node.id in scope.parameters:
                    yield from _hops(scope.annotations(node.id))
                    yield from self._passed(scope, node.id)
                return
            scope = scope.parent

    def _passed(self, function: Scope, parameter: str) -> Iterator[_Hop]:
        """Yield the arguments that the calls of this file pass for a parameter."""
        place = function.parameters.index(parameter)
        for call in self._module.calls_of(function):
            named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
            given = named.get(parameter) or (call.args[place] if place < len(call.args) else None)
            if given is not None:
                yield given, call


def _hops(values: Iterable[ast.expr | None]) -> Iterator[_Hop]:
    return ((value, None) for value in values if value is not None)


def entered_around(module: Module, node: ast.Name) -> ast.expr | None:
    """Return the innermost context manager around a name that binds it with `as`."""
    for outer in module.parents(node):
        for item in outer.items if isinstance(outer, ast.With | ast.AsyncWith) else ():
            if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == node.id:
                return item.context_expr
    return None


def entered_by(node: ast.expr) -> Origin | None:
    """Return the origin of a connection that a context manager gives, by its method's name."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        return {"transaction": Origin.TRANSACTION, "connection": Origin.CONNECTION}.get(
            node.func.attr
        )
    return None
