"""How long a run must wait before an empty answer proves that its queue is empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pytest_queuekit.model.capabilities import Capability, Retry
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import Operation, Outcome, Verb
from pytest_queuekit.model.verbs import ENDINGS
from pytest_queuekit.monitors.timeline.moments import LONGEST_LEASE


def longest_wait(operations: Sequence[Operation], contract: Contract, lease: float) -> float:
    """Return the seconds until all leases, delays and retries have ended.

    Where the queue has no leases, a dead worker is noticed by then. Zero if every task is completed
    or cancelled.
    """
    tasks = unfinished(operations, contract)
    if not tasks:
        return 0.0
    failures = Counter(
        operation.task
        for operation in operations
        if operation.verb is Verb.FAIL and operation.task in tasks
    )
    waits = (
        *_numbers("delay", operations, tasks),
        *_retries(failures.values(), contract.retry),
    )
    if not _is_anything_held(operations):
        return max(waits, default=0.0)
    # Nobody waits for the end of an invalid lease: it may be endless.
    own = (lease for lease in _numbers("lease", operations, tasks) if lease <= LONGEST_LEASE)
    return max(until_noticed(contract, lease), *own, *waits)


def until_noticed(contract: Contract, lease: float) -> float:
    """Return the seconds until the queue takes a task from a worker that does nothing more."""
    return contract.notice if contract.notices_death else lease


def wait_after_leases(operations: Sequence[Operation], contract: Contract, _lease: float) -> float:
    """Return the seconds for which tasks may have to wait after their leases have expired.

    A queue may count an expired lease as a failure, and delay the next attempt.
    """
    tasks = unfinished(operations, contract)
    deliveries = Counter(
        operation.task
        for operation in operations
        if operation.is_delivery and operation.task in tasks
    )
    return max(_retries(deliveries.values(), contract.retry), default=0.0)


def unfinished(operations: Sequence[Operation], contract: Contract) -> set[str]:
    """Return the tasks that may come again.

    An accepted completion ends its task only if no other worker has received the task since: a
    queue may accept a stale one without effect. The delivery that ends last is the latest. It may
    have begun first: claim 1 [0, 9] waits while claim 2 [1, 2] takes the task, and releases it.
    """
    latest = {
        claim.task: (claim.actor, claim.number)
        for claim in sorted(operations, key=lambda operation: operation.end or operation.start)
        if claim.is_delivery
    }
    finished = {
        operation.task
        for operation in operations
        if operation.ok
        and (
            operation.verb is Verb.CANCEL
            or (
                operation.verb is Verb.COMPLETE
                and latest.get(operation.task) == (operation.actor, operation.claim)
            )
        )
    }
    if Capability.COMPLETE not in contract.capabilities:
        finished |= latest.keys()
    enqueued = {operation.task for operation in operations if _may_have_enqueued(operation)}
    return {task for task in enqueued - finished if task is not None}


def _is_anything_held(operations: Sequence[Operation]) -> bool:
    ended = {
        (operation.actor, operation.claim)
        for operation in operations
        if operation.ok and operation.verb in ENDINGS
    }
    return any(
        claim.outcome is Outcome.UNKNOWN
        or (claim.is_delivery and (claim.actor, claim.number) not in ended)
        for claim in operations
        if claim.verb is Verb.CLAIM
    )


def _numbers(option: str, operations: Sequence[Operation], tasks: set[str]) -> Iterator[float]:
    """Return the seconds of an option of the tasks' enqueues; zero for a task without it."""
    for operation in operations:
        if operation.task in tasks and _may_have_enqueued(operation):
            given = operation.arguments.get(option)
            yield float(given) if isinstance(given, int | float) else 0.0


def _retries(failures: Iterable[int], retry: Retry | None) -> list[float]:
    return [retry.wait(count)[1] for count in failures] if retry else []


def _may_have_enqueued(operation: Operation) -> bool:
    return operation.verb is Verb.ENQUEUE and operation.outcome in (Outcome.OK, Outcome.UNKNOWN)
