"""QR201: tasks, workers and log lines are the queue's own dataclasses."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_queuekit.review.analysis.module import Module
from pytest_queuekit.review.code import Code, Finding

_MODELS = {
    "Task": {"id", "type", "priority", "payload", "status", "attempts", "locked_by"},
    "Worker": {"worker_id", "capabilities", "heartbeat_utc"},
    "TaskLog": {"log_id", "task_id", "at_utc", "level", "message"},
}
"""The fields by which a class is known as a copy of the queue's."""

_ENOUGH = {"Task": 5, "Worker": 3, "TaskLog": 4}


def _copied_models(module: Module) -> Iterator[Finding]:
    """Find classes that declare the fields of Task, Worker or TaskLog anew."""
    for node in module.nodes(ast.ClassDef) if module.knows_queue else ():
        assert isinstance(node, ast.ClassDef)  # noqa: S101 - for the type checker
        declared = {
            one.target.id
            for one in node.body
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        }
        for name, fields in _MODELS.items():
            if len(declared & fields) >= _ENOUGH[name]:
                yield Finding(
                    node=node,
                    sentence=f"{node.name} declares the fields of {name} anew; use {name}, which "
                    "follows the schema",
                )


CODE = Code(
    id="QR201",
    item="Using `Task`, `Worker`, `TaskLog` dataclasses",
    sentence="Tasks, workers and log lines are the queue's own dataclasses.",
    why="A copy of the fields does not know the columns of the next version.",
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
