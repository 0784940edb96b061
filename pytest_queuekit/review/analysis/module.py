"""A module as the checks see it: its functions, the meaning of its names, and its SQL."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator, Sequence
from functools import cached_property
from typing import Any

from pytest_queuekit.review.analysis.call_graph import CallGraph
from pytest_queuekit.review.analysis.scopes import Function, Scope, SqlCall
from pytest_queuekit.review.analysis.source import SourceFile
from pytest_queuekit.review.analysis.statements import Statement, statements_of
from pytest_queuekit.review.analysis.texts import Text, read_text
from pytest_queuekit.review.analysis.tree import Tree, grouped

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


class Module:
    """One Python file, and the methods by which the checks query it.

    source: its parsed text.
    """

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self._tree = Tree(source.tree)
        self._graph = CallGraph(self._tree, self.meaning)
        self.imported = self._tree.imported
        self.scopes = self._tree.scopes

    # -- the syntax tree ----------------------------------------------------------------------

    def scope_of(self, node: ast.AST) -> Scope:
        """Return the function around a node."""
        return self._tree.scope_of[node]

    def parents(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around a node, from the inside, up to its function."""
        outer = self._tree.parent_of.get(node)
        while outer is not None and not isinstance(outer, Function | ast.Lambda):
            yield outer
            outer = self._tree.parent_of.get(outer)

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Yield the nodes of these kinds, in the order of the text."""
        nodes = [node for kind in kinds for node in self._tree.of_kind.get(kind, ())]
        yield from nodes if len(kinds) == 1 else sorted(nodes, key=lambda node: node.lineno)

    def calls(self, scope: Scope | None = None) -> Sequence[ast.Call]:
        """Return the calls in a function, or in the whole file."""
        if scope is None:
            return self._tree.of_kind.get(ast.Call, [])
        return self._calls_in.get(scope, [])

    @cached_property
    def _calls_in(self) -> dict[Scope, list[ast.Call]]:
        return grouped((self.scope_of(call), call) for call in self.calls())

    def attributes(self, scope: Scope) -> Sequence[ast.Attribute]:
        """Return the attributes that a function reads or sets."""
        return self._attributes_in.get(scope, [])

    @cached_property
    def _attributes_in(self) -> dict[Scope, list[ast.Attribute]]:
        attributes = self._tree.of_kind.get(ast.Attribute, ())
        return grouped((self.scope_of(attribute), attribute) for attribute in attributes)

    def assignments(self, scope: Scope) -> Sequence[ast.Assign | ast.NamedExpr | ast.For]:
        """Return the nodes that bind names in a function, in the order of the text."""
        return self._assignments_in.get(scope, [])

    @cached_property
    def _assignments_in(self) -> dict[Scope, list[Any]]:
        nodes = self.nodes(ast.Assign, ast.NamedExpr, ast.For)
        return grouped((self.scope_of(node), node) for node in nodes)

    # -- the functions ------------------------------------------------------------------------

    def called(self, call: ast.Call) -> Scope | None:
        """Return the function or method of this file that a call certainly means."""
        return self._graph.targets.get(call)

    def calls_of(self, function: Scope) -> list[ast.Call]:
        """Return the calls that certainly mean a function of this file."""
        return self._graph.calls_of.get(function, [])

    def function(self, node: ast.expr) -> Scope | None:
        """Return the function or method of this file that an expression certainly means."""
        return self._graph.function(node)

    def method(self, call: ast.Call, name: str, *, of: Container[str]) -> Scope | None:
        """Return a method of the class that a call makes, if the class extends one of `of`."""
        return self._graph.method(call, name, of=of)

    def returned(self, function: Scope) -> list[ast.expr]:
        """Return the values that a function of this file returns or yields."""
        return self._returned.get(function, [])

    @cached_property
    def _returned(self) -> dict[Scope, list[ast.expr]]:
        nodes = ((node, getattr(node, "value", None)) for node in self.nodes(ast.Return, ast.Yield))
        return grouped((self.scope_of(node), value) for node, value in nodes if value is not None)

    def yields(self, function: Scope) -> bool:
        """Return True if a function is a generator."""
        return function in self._generators

    @cached_property
    def _generators(self) -> set[Scope]:
        return {self.scope_of(node) for node in self.nodes(ast.Yield, ast.YieldFrom)}

    # -- the meaning of names -----------------------------------------------------------------

    def dotted(self, node: ast.expr) -> str:
        """Return the full name behind an expression, imports resolved: `sqlite3.connect`."""
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join((self.imported.get(node.id, node.id), *reversed(parts)))

    def assigned(self, node: ast.expr) -> list[ast.expr | None]:
        """Return every value that a name, or an attribute of `self`, is bound to."""
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
        """Return the iterables that a loop variable runs through, in the scope that binds it."""
        scope: Scope | None = self._tree.scope_of.get(name)
        while scope is not None and name.id not in scope.bound:
            scope = scope.parent
        return scope.iterated.get(name.id, []) if scope is not None else []

    def meaning(self, node: ast.expr) -> ast.expr | None:
        """Return the only expression that a name stands for; None if there may be others."""
        values = self.assigned(node)
        value = values[0] if len(values) == 1 else None
        while (
            isinstance(value, ast.BinOp)
            and value in self._tree.sums
            and value.lineno >= node.lineno
        ):
            value = value.left  # `name += more` further down adds nothing yet
        return value

    def text(self, node: ast.expr) -> Text | None:
        """Return the text that an expression stands for."""
        return read_text(node, self.meaning)

    # -- the SQL ------------------------------------------------------------------------------

    @cached_property
    def executions(self) -> tuple[SqlCall, ...]:
        """The calls that execute a known text, in the order of the file."""
        return tuple(sql for call in self.calls() for sql in self._execution(call))

    @cached_property
    def sql(self) -> tuple[SqlCall, ...]:
        """The executions that could be parsed as SQL."""
        return tuple(call for call in self.executions if call.statements)

    @cached_property
    def knows_queue(self) -> bool:
        """True if the code imports the queue, or uses the queue's fixtures or tables."""
        names = {full.rpartition(".")[2] for full in self.imported.values()}
        parameters = {name for scope in self.scopes for name in scope.parameters}
        return bool(
            names & QUEUE_NAMES
            or any(_QUEUE_MODELS.search(full) for full in self.imported.values())
            or parameters & _QUEUE_FIXTURES
            or any("task_queue" in statement.tables for _, statement in self.each_statement())
        )

    @cached_property
    def is_sqlite(self) -> bool:
        """True if the database is SQLite, as far as the imports show."""
        packages = {full.partition(".")[0] for full in self.imported.values()}
        return not packages & _OTHER_DATABASES and (self.knows_queue or bool(packages & _SQLITE))

    def each_statement(self, scope: Scope | None = None) -> Iterator[tuple[SqlCall, Statement]]:
        """Yield the statements of a function, or of the whole file, with their calls."""
        calls = self.sql if scope is None else self.sql_of(scope)
        yield from ((call, statement) for call in calls for statement in call.statements)

    def executions_of(self, scope: Scope) -> Sequence[SqlCall]:
        """Return the executions in a function."""
        return self._executions_in.get(scope, [])

    @cached_property
    def _executions_in(self) -> dict[Scope, list[SqlCall]]:
        return grouped((call.scope, call) for call in self.executions)

    def sql_of(self, scope: Scope) -> Sequence[SqlCall]:
        """Return the executions in a function that could be parsed as SQL."""
        return [call for call in self.executions_of(scope) if call.statements]

    def reads_tasks(self, statement: Statement) -> bool:
        """Return True if a statement is a SELECT on the queue's tasks."""
        return statement.kind == "select" and statement.table == "task_queue" and self.knows_queue

    def _execution(self, call: ast.Call) -> Iterator[SqlCall]:
        function = call.func
        if not (isinstance(function, ast.Attribute) and function.attr in _EXECUTES and call.args):
            return
        text = self.text(call.args[0])
        given = call.args[1] if len(call.args) > 1 else None
        if text is not None:
            yield SqlCall(
                node=call,
                receiver=function.value,
                given=self.meaning(given) if isinstance(given, ast.Name | ast.Attribute) else given,
                scope=self.scope_of(call),
                text=text,
                statements=statements_of(text.text),
            )
