"""QR204: a payload is read by get_payload()."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.code import Code, Finding
from pytest_queuekit.review.module import Module


def _parsed_payloads(module: Module) -> Iterator[Finding]:
    """Find json.loads of a task's payload."""
    for call in module.calls():
        if module.dotted(call.func) != "json.loads" or len(call.args) != 1:
            continue
        if module.knows_queue and _is_payload(call.args[0]):
            yield Finding(
                node=call,
                sentence=f"{ast.unparse(call)!r:.60} reads a payload by hand; use "
                "Task.from_dict(row).get_payload()",
            )


def _is_payload(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value == "payload"
    return isinstance(node, ast.Attribute) and node.attr == "payload"


CODE = Code(
    id="QR204",
    item="Using `Task.get_payload()` for payload parsing",
    sentence="A payload is read by get_payload().",
    why="It says which task has a payload that is no JSON; json.loads() says only where in "
    "the text.",
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
