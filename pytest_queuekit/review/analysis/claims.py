"""Claims in two steps: a SELECT that finds a task, and a later UPDATE or DELETE that takes it."""

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
"""Columns by which a table of work says who has a task, with those that begin or end like them."""

_WORK = re.compile(r"queue|job|task|work|message|msg|outbox|event|pending|todo")
"""In the name of a table whose rows are done and deleted; those of others may just be deleted."""
_LOCK = re.compile(r"lock\b|lock_|_lock|lock\(|flock|mutex|semaphore|synchronized", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class TwoSteps:
    """A claim that two workers can make at the same time.

    select: what finds the task. take: what takes it. states: the columns that say whether it is
    taken, which the one asks for and the other does not.
    """

    select: SqlCall
    take: SqlCall
    table: str
    states: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Step:
    """One statement, as a function reaches it.

    at: the call in that function. call: where the statement is run, maybe in a function called.
    """

    at: ast.Call
    call: SqlCall
    statement: Statement


def claims_in_two_steps(module: Module) -> Iterator[TwoSteps]:
    """Find them, also where a function that the caller calls does one of the steps."""
    if not module.sql:
        return
    origins = Origins(module)
    told: set[ast.Call] = set()
    for scope in module.scopes:
        steps = list(_steps(module, scope))
        takes = [(one, _names_given(one)) for one in steps if _takes_by_parameter(one)]
        if not takes or _takes_lock(steps) or _is_kept_apart(module, scope):
            continue
        for first in (one for one in steps if _finds_one(module, one)):
            begin = {
                first.at,
                *(fetches(module, first.call) if first.at is first.call.node else ()),
            }
            derived = _derived_from(module, scope, begin)
            for second, given in takes:
                if derived.isdisjoint(given) or second.call.node in told:
                    continue
                if first.at.lineno > second.at.lineno:
                    continue
                states = _states(module, first, second)
                if states and not _is_guarded(module, origins, first, second):
                    told.add(second.call.node)
                    yield TwoSteps(
                        select=first.call,
                        take=second.call,
                        table=first.statement.table,
                        states=states,
                    )


def _steps(module: Module, scope: Scope) -> Iterator[_Step]:
    """Yield the statements of a function, and those of the functions that it calls."""
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
    """Whether the write lock is taken before anything is read."""
    return any(
        one.statement.kind == "begin" and one.statement.mode in ("immediate", "exclusive")
        for one in steps
    )


def _finds_one(module: Module, step: _Step) -> bool:
    """Whether a step finds one row, and leaves it to others as well."""
    found = step.statement
    return (
        found.kind == "select" and _takes_one(module, step.call, found) and not _locks_rows(found)
    )


def _is_kept_apart(module: Module, scope: Scope) -> bool:
    """Whether a function, or one that calls it, takes some lock by a call or a decorator."""
    callers = {module.scope_of(call) for call in module.calls_of(scope)}
    return any(
        _locks(module, one) or _takes_lock([*_own_steps(module, one)]) for one in (scope, *callers)
    ) or any(holds_lock(module, call) for call in module.calls_of(scope))


def _locks(module: Module, scope: Scope) -> bool:
    decorators = getattr(scope.node, "decorator_list", [])
    called = [*(call.func for call in module.calls(scope)), *decorators]
    return any(
        _LOCK.search(module.dotted(one.func if isinstance(one, ast.Call) else one))
        for one in called
    ) or any(_LOCK.search(call.text.text) for call in module.executions_of(scope))


def _states(module: Module, first: _Step, second: _Step) -> tuple[str, ...]:
    """Return the columns that only the SELECT asks for and the other changes; none if it is no
    claim in two steps."""
    found, take = first.statement, second.statement
    if found.table != take.table or first.call is second.call or _asks_again(take):
        return ()
    states = {one for one in found.tested() if _is_state(one)}
    if take.kind == "update":
        return tuple(sorted(states & take.assigned().keys() - take.tested()))
    if take.kind == "delete" and "rowcount" not in _names(module, second.call.scope):
        whole = ("the row itself",) if _WORK.search(take.table) else ()
        return tuple(sorted(states - take.tested())) or whole
    return ()


def _asks_again(take: Statement) -> bool:
    """Whether an UPDATE changes only a row that is still as it was found: by its version, say."""
    return not take.tested().isdisjoint(take.assigned())


def _is_state(column: str) -> bool:
    return any(column.startswith(one) or column.endswith(one) for one in _STATES)


def _takes_one(module: Module, call: SqlCall, found: Statement) -> bool:
    """Whether the SELECT is for any one row, by LIMIT or by fetchone(), and for no certain one."""
    given = found.tree.args if isinstance(found.tree, exp.Select) else {}
    if given.get("limit") is not None:
        return True
    certain = not given.get("order") and any(not _is_state(one) for one in _given_for(found))
    return not certain and any(one.attr == "fetchone" for one in fetches(module, call))


def _locks_rows(found: Statement) -> bool:
    return isinstance(found.tree, exp.Select) and bool(found.tree.args.get("locks"))


def _takes_by_parameter(step: _Step) -> bool:
    """Whether a step changes or removes the row that a parameter names."""
    return step.statement.kind in ("update", "delete") and bool(_given_for(step.statement))


def _given_for(statement: Statement) -> set[str]:
    """Return the columns that are compared with parameters."""
    where = statement.where
    return {
        one.this.name.lower()
        for one in (where.find_all(exp.EQ) if where is not None else ())
        if isinstance(one.this, exp.Column) and _is_from_outside(one.expression)
    }


def _is_from_outside(value: exp.Expr) -> bool:
    written = isinstance(value, exp.Column) and value.name.startswith(HOLE)
    return written or parameter_of(value) is not None


def _names_given(step: _Step) -> set[str]:
    """Return the names in what a statement, or the function that runs it, is given."""
    given = [*step.at.args, *(one.value for one in step.at.keywords)]
    return {node.id for one in given for node in ast.walk(one) if isinstance(node, ast.Name)}


def _derived_from(module: Module, scope: Scope, begin: set[ast.expr]) -> set[str]:
    """Return the names in a function whose values come from some calls, directly or by others."""
    derived: set[str] = set()
    assignments = module.assignments(scope)
    before = -1
    while len(derived) != before:
        before = len(derived)
        for one in assignments:
            value = one.iter if isinstance(one, ast.For) else getattr(one, "value", None)
            if value is not None and _comes_from(value, begin, derived):
                derived |= _targets(one)
    return derived


def _comes_from(value: ast.AST, begin: set[ast.expr], derived: set[str]) -> bool:
    return any(
        node in begin or (isinstance(node, ast.Name) and node.id in derived)
        for node in ast.walk(value)
    )


def _targets(node: ast.AST) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {
        one.id
        for target in targets
        if target is not None
        for one in ast.walk(target)
        if isinstance(one, ast.Name)
    }


def _is_guarded(module: Module, origins: Origins, first: _Step, second: _Step) -> bool:
    """Whether something keeps two workers apart: a transaction() or a lock."""
    for step in (first, second):
        held = in_transaction(module, origins, step.call.receiver, step.call.node)
        if not held and not holds_lock(module, step.at) and not holds_lock(module, step.call.node):
            return False
    return True


def _names(module: Module, scope: Scope) -> set[str]:
    return {one.attr for one in module.attributes(scope)}
