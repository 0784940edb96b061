"""An invalid delay or lease does no harm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import SECOND, History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.moments import LONGEST_LEASE, number
from pytest_queuekit.monitors.timeline.tasks import DeliveredTask, TaskHistory, tasks_of
from pytest_queuekit.monitors.timeline.wording import PAST, actor, when

_AT_ONCE = SECOND // 2
"""Nanoseconds within which an accepted lease must not end."""


def bad_durations(history: History, contract: Contract) -> list[Violation]:
    """Report invalid durations that were accepted and then did harm.

    `swallowed`: a task with an invalid delay was never delivered; `instant-lease`: a task with an
    invalid lease or extension was delivered again within half a second; `immortal-lease`: such a
    task was never delivered again. For scenarios that use invalid durations only, and claim until
    the queue is empty after every possible meaning of them has passed.
    """
    tasks = tasks_of(history).values()
    leased = (
        harm
        for task in tasks
        for delivery in task.deliveries[:1]
        for operation, seconds in _invalid_leases(task, delivery)
        for harm in _harm(history, contract, task, operation, seconds)
    )
    return smallest([*leased, *(harm for task in tasks for harm in _swallowed(history, task))])


def _swallowed(history: History, task: TaskHistory) -> Iterator[Violation]:
    for enqueue in task.enqueues if history.drained and not task.deliveries else ():
        delay = enqueue.arguments.get("delay")
        if enqueue.ok and delay is not None and not (number(delay) or 0) > 0:
            yield violation(
                "swallowed",
                "Task with an invalid delay never delivered",
                f"{actor(enqueue)} enqueued {task.label} with delay={delay!r} "
                f"{when(history, enqueue)}, and the task was never delivered. "
                "Refuse an invalid delay, or ignore it.",
                enqueue,
                history.by(Verb.CLAIM)[-1],
            )


def _invalid_leases(task: TaskHistory, delivery: DeliveredTask) -> Iterator[tuple[Operation, Any]]:
    """Return the enqueue, the claim and the extensions that asked for an invalid lease."""
    extensions = ((extension, "seconds") for extension in delivery.extensions if extension.ok)
    leases = ((operation, "lease") for operation in (*task.enqueues, delivery.claim))
    for operation, name in (*leases, *extensions):
        seconds = operation.arguments.get(name)
        # A claim without the option asked for the queue's own lease.
        if name in operation.arguments and not _is_valid(seconds):
            yield operation, seconds


def _is_valid(seconds: Any) -> bool:
    given = number(seconds)
    return given is not None and 0 < given <= LONGEST_LEASE


def _harm(
    history: History, contract: Contract, task: TaskHistory, operation: Operation, seconds: Any
) -> Iterator[Violation]:
    name = "seconds" if operation.verb is Verb.EXTEND else "lease"
    accepted = (
        f"{actor(operation)} {PAST[operation.verb]} {task.label} with {name}={seconds!r} "
        f"{when(history, operation)}, and the task was"
    )
    # The lease that a task brings from its enqueue begins with its delivery.
    begun = task.deliveries[0].claim if operation.verb is Verb.ENQUEUE else operation
    again = next((delivery.claim for delivery in task.deliveries[1:]), None)
    if again is None:
        if history.drained and Capability.SECOND_ATTEMPT in contract.capabilities:
            yield violation(
                "immortal-lease",
                "Invalid lease accepted and never expired",
                f"{accepted} never delivered again. Refuse an invalid lease.",
                operation,
                history.by(Verb.CLAIM)[-1],
            )
    elif again.start - (begun.end or begun.start) < _AT_ONCE:
        yield violation(
            "instant-lease",
            "Invalid lease accepted and expired at once",
            f"{accepted} delivered again, to {actor(again)}, {when(history, again)}. "
            "Refuse an invalid lease.",
            operation,
            again,
        )
