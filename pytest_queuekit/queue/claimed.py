"""Claims as their workers hold them: checks, later states, and the errors of a lost claim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .exceptions import QueueInputError, StaleClaimError
from .inputs import check_list, json_text
from .messages import kind_of, shown
from .models import Task


def completed(task: Task, now: str, result: str | None) -> Task:
    """Return the new state of a task; only the holder of the claim could change it."""
    return Task.from_values(
        vars(task)
        | {
            "status": "completed",
            "completed_at_utc": now,
            "finished_at_utc": now,
            "updated_at_utc": now,
            "result": result,
            "locked_by": None,
            "lease_until_utc": None,
        }
    )


def check_claimed(task: Task) -> None:
    """Raise QueueInputError if `task` is not a Task; its id is not enough."""
    if not isinstance(task, Task):
        raise QueueInputError(
            f"task: must be the Task that claim() returned, not a value of type {kind_of(task)}"
        )


def checked_completions(
    tasks: Iterable[Task], results: Iterable[Any]
) -> tuple[list[Task], list[str | None]]:
    """Return the claimed tasks of a batch, and the result of each as JSON.

    results: a result or None for each task, or nothing.

    Raises QueueInputError for a value that is no task, a result that is not JSON, or another number
    of results than of tasks.
    """
    held = check_list("tasks", tasks)
    for task in held:
        check_claimed(task)
    values = check_list("results", results) or [None] * len(held)
    if len(values) != len(held):
        raise QueueInputError(
            f"results: {len(values)} for {len(held)} tasks; pass a result or None for each task"
        )
    return held, [
        None if result is None else json_text(f"results[{number}]", result)
        for number, result in enumerate(values)
    ]


def claim_of(task: Task) -> tuple[Any, ...]:
    """Return the id, token, worker and moment by which a claim is known."""
    return task.id, task.lease_token, task.locked_by, task.reserved_at_utc


def repeated(tasks: Sequence[Task], first: int, number: int) -> QueueInputError:
    """Return the error of a claim that a batch names twice."""
    return QueueInputError(
        f"tasks[{number}] is task {shown(tasks[number].id)}, as tasks[{first}] is; "
        "pass each task once; nothing was changed"
    )


def stale(task: Task, present: tuple[str, int, str | None] | None) -> StaleClaimError:
    """Return the error of a claim that is not held any more.

    present: the status, token and worker of the task; None if it does not exist.
    """
    held = (
        f"task {shown(task.id)}, lease_token={shown(task.lease_token)}, "
        f"locked_by={shown(task.locked_by)}"
    )
    if present is None:
        return StaleClaimError(
            f"{held}: the task no longer exists; nothing was changed. "
            "Discard the result of this work"
        )
    status, token, worker = present
    return StaleClaimError(
        f"{held}: the claim is no longer held, and the task is now {status} with "
        f"lease_token={token}{f' by {shown(worker)}' if worker else ''}; nothing was changed. "
        "Discard the result of this work"
    )
