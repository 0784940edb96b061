"""Lives: the history of a task until its requeue, and from each requeue on that certainly counts.

A task that was never requeued has one life.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation
from pytest_queuekit.monitors.timeline.attempts import declared_limit, failures, is_last
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.moments import NEVER, latest
from pytest_queuekit.monitors.timeline.tasks import TaskHistory, tasks_of


def lives_of(history: History, contract: Contract) -> Sequence[TaskHistory]:
    """Return the lives of all tasks with one enqueue. No life has requeues.

    Tasks with a requeue whose place among the claims is unknown are left out.
    """
    return history.derived(_lives, contract)


def _lives(history: History, contract: Contract) -> list[TaskHistory]:
    leases = history.derived(LeaseIntervals, contract)
    lives: list[TaskHistory] = []
    for task in tasks_of(history).values():
        if task.only_enqueue is not None:  # never requeued, as most tasks
            lives.append(task)
        elif len(task.enqueues) == 1 and not _meets(task):
            lives += _in_turn(task, leases, contract)
    return lives


def _meets(task: TaskHistory) -> bool:
    """Return True if a requeue overlaps another requeue, or a claim that received the task.

    Counter-example: the requeue [4, 6] of a dead task, claim [5, 7] -> task may be the first claim
    of the new life.
    """
    claims = [delivery.claim for delivery in task.deliveries]
    pairs = [(call, claim) for call in task.requeues for claim in claims]
    return any(one.overlaps(other) for one, other in [*pairs, *combinations(task.requeues, 2)])


def _in_turn(
    task: TaskHistory, leases: LeaseIntervals, contract: Contract
) -> Iterator[TaskHistory]:
    requeued: Operation | None = None
    for call in (*task.requeues, None):
        life = _between(task, requeued, call)
        yield life
        # A requeue of a task that may be alive has no effect, or another one in each queue.
        if call is None or not call.ok or not _is_dead(life, call, leases, contract):
            return
        requeued = call


def _between(
    task: TaskHistory, requeued: Operation | None, following: Operation | None
) -> TaskHistory:
    """Return the life of a task between two requeues. The following one ends it like a cancel."""
    since = -NEVER if requeued is None else latest(requeued)
    until = NEVER if following is None else following.start
    deliveries = [each for each in task.deliveries if since < each.claim.start < until]
    cancels = [call for call in task.cancels if latest(call) >= since]
    return replace(
        task,
        only_enqueue=task.enqueues[0],
        first_claim=deliveries[0].claim if deliveries else None,
        deliveries=deliveries,
        cancels=cancels if following is None else [*cancels, following],
        requeues=[],
        requeued=requeued,
        earlier=sum(each.claim.start <= since for each in task.deliveries),
    )


def _is_dead(
    life: TaskHistory, call: Operation, leases: LeaseIntervals, contract: Contract
) -> bool:
    """Return True if a task was certainly dead when it was requeued, and not cancelled."""
    if any(cancel is not call and cancel.start <= latest(call) for cancel in life.cancels):
        return False
    failed = [said for _, said, _ in failures(life, leases) if said.ended_before(call)]
    return bool(failed) and is_last(failed[-1], len(failed), declared_limit(life, contract))
