"""QR202: a payload is written as JSON."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.analysis.statements import parameter_of
from pytest_queuekit.review.code import Code, Match

_NOT_JSON = {"str", "repr", "pickle.dumps", "marshal.dumps"}


def _payloads_without_json(module: Module) -> Iterator[Match]:
    """Yield each payload that is bound as something other than JSON text."""
    for call, statement in module.each_statement():
        given = call.parameters
        if statement.table != "task_queue" or isinstance(given, dict | None):
            continue
        key = parameter_of(statement.assigned().get("payload"))
        if isinstance(key, int) and key < len(given) and _is_not_json(module, given[key]):
            yield Match(
                node=given[key],
                detail=f"the payload {ast.unparse(given[key])!r:.60} is not JSON; use json.dumps()",
            )


def _is_not_json(module: Module, value: ast.expr) -> bool:
    known = module.meaning(value) if isinstance(value, ast.Name) else value
    if isinstance(known, ast.Call):
        plain = len(known.args) == 1 and not known.keywords  # str(octets, "utf-8") may be JSON
        return plain and module.dotted(known.func) in _NOT_JSON
    return isinstance(known, ast.Dict | ast.List)


CODE = Code(
    id="QR202",
    item="Proper JSON serialization/deserialization",
    title="Payload is not JSON",
    sentence="A payload is written as JSON.",
    why="str() of a dict has single quotes, which no JSON parser accepts.",
    wrong="""\
def add(db, payload):
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO task_queue (type, payload) VALUES (?, ?)",
            ("mail", str(payload)),
        )
""",
    right="""\
import json


def add(db, payload):
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO task_queue (type, payload) VALUES (?, ?)",
            ("mail", json.dumps(payload)),
        )
""",
    check=_payloads_without_json,
)
