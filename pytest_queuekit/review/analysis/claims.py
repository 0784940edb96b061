"""Claims in two steps: a SELECT of a task, and a later UPDATE or DELETE that takes it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from pytest_queuekit.review.analysis.blocks import fetches, holds_lock, in_transaction
from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.origins import Origins
from pytest_queuekit.review.analysis.scopes import Scope, SqlCall
from pytest_queuekit.review.analysis.statements import Statement, parameter_of
from pytest_queuekit.review.analysis.texts import HOLE

_STATES = frozenset(
    {"status", "state", "claimed", "locked", "reserved", "in_progress", "taken", "leased"}
)
"""Names, prefixes and suffixes of the columns that show if a task is taken."""

_WORK = re.compile(r"queue|job|task|work|message|msg|outbox|event|pending|todo")
"""In the name of a table of work; a DELETE from any other table may be a plain deletion."""
_LOCK = re.compile(r"lock\b|lock_|_lock|lock\(|flock|mutex|semaphore|synchronized", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class TwoSteps:
    """A claim that two workers can make at the same time.

    select: the query for the task.
    take: the statement that takes it.
    table: the table of the task.
    states: the columns that show if it is taken; `select` checks them and `take` does not.
    """

    select: SqlCall
    take: SqlCall
    table: str
    states: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Step:
    """One statement, as a function reaches it.

    at: the call in that function.
    call: the execution, perhaps in a function that `at` calls.
    """

    at: ast.Call
    call: SqlCall
    statement: Statement


def claims_in_two_steps(module: Module) -> Iterator[TwoSteps]:
    """Yield each claim in two steps, even if one step is in a function that the other calls."""
    if not module.sql:
        return
    origins = Origins(module)
    reported: set[ast.Call] = set()
    for scope in module.scopes:
        steps = list(_steps(module, scope))
        # The steps that change or delete the row that a parameter names.
        takes = [
            (step, _names_given(step))
            for step in steps
            if step.statement.kind in ("update", "delete") and _columns_given(step.statement)
        ]
        if not takes or _takes_lock(steps) or _is_kept_apart(module, scope):
            continue
        for first in (step for step in steps if _selects_task(module, step)):
            begin = {
                first.at,
                *(fetches(module, first.call) if first.at is first.call.node else ()),
            }
            derived = _derived_from(module, scope, begin)
            for second, given in takes:
                if derived.isdisjoint(given) or second.call.node in reported:
                    continue
                if first.at.lineno > second.at.lineno:
                    continue
                states = _states(module, first, second)
                if states and not _is_guarded(module, origins, first, second):
                    reported.add(second.call.node)
                    yield TwoSteps(
                        select=first.call,
                        take=second.call,
                        table=first.statement.table,
                        states=states,
                    )


def _steps(module: Module, scope: Scope) -> Iterator[_Step]:
    """Yield the statements of a function and of the functions that it calls."""
    yield from _own_steps(module, scope)
    for at in module.calls(scope):
        function = module.called(at)
        if function is not None and function is not scope:
            for call, statement in module.each_statement(function):
                yield _Step(at=at, call=call, statement=statement)


def _own_steps(module: Module, scope: Scope) -> Iterator[_Step]:
    for call, statement in module.each_statement(scope):
        yield _Step(at=call.node, call=call, statement=statement)


def _takes_lock(steps: list[_Step]) -> bool:
    """Return True if some step takes the write lock."""
    return any(
        step.statement.kind == "begin" and step.statement.mode in ("immediate", "exclusive")
        for step in steps
    )


def _selects_task(module: Module, step: _Step) -> bool:
    """Return True if a step selects one row, and does not lock it."""
    statement = step.statement
    tree = statement.tree
    locks = isinstance(tree, exp.Select) and bool(tree.args.get("locks"))
    return statement.kind == "select" and _takes_any(module, step.call, statement) and not locks


def _is_kept_apart(module: Module, scope: Scope) -> bool:
    """Return True if a function or a caller of it takes a lock, by a call or a decorator."""
    callers = {module.scope_of(call) for call in module.calls_of(scope)}
    return any(
        _locks(module, each) or _takes_lock(list(_own_steps(module, each)))
        for each in (scope, *callers)
    ) or any(holds_lock(module, call) for call in module.calls_of(scope))


def _locks(module: Module, scope: Scope) -> bool:
    decorators = getattr(scope.node, "decorator_list", [])
    functions = [*(call.func for call in module.calls(scope)), *decorators]
    return any(
        _LOCK.search(module.dotted(each.func if isinstance(each, ast.Call) else each))
        for each in functions
    ) or any(_LOCK.search(call.text.text) for call in module.executions_of(scope))


def _states(module: Module, first: _Step, second: _Step) -> tuple[str, ...]:
    """Return the columns that the SELECT checks and the other statement only changes.

    Returns an empty tuple if the two steps are not a claim.
    """
    select, take = first.statement, second.statement
    # An UPDATE that compares a column it also sets, such as `version`, checks the row again.
    checks_again = not take.tested().isdisjoint(take.assigned())
    if select.table != take.table or first.call is second.call or checks_again:
        return ()
    states = {column for column in select.tested() if _is_state(column)}
    if take.kind == "update":
        return tuple(sorted(states & take.assigned().keys() - take.tested()))
    attributes = {attribute.attr for attribute in module.attributes(second.call.scope)}
    if take.kind == "delete" and "rowcount" not in attributes:
        whole = ("the row itself",) if _WORK.search(take.table) else ()
        return tuple(sorted(states - take.tested())) or whole
    return ()


def _is_state(column: str) -> bool:
    return any(column.startswith(state) or column.endswith(state) for state in _STATES)


def _takes_any(module: Module, call: SqlCall, select: Statement) -> bool:
    """Return True if a SELECT takes any one row, by LIMIT or fetchone(), not a certain row."""
    clauses = select.tree.args if isinstance(select.tree, exp.Select) else {}
    if clauses.get("limit") is not None:
        return True
    others = [column for column in _columns_given(select) if not _is_state(column)]
    certain = bool(others) and not clauses.get("order")
    return not certain and any(fetch.attr == "fetchone" for fetch in fetches(module, call))


def _columns_given(statement: Statement) -> set[str]:
    """Return the columns that the condition compares with parameters or formatted values."""
    where = statement.where
    return {
        test.this.name.lower()
        for test in (where.find_all(exp.EQ) if where is not None else ())
        if isinstance(test.this, exp.Column) and _is_given(test.expression)
    }


def _is_given(value: exp.Expr) -> bool:
    formatted = isinstance(value, exp.Column) and value.name.startswith(HOLE)
    return formatted or parameter_of(value) is not None


def _names_given(step: _Step) -> set[str]:
    """Return the names in the arguments of a step's call."""
    arguments = [*step.at.args, *(keyword.value for keyword in step.at.keywords)]
    return {node.id for each in arguments for node in ast.walk(each) if isinstance(node, ast.Name)}


def _derived_from(module: Module, scope: Scope, begin: set[ast.expr]) -> set[str]:
    """Return the names in a function that get their values from some calls, directly or not."""
    derived: set[str] = set()
    assignments = module.assignments(scope)
    before = -1
    while len(derived) != before:
        before = len(derived)
        for node in assignments:
            value = node.iter if isinstance(node, ast.For) else getattr(node, "value", None)
            if value is not None and _comes_from(value, begin, derived):
                derived |= _targets(node)
    return derived


def _comes_from(value: ast.AST, begin: set[ast.expr], derived: set[str]) -> bool:
    return any(
        node in begin or (isinstance(node, ast.Name) and node.id in derived)
        for node in ast.walk(value)
    )


def _targets(node: ast.AST) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {
        name.id
        for target in targets
        if target is not None
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    }


def _is_guarded(module: Module, origins: Origins, first: _Step, second: _Step) -> bool:
    """Return True if a transaction() or a lock keeps two workers apart."""
    for step in (first, second):
        held = in_transaction(module, origins, step.call.receiver, step.call.node)
        if not held and not holds_lock(module, step.at) and not holds_lock(module, step.call.node):
            return False
    return True
