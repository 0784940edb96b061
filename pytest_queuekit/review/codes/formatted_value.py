"""QR105: values are passed to SQL as parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from sqlglot import exp

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.statements import Statement
from pytest_queuekit.review.analysis.texts import holes_in
from pytest_queuekit.review.code import Code, Match

_DEPTH = 5
"""Names that are followed to see if a value is a constant."""
_NUMBERS = frozenset({"int", "float", "len", "bool", "hash", "id", "round", "abs", "ord"})
_NO_VALUE = re.compile(
    r"param|place_?holder|marker?s?\b|\bph\b|_ph\b|bind|sql|expr|col(umn)?s?\b|field|clause|"
    r"quer(y|ies)\b|identifier|quote|literal|escape",
    re.IGNORECASE,
)
"""In the name of an unquoted hole that holds no value: a placeholder, a column, more SQL."""

_JOINED = re.compile(r"\.join\((map\((str|repr),|\(?\[?(str|repr)\()")


def _formatted_values(module: Module) -> Iterator[Match]:
    """Yield each SQL text with a formatted value where a parameter could stand."""
    for call in module.sql:
        numbers = {
            number
            for statement in call.statements
            for number, is_quoted in _holes_for_values(statement, call.text.holes)
            if not _is_constant(module, call.text.holes[number])
            and (is_quoted or not _NO_VALUE.search(ast.unparse(call.text.holes[number])))
        }
        for number in sorted(numbers)[:1]:
            value = ast.unparse(call.text.holes[number])
            yield Match(
                node=call.node,
                detail=f"the value of {value!r:.60} is formatted into the SQL; pass it as a "
                "parameter",
            )


def _holes_for_values(
    statement: Statement, holes: Sequence[ast.expr]
) -> Iterator[tuple[int, bool]]:
    """Yield the number of each hole that holds a value, and True if it stands in quotes."""
    if statement.tree is None or not statement.tables:
        return  # mostly English that begins like a statement
    for literal in statement.tree.find_all(exp.Literal):
        yield from ((number, True) for number in holes_in(str(literal.this)))
    for column in statement.tree.find_all(exp.Column):
        for number in holes_in(column.name):
            if _is_list_of_values(column, holes[number]):
                yield number, True
        if column.find_ancestor(exp.Func) is None and _takes_value(column):
            numbers = holes_in(column.name) if not column.table else ()
            yield from ((number, False) for number in numbers)


def _is_list_of_values(column: exp.Column, hole: ast.expr) -> bool:
    """Return True if a hole fills `IN (…)` with values that are converted to text and joined."""
    return isinstance(column.parent, exp.In) and bool(_JOINED.search(ast.unparse(hole)))


def _takes_value(column: exp.Column) -> bool:
    """Return True if a value stands here: compared, assigned or inserted."""
    parent = column.parent
    if isinstance(parent, exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE | exp.Like):
        return parent.expression is column
    if isinstance(parent, exp.Tuple):
        return parent.find_ancestor(exp.Values) is not None
    return False


def _is_constant(module: Module, hole: ast.expr, depth: int = 0) -> bool:
    """Return True if a hole certainly gets no text from outside."""
    if depth > _DEPTH:
        return False
    if isinstance(hole, ast.Call):
        name = module.dotted(hole.func)
        if name in ("max", "min"):
            return all(_is_known(module, argument, depth) for argument in hole.args)
        return name in _NUMBERS
    if isinstance(hole, ast.Attribute):
        parts = module.dotted(hole).split(".")
        return any(part.isupper() for part in parts)
    if isinstance(hole, ast.Name):
        return _is_constant_name(module, hole, depth)
    if isinstance(hole, ast.IfExp):
        return all(_is_known(module, branch, depth) for branch in (hole.body, hole.orelse))
    if isinstance(hole, ast.BinOp) and not isinstance(hole.op, ast.Add | ast.Mod):
        return True  # a calculation
    return isinstance(hole, ast.Subscript) and _is_constant(module, hole.value, depth + 1)


def _is_constant_name(module: Module, name: ast.Name, depth: int) -> bool:
    bindings = module.assigned(name)
    values = [value for value in bindings if value is not None]
    if any(_is_number_of(module, value, name) for value in values):
        return True  # a later int(name) makes it a number
    iterables = module.iterated(name)
    if len(values) + len(iterables) != len(bindings) or not bindings:
        return name.id.isupper()
    return all(_is_known(module, value, depth) for value in values) and all(
        _holds_constants(module, iterable, depth) for iterable in iterables
    )


def _is_number_of(module: Module, value: ast.expr, name: ast.Name) -> bool:
    """Return True if a value is int(name) or float(name)."""
    return (
        isinstance(value, ast.Call)
        and module.dotted(value.func) in ("int", "float")
        and [ast.dump(argument) for argument in value.args]
        == [ast.dump(ast.Name(name.id, ast.Load()))]
    )


def _holds_constants(module: Module, values: ast.expr, depth: int) -> bool:
    """Return True if an iterable yields constants only."""
    if isinstance(values, ast.Name):
        made = module.meaning(values)
        return values.id.isupper() if made is None else _holds_constants_here(module, made, depth)
    return _holds_constants_here(module, values, depth)


def _holds_constants_here(module: Module, values: ast.expr, depth: int) -> bool:
    if isinstance(values, ast.Tuple | ast.List | ast.Set):
        return all(_is_known(module, element, depth) for element in values.elts)
    return isinstance(values, ast.Call) and module.dotted(values.func) == "range"


def _is_known(module: Module, value: ast.expr, depth: int) -> bool:
    return isinstance(value, ast.Constant) or _is_constant(module, value, depth + 1)


CODE = Code(
    id="QR105",
    item="Using parameterized queries (no SQL injection)",
    title="Value formatted into SQL",
    sentence="Values are passed to SQL as parameters.",
    why="A value with a quote in it breaks the statement, and a value from outside can inject SQL.",
    wrong="""\
def find(conn, status):
    sql = f"SELECT id FROM task_queue WHERE status = '{status}' LIMIT 1"
    return conn.execute(sql).fetchone()
""",
    right="""\
def find(conn, status):
    sql = "SELECT id FROM task_queue WHERE status = ? LIMIT 1"
    return conn.execute(sql, (status,)).fetchone()
""",
    check=_formatted_values,
)
