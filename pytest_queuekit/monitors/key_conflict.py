"""An enqueue with the key of a waiting task has the declared effect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from pytest_queuekit.model.capabilities import KeyConflict
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.moments import NEVER, latest
from pytest_queuekit.monitors.timeline.shelf_life import may_expire
from pytest_queuekit.monitors.timeline.tasks import (
    TaskHistory,
    UnknownClaims,
    next_claim,
    tasks_with,
)
from pytest_queuekit.monitors.timeline.wording import actor, done, when


def key_conflict(history: History, contract: Contract) -> list[Violation]:
    """Report enqueues with the key of a waiting task that had another effect than declared.

    `key-not-refused`: accepted, where the queue refuses it, except in a batch, which may leave the
    task out and accept the others; `not-replaced`: accepted, but the first payload was delivered
    where the queue replaces it. Where the first task stays, `idempotency` reports a second one
    that takes its place.
    """
    declared = contract.key_conflict
    refuses = declared is KeyConflict.REFUSE
    if (
        declared not in (KeyConflict.REFUSE, KeyConflict.REPLACE)
        or history.derived(UnknownClaims.of).claims
    ):
        return []
    keyed: dict[str, list[TaskHistory]] = defaultdict(list)
    for task in tasks_with(history, "key"):
        for key in {repr(each.arguments.get("key")) for each in task.enqueues} - {repr(None)}:
            keyed[key].append(task)
    return smallest(
        _violation(history, contract, first, second, again)
        for tasks in keyed.values()
        for first, second in _conflicts(tasks)
        for again in [next_claim(first, second)]
        if ("batch" not in second.arguments if refuses else again is not None)
    )


def _conflicts(tasks: Sequence[TaskHistory]) -> Iterator[tuple[TaskHistory, Operation]]:
    """Return each accepted enqueue with each task that was not claimed before it ended."""
    known = [task for task in tasks if task.only_enqueue is not None]
    by_start = sorted(known, key=lambda task: task.enqueues[0].start)
    for place, task in enumerate(by_start):
        second = task.enqueues[0]
        for first in by_start[:place]:
            older = first.enqueues[0]
            if not (second.ok and older.ok and latest(older) < second.start):
                continue
            if _waited(first, second) and not _may_be_left_out(first, tasks):
                yield first, second


def _may_be_left_out(task: TaskHistory, tasks: Sequence[TaskHistory]) -> bool:
    """Return True if a batch may have been accepted without this task, whose key was in use.

    A batch whose keys are in use may be accepted with the other tasks only: a task that it leaves
    out holds no key.
    """
    enqueue = task.enqueues[0]
    return "batch" in enqueue.arguments and any(
        other is not task and other.enqueues[0].start <= latest(enqueue) for other in tasks
    )


def _waited(task: TaskHistory, operation: Operation) -> bool:
    """Return True if a task certainly waited for its first delivery until an operation's end."""
    taken = NEVER if task.first_claim is None else task.first_claim.start
    cancelled = min((cancel.start for cancel in task.cancels), default=NEVER)
    return latest(operation) < min(taken, cancelled, may_expire(task.enqueues[0]))


def _violation(
    history: History,
    contract: Contract,
    first: TaskHistory,
    second: Operation,
    again: Operation | None,
) -> Violation:
    refuse = contract.key_conflict is KeyConflict.REFUSE
    older = first.enqueues[0]
    fate = f"{actor(second)} enqueued {second.task} {when(history, second)}, which was accepted"
    if not refuse and again is not None:
        fate = (
            f"{actor(again)} claimed {first.label} {when(history, again)} although "
            f"{actor(second)} had replaced it with {second.task} {when(history, second)}"
        )
    return violation(
        "key-not-refused" if refuse else "not-replaced",
        "Enqueue with a key in use accepted" if refuse else "Replaced payload delivered",
        f"{fate}: key {older.arguments.get('key')!r} belonged to {first.label} "
        f"({done(history, older)}), which still waited (declared `key_conflict="
        f"{contract.key_conflict.name if contract.key_conflict else None}`).",
        older,
        second,
        None if refuse else again,
    )
