"""QR204: get_payload() parses a payload."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.code import Code, Match

_TASK = re.compile(r"(row|task|job|record|claimed)s?$", re.IGNORECASE)
_GIVES = frozenset({"fetchone", "claim", "claim_task"})


def _parsed_payloads(module: Module) -> Iterator[Match]:
    """Yield each json.loads() of a task's payload."""
    for call in module.calls():
        if module.dotted(call.func) != "json.loads" or len(call.args) != 1:
            continue
        if module.knows_queue and _is_payload(module, call.args[0]):
            yield Match(
                node=call,
                detail=f"{ast.unparse(call)!r:.60} parses a payload by hand; use "
                "Task.from_dict(row).get_payload()",
            )


def _is_payload(module: Module, node: ast.expr) -> bool:
    if isinstance(node, ast.BoolOp):
        return _is_payload(module, node.values[0])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        keys = [key.value for key in node.args[:1] if isinstance(key, ast.Constant)]
        gets = node.func.attr == "get" and keys == ["payload"]
        return gets and _is_task(module, node.func.value)
    if isinstance(node, ast.Subscript):
        named = isinstance(node.slice, ast.Constant) and node.slice.value == "payload"
        return named and _is_task(module, node.value)
    return (
        isinstance(node, ast.Attribute) and node.attr == "payload" and _is_task(module, node.value)
    )


def _is_task(module: Module, node: ast.expr) -> bool:
    """Return True if a value is a task or its row, by its name or by the call that made it."""
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    known = module.meaning(node) if isinstance(node, ast.Name | ast.Attribute) else node
    function = known.func if isinstance(known, ast.Call) else None
    fetched = isinstance(function, ast.Attribute) and function.attr in _GIVES
    return fetched or bool(_TASK.search(name))


CODE = Code(
    id="QR204",
    item="Using `Task.get_payload()` for payload parsing",
    title="Payload parsed by hand",
    sentence="get_payload() parses a payload.",
    why="The error of get_payload() names the task with the invalid JSON; the error of "
    "json.loads() names only a position in the text.",
    wrong="""\
import json
from pytest_queuekit.queue import QueueDatabase


def payload_of(row):
    return json.loads(row["payload"])
""",
    right="""\
from pytest_queuekit.queue import QueueDatabase, Task


def payload_of(row):
    return Task.from_dict(row).get_payload()
""",
    check=_parsed_payloads,
)
