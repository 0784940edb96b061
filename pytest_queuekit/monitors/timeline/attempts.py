"""Attempts: the declared limit, the certain failures, and the wait after a failure."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_queuekit.model.capabilities import Capability, Retry, declaration
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import Operation, Verb
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.moments import NEVER, nanoseconds, number
from pytest_queuekit.monitors.timeline.tasks import TaskHistory


def declared_limit(task: TaskHistory, contract: Contract) -> float | None:
    """Return the failures after which a task must be given up; None if undeclared."""
    if task.requeued is not None and contract.requeue_attempts is not None:
        return contract.requeue_attempts
    own = _requested_limits(task)
    if own:
        return min(own)
    return None if contract.retry is None else contract.retry.max_attempts


def cite_limit(task: TaskHistory, contract: Contract) -> str:
    """Return the source of a task's declared limit, for a message."""
    if task.requeued is not None and contract.requeue_attempts is not None:
        return f"declared `requeue_attempts={contract.requeue_attempts}`"
    own = _requested_limits(task)
    if own:
        return f"enqueued with max_attempts={min(own):g}"
    if contract.retry is None:
        return "no declared limit"
    return f"declared `{declaration(contract.retry, 'max_attempts')}`"


def _requested_limits(task: TaskHistory) -> list[float]:
    option = "max_attempts"
    given = [each.arguments[option] for each in task.enqueues if option in each.arguments]
    return [limit for limit in map(number, given) if limit is not None]


def is_final(said: Operation) -> bool:
    """Return True for a failure that asks for no further attempt."""
    return said.verb is Verb.FAIL and said.arguments.get("retry") is False


def is_last(failure: Operation, count: int, limit: float | None) -> bool:
    """Return True if a task is dead after a failure, which is the count-th."""
    return is_final(failure) or (limit is not None and count >= limit)


def cite_death(failure: Operation, task: TaskHistory, contract: Contract) -> str:
    """Return the source of a task's death by its last failure, for a message."""
    return "reported with `retry=False`" if is_final(failure) else cite_limit(task, contract)


def possible_limit(task: TaskHistory, contract: Contract) -> float:
    """Return the attempts after which a queue may give up a task.

    Without a declared limit, a queue with `fail` or `dead_letters` may give up a task after its
    second attempt.
    """
    declared = declared_limit(task, contract)
    if declared is not None:
        return declared
    gives_up = {Capability.FAIL, Capability.DEAD_LETTERS} & contract.capabilities
    return 2 if gives_up else NEVER


def failures(task: TaskHistory, leases: LeaseIntervals) -> Iterator[tuple[int, Operation, int]]:
    """Return each certain failure of a task: its delivery's place, the operation, the count."""
    count = 0
    for place, delivery in enumerate(task.deliveries):
        for ending in delivery.endings:
            if ending.verb is Verb.FAIL and leases.took_effect(task, delivery, ending):
                count += 1
                yield place, ending, count


def waits(contract: Contract, least: int, most: int) -> tuple[float, float]:
    """Return the shortest and longest wait, in nanoseconds, after `least` to `most` failures.

    Zero and zero if none is declared.
    """
    if contract.retry is None:
        return 0, 0
    # The wait grows or shrinks steadily with the failures, so the ends bound all counts between.
    ends = [_wait(contract.retry, least), _wait(contract.retry, most)]
    return nanoseconds(min(low for low, _ in ends)), nanoseconds(max(high for _, high in ends))


def _wait(retry: Retry, count: int) -> tuple[float, float]:
    try:
        return retry.wait(count)
    except OverflowError:  # the wait exceeds every float, so the cap applies
        return retry.cap * (1 - retry.jitter), retry.cap * (1 + retry.jitter)
