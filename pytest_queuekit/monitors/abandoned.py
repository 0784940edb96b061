"""The task of a dead worker comes back, although the queue declares no way to notice the death."""

from __future__ import annotations

from pytest_queuekit.model.capabilities import Capability, Liveness
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.attempts import possible_limit, waits
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.losses import EmptyClaims
from pytest_queuekit.monitors.timeline.moments import nanoseconds
from pytest_queuekit.monitors.timeline.tasks import (
    DeliveredTask,
    TaskHistory,
    listed_dead,
    tasks_of,
)
from pytest_queuekit.monitors.timeline.wording import actor, when


def abandoned(history: History, contract: Contract) -> list[Violation]:
    """Report `abandoned`: the task of a killed worker that no later claim received.

    For a queue that promises at-least-once and declares no liveness, where the scenario lets time
    pass, reclaims, and claims by an instance that was opened after the death. `expiry` judges the
    queues that declare how they notice a death.
    """
    at_least_once = Capability.AT_LEAST_ONCE in contract.capabilities
    if contract.liveness is not Liveness.NONE or not at_least_once:
        return []
    kills = {kill.actor: kill for kill in history.by(Verb.KILL)}
    empty_claims, dead = history.derived(EmptyClaims), listed_dead(history)
    return smallest(
        _violation(history, last, kill, empty)
        for task in tasks_of(history).values()
        if task.only_enqueue is not None and task.deliveries and task.label not in dead
        for last in task.deliveries[-1:]
        for kill in [kills.get(last.claim.actor)]
        for empty in [empty_claims.last_for(task.enqueues[0])]
        if kill is not None and empty is not None and not last.endings
        if not _may_be_dead(history, contract, task, empty)
        if empty.start > kill.start + nanoseconds(contract.notice) + waits(contract, 1, 1)[1]
    )


def _may_be_dead(history: History, contract: Contract, task: TaskHistory, empty: Operation) -> bool:
    """Return True if the death may have been the last attempt of a task, and made it a dead letter.

    A queue that neither reclaims nor lists dead letters notices no death at all.
    """
    if len(task.deliveries) < possible_limit(task, contract):
        return False
    if Capability.DEAD_LETTERS not in contract.capabilities:
        return Capability.RECLAIM in contract.capabilities
    lists = (answer for answer in history.by(Verb.DEAD_LETTERS) if answer.ok)
    return not any(empty.ended_before(answer) for answer in lists)


def _violation(
    history: History, last: DeliveredTask, kill: Operation, empty: Operation
) -> Violation:
    task = last.claim.task
    return violation(
        "abandoned",
        "Task of a dead worker never delivered again",
        f"{actor(kill)} was killed {when(history, kill)} with {task}, and the last claim, by "
        f"{actor(empty)} {when(history, empty)}, returned empty. The queue declares "
        "`guarantee=AT_LEAST_ONCE` and `liveness=NONE`: declare how it notices a death, or "
        "`AT_MOST_ONCE`.",
        last.claim,
        kill,
        empty,
    )
