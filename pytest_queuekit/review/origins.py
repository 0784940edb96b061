"""Where a connection comes from: a transaction(), a connection(), or sqlite3 itself."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_queuekit.review.module import Module, Scope

_CONNECTS = frozenset({"sqlite3.connect", "sqlite3.dbapi2.connect"})
_SAME = frozenset({"cursor", "execute", "executemany", "executescript"})
"""Methods whose result leads to the same connection."""
_DEPTH = 8


class Origin(enum.Enum):
    """What a connection was made by."""

    TRANSACTION = "transaction()"
    CONNECTION = "connection()"
    DATABASE = "the QueueDatabase itself"
    RAW = "sqlite3.connect()"


@dataclass(frozen=True, kw_only=True)
class Source:
    """One place that a connection may come from.

    origin: what made it. node: the call that did. through: the calls that passed it on.
    """

    origin: Origin
    node: ast.expr
    through: tuple[ast.Call, ...] = ()


class Origins:
    """Follows connections through the names and the functions of one module."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def of(self, node: ast.expr, depth: int = 0) -> tuple[Source, ...]:
        """Return all places in the file that a value may come from, as far as they are known."""
        if depth > _DEPTH:
            return ()
        if isinstance(node, ast.Call):
            return tuple(self._of_call(node, depth))
        if isinstance(node, ast.Await):
            return self.of(node.value, depth + 1)
        if isinstance(node, ast.Name):
            return tuple(self._of_name(node, depth))
        if isinstance(node, ast.Attribute):
            assigned = self._module.assigned(node)
            return tuple(one for value in assigned if value for one in self.of(value, depth + 1))
        return ()

    def _of_call(self, node: ast.Call, depth: int) -> Iterator[Source]:
        name = self._module.dotted(node.func)
        if name in _CONNECTS:
            yield Source(origin=Origin.RAW, node=node)
        elif name.rpartition(".")[2] == "QueueDatabase":
            yield Source(origin=Origin.DATABASE, node=node)
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _SAME:
            yield from self.of(node.func.value, depth + 1)
        elif (made := entered_by(node)) is not None:
            yield Source(origin=made, node=node)
        elif name.rpartition(".")[2] in {"closing", "enter_context", "aclosing"} and node.args:
            yield from self.of(node.args[0], depth + 1)
        elif (function := self._module.called(node)) is not None:
            yield from self._returned(function, depth)

    def _of_name(self, node: ast.Name, depth: int) -> Iterator[Source]:
        opened = entered_around(self._module, node)
        if opened is not None:
            yield from self.of(opened, depth + 1)
            return
        scope: Scope | None = self._module.scope_of(node)
        while scope is not None:
            if node.id in scope.entered or node.id in scope.bound:
                for one in (*scope.entered.get(node.id, ()), *scope.bound.get(node.id, ())):
                    if one is not None:
                        yield from self.of(one, depth + 1)
                if node.id in scope.parameters:
                    yield from self._passed(scope, node.id, depth)
                return
            scope = scope.parent

    def _passed(self, function: Scope, parameter: str, depth: int) -> Iterator[Source]:
        """Return where the arguments come from that the calls in this file pass."""
        place = function.parameters.index(parameter)
        for call in self._module.calls_of(function):
            named = {one.arg: one.value for one in call.keywords if one.arg}
            given = named.get(parameter) or (call.args[place] if place < len(call.args) else None)
            if given is not None:
                for one in self.of(given, depth + 1):
                    yield Source(origin=one.origin, node=one.node, through=(*one.through, call))

    def _returned(self, function: Scope, depth: int) -> Iterator[Source]:
        for node in self._module.nodes(ast.Return, ast.Yield):
            value = getattr(node, "value", None)
            if value is not None and self._module.scope_of(node) is function:
                yield from self.of(value, depth + 1)


def entered_around(module: Module, node: ast.Name) -> ast.expr | None:
    """Return the context manager whose `as` a name is, in the innermost block around it."""
    for outer in module.parents(node):
        for item in outer.items if isinstance(outer, ast.With | ast.AsyncWith) else ():
            if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == node.id:
                return item.context_expr
    return None


def entered_by(node: ast.expr) -> Origin | None:
    """Return what a context manager of a QueueDatabase gives, by the name of its method."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        return {"transaction": Origin.TRANSACTION, "connection": Origin.CONNECTION}.get(
            node.func.attr
        )
    return None
