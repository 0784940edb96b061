"""The values that are bound to timestamp columns, which end in _utc."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import QUEUE_TABLES, Module
from pytest_queuekit.review.analysis.scopes import SqlCall
from pytest_queuekit.review.analysis.statements import parameter_of


def bound_moments(module: Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield each *_utc column with the value bound to it, in a file that builds on the queue."""
    if not module.knows_queue:
        return
    for call, statement in module.each_statement():
        if not statement.tables & QUEUE_TABLES:
            continue
        for column, expression in statement.related():
            value = _bound(call, parameter_of(expression)) if column.endswith("_utc") else None
            if value is not None:
                yield column, value


def _bound(call: SqlCall, key: int | str | None) -> ast.expr | None:
    given = call.parameters
    if key is None or given is None:
        return None
    if isinstance(given, dict):
        return given.get(str(key))
    return given[key] if isinstance(key, int) and key < len(given) else None
