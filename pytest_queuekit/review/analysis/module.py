"""A module as the checks see it: its functions, what names stand for, and the SQL in it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeVar

from pytest_queuekit.review.analysis.scopes import Function, Scope, SqlCall
from pytest_queuekit.review.analysis.source import Source
from pytest_queuekit.review.analysis.statements import Statement, statements_of
from pytest_queuekit.review.analysis.texts import Text, read_text
from pytest_queuekit.review.analysis.tree import Tree

QUEUE_TABLES = frozenset({"task_queue", "task_logs", "workers"})
QUEUE_NAMES = frozenset(
    {"QueueDatabase", "TaskQueue", "TaskClaimerFactory", "SchedulingStrategy", "QueueBusyError"}
)
_QUEUE_FIXTURES = frozenset({"queue_db", "queue_db_factory", "queue_tasks"})
_QUEUE_MODELS = re.compile(r"\bqueue(\.models)?\.(Task|Worker|TaskLog)$")
_SQLITE = frozenset({"sqlite3", "aiosqlite", "apsw", "pysqlite3", "libsql"})
_OTHER_DATABASES = frozenset(
    {"psycopg", "psycopg2", "asyncpg", "pg8000", "pymysql", "MySQLdb", "pyodbc", "oracledb"}
)
_EXECUTES = frozenset({"execute", "executemany", "executescript"})


K = TypeVar("K")
V = TypeVar("V")
N = TypeVar("N", bound=ast.AST)


class Module:
    """One file, with what is known about it.

    source: the file.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._tree = Tree(source.tree)
        self.imported = self._tree.imported
        self.scopes = self._tree.scopes

    # -- where things are ---------------------------------------------------------------------

    def scope_of(self, node: ast.AST) -> Scope:
        """Return the function in which a node stands."""
        return self._tree.scope_of[node]

    def parents(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what is around a node, from the inside, up to its function."""
        inside = self._tree.parent_of.get(node)
        while inside is not None and not isinstance(inside, Function | ast.Lambda):
            yield inside
            inside = self._tree.parent_of.get(inside)

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Yield the nodes of these kinds, in the order of the text."""
        found = [one for kind in kinds for one in self._tree.of_kind.get(kind, ())]
        yield from found if len(kinds) == 1 else sorted(found, key=lambda one: one.lineno)

    def _all(self, kind: type[N]) -> list[N]:
        return self._tree.of_kind.get(kind, [])

    def calls(self, scope: Scope | None = None) -> Sequence[ast.Call]:
        """Return the calls of a function, or all."""
        return self._calls if scope is None else self._calls_in.get(scope, [])

    def attributes(self, scope: Scope) -> Sequence[ast.Attribute]:
        """Return the attributes that a function reads or sets."""
        return self._attributes_in.get(scope, [])

    @cached_property
    def _attributes_in(self) -> dict[Scope, list[ast.Attribute]]:
        return _grouped(
            (self.scope_of(one), one) for one in self._tree.of_kind.get(ast.Attribute, ())
        )

    def assignments(self, scope: Scope) -> Sequence[ast.Assign | ast.NamedExpr | ast.For]:
        """Return what gives names their values in a function, in the order of the text."""
        return self._assignments_in.get(scope, [])

    @cached_property
    def _assignments_in(self) -> dict[Scope, list[Any]]:
        found = self.nodes(ast.Assign, ast.NamedExpr, ast.For)
        return _grouped((self.scope_of(one), one) for one in found)

    def functions_named(self, name: str) -> Sequence[Scope]:
        """Return the functions and methods of a name."""
        return self._named.get(name, [])

    @cached_property
    def _calls(self) -> list[ast.Call]:
        return self._all(ast.Call)

    @cached_property
    def _calls_in(self) -> dict[Scope, list[ast.Call]]:
        return _grouped((self.scope_of(call), call) for call in self._calls)

    @cached_property
    def _named(self) -> dict[str, list[Scope]]:
        return _grouped((scope.name, scope) for scope in self.scopes)

    def called(self, call: ast.Call) -> Scope | None:
        """Return the function or method of this file that a call certainly means."""
        return self._targets.get(call)

    def calls_of(self, function: Scope) -> list[ast.Call]:
        """Return the calls that certainly mean a function of this file."""
        return self._calls_of.get(function, [])

    def returned(self, function: Scope) -> list[ast.expr]:
        """Return what a function of this file returns or yields."""
        return self._returned.get(function, [])

    def yields(self, function: Scope) -> bool:
        """Whether a function is a generator."""
        return function in self._generators

    @cached_property
    def _generators(self) -> set[Scope]:
        return {self.scope_of(one) for one in self.nodes(ast.Yield, ast.YieldFrom)}

    @cached_property
    def _returned(self) -> dict[Scope, list[ast.expr]]:
        given = ((one, getattr(one, "value", None)) for one in self.nodes(ast.Return, ast.Yield))
        return _grouped((self.scope_of(one), value) for one, value in given if value is not None)

    @cached_property
    def _calls_of(self) -> dict[Scope, list[ast.Call]]:
        return _grouped((target, call) for call, target in self._targets.items())

    @cached_property
    def _targets(self) -> dict[ast.Call, Scope]:
        found = ((call, self._target(call)) for call in self.calls())
        return {call: target for call, target in found if target is not None}

    def _target(self, call: ast.Call) -> Scope | None:
        if isinstance(call.func, ast.Name):
            return self._function(call.func)
        owner = self._class_of(call.func.value) if isinstance(call.func, ast.Attribute) else None
        if owner is None or not isinstance(call.func, ast.Attribute):
            return None
        named = self.functions_named(call.func.attr)
        return _only([one for one in named if one.is_method and one.owner is owner])

    def _function(self, name: ast.Name) -> Scope | None:
        """Return the function that a name means: the only one, seen from there, and not hidden."""
        found = [one for one in self.functions_named(name.id) if not one.is_method]
        inside: Scope | None = self._tree.scope_of[name]
        while inside is not None and not (found and found[0].parent is inside):
            if name.id in inside.bound or name.id in inside.entered:
                return None
            inside = inside.parent
        return _only(found) if inside is not None and name.id not in self.imported else None

    def _class_of(self, node: ast.expr) -> ast.ClassDef | None:
        """Return the class of this file whose object, or which itself, a value is."""
        if isinstance(node, ast.Name) and node.id in ("self", "cls"):
            return self.scope_of(node).owner
        made = self.meaning(node) if isinstance(node, ast.Name | ast.Attribute) else node
        name = made.func if isinstance(made, ast.Call) else node
        if not isinstance(name, ast.Name) or name.id in self.imported:
            return None
        return _only(
            [one for one in self._tree.of_kind.get(ast.ClassDef, ()) if one.name == name.id]
        )

    # -- what things mean ---------------------------------------------------------------------

    def dotted(self, node: ast.expr) -> str:
        """Return the full name of what is meant, imports followed: `sqlite3.connect`."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join((self.imported.get(node.id, node.id), *reversed(parts)))

    def assigned(self, node: ast.expr) -> list[ast.expr | None]:
        """Return all that a name, or an attribute of `self`, is bound to where it is seen."""
        if isinstance(node, ast.Name):
            scope: Scope | None = self._tree.scope_of.get(node)
            while scope is not None:
                if node.id in scope.bound or node.id in scope.entered:
                    return scope.bound.get(node.id, [])
                scope = scope.parent
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            inside = self._tree.scope_of.get(node)
            owner = inside.owner if inside else None
            if node.value.id in ("self", "cls") and owner is not None:
                return self._tree.attributes.get((owner, node.attr), [])
        return []

    def iterated(self, name: ast.Name) -> list[ast.expr]:
        """Return what a name runs through in loops, in the scope in which it is bound."""
        scope: Scope | None = self._tree.scope_of.get(name)
        while scope is not None and name.id not in scope.bound:
            scope = scope.parent
        return scope.iterated.get(name.id, []) if scope is not None else []

    def meaning(self, node: ast.expr) -> ast.expr | None:
        """Return the one expression that a name stands for; None where there may be others."""
        known = self.assigned(node)
        one = known[0] if len(known) == 1 else None
        while isinstance(one, ast.BinOp) and one in self._tree.sums and one.lineno >= node.lineno:
            one = one.left  # what is added later
        return one

    def text(self, node: ast.expr) -> Text | None:
        """Return the text that an expression stands for."""
        return read_text(node, self.meaning)

    # -- the SQL ------------------------------------------------------------------------------

    @cached_property
    def executions(self) -> tuple[SqlCall, ...]:
        """The calls that run some text, in the order of the file."""
        return tuple(one for call in self.calls() for one in self._execution(call))

    @cached_property
    def sql(self) -> tuple[SqlCall, ...]:
        """Those of them whose text is SQL that can be read."""
        return tuple(one for one in self.executions if one.statements)

    @cached_property
    def knows_queue(self) -> bool:
        """Whether the code builds on the queue: it imports it, takes its fixtures or its tables."""
        names = {one.rpartition(".")[2] for one in self.imported.values()}
        taken = {one for scope in self.scopes for one in scope.parameters}
        return bool(
            names & QUEUE_NAMES
            or any(_QUEUE_MODELS.search(one) for one in self.imported.values())
            or taken & _QUEUE_FIXTURES
            or any(statement.tables & {"task_queue"} for _, statement in self.each_statement())
        )

    @cached_property
    def is_sqlite(self) -> bool:
        """Whether the code speaks to SQLite, as far as its imports say."""
        heads = {one.partition(".")[0] for one in self.imported.values()}
        return not heads & _OTHER_DATABASES and (self.knows_queue or bool(heads & _SQLITE))

    def each_statement(self, scope: Scope | None = None) -> Iterator[tuple[SqlCall, Statement]]:
        """Yield the statements of a function, or all, with their calls."""
        calls = self.sql if scope is None else self.sql_of(scope)
        yield from ((call, one) for call in calls for one in call.statements)

    def executions_of(self, scope: Scope) -> Sequence[SqlCall]:
        """Return the calls of a function that run some text."""
        return self._executions_in.get(scope, [])

    @cached_property
    def _executions_in(self) -> dict[Scope, list[SqlCall]]:
        return _grouped((call.scope, call) for call in self.executions)

    def sql_of(self, scope: Scope) -> Sequence[SqlCall]:
        """Return the calls of a function that run SQL."""
        return [one for one in self.executions_of(scope) if one.statements]

    def reads_tasks(self, statement: Statement) -> bool:
        """Whether a statement is a SELECT on the queue's tasks."""
        return statement.kind == "select" and statement.table == "task_queue" and self.knows_queue

    def _execution(self, call: ast.Call) -> Iterator[SqlCall]:
        function = call.func
        if not (isinstance(function, ast.Attribute) and function.attr in _EXECUTES and call.args):
            return
        text = self.text(call.args[0])
        if text is not None:
            yield SqlCall(
                node=call,
                receiver=function.value,
                given=self._given(call),
                scope=self.scope_of(call),
                text=text,
                statements=statements_of(text.text),
            )

    def _given(self, call: ast.Call) -> ast.expr | None:
        """Return what is bound, also where it has a name."""
        given = call.args[1] if len(call.args) > 1 else None
        return self.meaning(given) if isinstance(given, ast.Name | ast.Attribute) else given


def _only(found: Sequence[V]) -> V | None:
    return found[0] if len(found) == 1 else None


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups
