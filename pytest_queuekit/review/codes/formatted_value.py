"""QR105: values reach SQL as parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from sqlglot import exp

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.statements import Statement
from pytest_queuekit.review.analysis.texts import holes_in
from pytest_queuekit.review.code import Code, Finding

_DEPTH = 5
_NUMBERS = frozenset({"int", "float", "len", "bool", "hash", "id", "round", "abs", "ord"})
_NO_VALUE = re.compile(
    r"param|place_?holder|marker?s?\b|\bph\b|_ph\b|bind|sql|expr|col(umn)?s?\b|field|clause|"
    r"quer(y|ies)\b|identifier|quote|literal|escape",
    re.IGNORECASE,
)
"""In the name of what stands unquoted and is no value: a mark for one, a column, more SQL."""

_JOINED = re.compile(r"\.join\((map\((str|repr),|\(?\[?(str|repr)\()")


def _formatted_values(module: Module) -> Iterator[Finding]:
    """Find values that are written into SQL, where a parameter could stand."""
    for call in module.sql:
        numbers = {
            number
            for statement in call.statements
            for number, is_quoted in _holes_for_values(statement, call.text.holes)
            if not _is_constant(module, call.text.holes[number])
            and (is_quoted or not _NO_VALUE.search(ast.unparse(call.text.holes[number])))
        }
        for number in sorted(numbers)[:1]:
            written = ast.unparse(call.text.holes[number])
            yield Finding(
                node=call.node,
                sentence=f"the value of {written!r:.60} is written into the SQL; pass it as a "
                "parameter",
            )


def _holes_for_values(
    statement: Statement, holes: Sequence[ast.expr]
) -> Iterator[tuple[int, bool]]:
    """Yield the holes in which a value stands, each with whether it stands between quotes."""
    if statement.tree is None or not statement.tables:
        return  # a sentence that begins like a statement, mostly
    for literal in statement.tree.find_all(exp.Literal):
        yield from ((number, True) for number in holes_in(str(literal.this)))
    for column in statement.tree.find_all(exp.Column):
        for number in holes_in(column.name):
            if _is_list_of_values(column, holes[number]):
                yield number, True
        if column.find_ancestor(exp.Func) is None and _takes_value(column):
            found = holes_in(column.name) if not column.table else ()
            yield from ((number, False) for number in found)


def _is_list_of_values(column: exp.Column, hole: ast.expr) -> bool:
    """Whether `IN (…)` is given values that are made texts and joined."""
    return isinstance(column.parent, exp.In) and bool(_JOINED.search(ast.unparse(hole)))


def _takes_value(column: exp.Column) -> bool:
    """Whether a value stands here: compared with a column, set to one, or inserted."""
    parent = column.parent
    if isinstance(parent, exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE | exp.Like):
        return parent.expression is column
    if isinstance(parent, exp.Tuple):
        return parent.find_ancestor(exp.Values) is not None
    return False


def _is_constant(module: Module, hole: ast.expr, depth: int = 0) -> bool:
    """Whether what fills a hole is certainly no text from outside."""
    if depth > _DEPTH:
        return False
    if isinstance(hole, ast.Call):
        name = module.dotted(hole.func)
        among = name in ("max", "min") and all(_is_known(module, one, depth) for one in hole.args)
        return name in _NUMBERS or among
    if isinstance(hole, ast.Attribute):
        parts = module.dotted(hole).split(".")
        return any(part.isupper() for part in parts)
    if isinstance(hole, ast.Name):
        return _is_constant_name(module, hole, depth)
    if isinstance(hole, ast.IfExp):
        return all(_is_known(module, one, depth) for one in (hole.body, hole.orelse))
    if isinstance(hole, ast.BinOp) and not isinstance(hole.op, ast.Add | ast.Mod):
        return True  # a calculation
    return isinstance(hole, ast.Subscript) and _is_constant(module, hole.value, depth + 1)


def _is_constant_name(module: Module, name: ast.Name, depth: int) -> bool:
    known = module.assigned(name)
    texts = [one for one in known if one is not None]
    if any(_is_number_of(module, one, name) for one in texts):
        return True  # whatever it was before
    through = module.iterated(name)
    if len(texts) + len(through) != len(known) or not known:
        return name.id.isupper()
    return all(_is_known(module, one, depth) for one in texts) and all(
        _holds_constants(module, one, depth) for one in through
    )


def _is_number_of(module: Module, value: ast.expr, name: ast.Name) -> bool:
    """Whether a value is int(name), or the like."""
    return (
        isinstance(value, ast.Call)
        and module.dotted(value.func) in ("int", "float")
        and [ast.dump(one) for one in value.args] == [ast.dump(ast.Name(name.id, ast.Load()))]
    )


def _holds_constants(module: Module, values: ast.expr, depth: int) -> bool:
    """Whether a loop runs through constants only."""
    if isinstance(values, ast.Name):
        made = module.meaning(values)
        return values.id.isupper() if made is None else _holds_constants_here(module, made, depth)
    return _holds_constants_here(module, values, depth)


def _holds_constants_here(module: Module, values: ast.expr, depth: int) -> bool:
    if isinstance(values, ast.Tuple | ast.List | ast.Set):
        return all(_is_known(module, one, depth) for one in values.elts)
    return isinstance(values, ast.Call) and module.dotted(values.func) == "range"


def _is_known(module: Module, value: ast.expr, depth: int) -> bool:
    return isinstance(value, ast.Constant) or _is_constant(module, value, depth + 1)


CODE = Code(
    id="QR105",
    item="Using parameterized queries (no SQL injection)",
    sentence="Values reach SQL as parameters.",
    why="A value with a quote in it breaks the statement, and one from outside can change "
    "what it does.",
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
