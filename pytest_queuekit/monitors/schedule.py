"""A delayed task is not delivered before its delay is over."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.moments import CLOCK_TOLERANCE, NEVER, nanoseconds, number
from pytest_queuekit.monitors.timeline.tasks import TaskHistory, tasks_of
from pytest_queuekit.monitors.timeline.wording import actor, when


def schedule(history: History, contract: Contract) -> list[Violation]:
    """Report `early`: a delivery that ended before the task's delay can have been over."""
    return smallest(early for task in tasks_of(history).values() for early in _early(history, task))


def _early(history: History, task: TaskHistory) -> Iterator[Violation]:
    due = min(map(_due, task.enqueues), default=-NEVER)
    for delivery in task.deliveries:
        claim = delivery.claim
        # A claim counts at its end, not at its start: it may wait for the task. Counter-example:
        # enqueue [1, 4] with a delay of 5 s, claim [2, 6] is legal.
        if claim.end is not None and claim.end + CLOCK_TOLERANCE < due:
            enqueue = min(task.enqueues, key=_due)
            yield violation(
                "early",
                "Delayed task delivered too early",
                f"{actor(claim)} claimed {task.label} {when(history, claim)} although "
                f"{actor(enqueue)} had enqueued it {when(history, enqueue)} with a delay of "
                f"{enqueue.arguments.get('delay')} s.",
                enqueue,
                claim,
            )


def _due(enqueue: Operation) -> float:
    """Return the first nanosecond at which a task may be delivered.

    The delay counts from the enqueue's start, not from its end: the queue may stamp it there.
    """
    if "delay" not in enqueue.arguments:
        return enqueue.start
    delay = number(enqueue.arguments["delay"])
    return enqueue.start + nanoseconds(max(delay or 0, 0))
