"""QR201: code uses the queue's dataclasses for tasks, workers and log lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.code import Code, Match

_MODELS = {
    "Task": {"id", "type", "priority", "payload", "status", "attempts", "locked_by"},
    "Worker": {"worker_id", "capabilities", "heartbeat_utc"},
    "TaskLog": {"log_id", "task_id", "at_utc", "level", "message"},
}
"""The fields that mark a class as a copy of one of the queue's."""

_ENOUGH = {"Task": 5, "Worker": 3, "TaskLog": 4}
"""Number of shared fields from which a class counts as a copy."""


def _copied_models(module: Module) -> Iterator[Match]:
    """Yield each class that declares the fields of Task, Worker or TaskLog again."""
    for node in module.nodes(ast.ClassDef) if module.knows_queue else ():
        assert isinstance(node, ast.ClassDef)  # noqa: S101 - for the type checker
        declared = {
            field.target.id
            for field in node.body
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        }
        for name, fields in _MODELS.items():
            if len(declared & fields) >= _ENOUGH[name]:
                yield Match(
                    node=node,
                    detail=f"class {node.name} repeats the fields of {name}; use {name}, which "
                    "follows the schema",
                )


CODE = Code(
    id="QR201",
    item="Using `Task`, `Worker`, `TaskLog` dataclasses",
    title="Copy of a queue dataclass",
    sentence="Code uses the queue's dataclasses for tasks, workers and log lines.",
    why="A copy of the fields lacks the columns that the next version adds.",
    wrong="""\
from dataclasses import dataclass
from pytest_queuekit.queue import QueueDatabase


@dataclass
class Job:
    id: int
    type: str
    status: str
    priority: int
    payload: str
""",
    right="""\
from pytest_queuekit.queue import QueueDatabase, Task


def describe(task: Task) -> str:
    return f"{task.type} #{task.id}"
""",
    check=_copied_models,
)
