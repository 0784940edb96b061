"""What a run may still have to wait for before its queue is certain to be empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pytest_queuekit.model.capabilities import Capability, Retry
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import Operation, Outcome, Verb
from pytest_queuekit.model.verbs import ENDINGS


def longest_wait(operations: Sequence[Operation], contract: Contract, lease: float) -> float:
    """Return the seconds until all leases, delays and retries have run out.

    Zero where every task is completed or cancelled.
    """
    unfinished = _unfinished(operations, contract)
    if not unfinished:
        return 0.0
    failures = Counter(
        one.task for one in operations if one.verb is Verb.FAIL and one.task in unfinished
    )
    waits = (*_delays(operations, unfinished), *_retries(failures.values(), contract.retry))
    return max(waits, default=0.0) if not _is_anything_held(operations) else max(lease, *waits)


def wait_after_leases(operations: Sequence[Operation], contract: Contract, _lease: float) -> float:
    """Return the seconds that tasks may have to wait whose leases have run out.

    A queue may count each of these as a failure, and let the task wait as after one.
    """
    unfinished = _unfinished(operations, contract)
    deliveries = Counter(
        one.task for one in operations if one.is_delivery and one.task in unfinished
    )
    return max(_retries(deliveries.values(), contract.retry), default=0.0)


def _unfinished(operations: Sequence[Operation], contract: Contract) -> set[str]:
    put = {one.task for one in operations if one.verb is Verb.ENQUEUE and _may_be(one)}
    last = Verb.COMPLETE if Capability.COMPLETE in contract.capabilities else Verb.CLAIM
    done = {one.task for one in operations if one.ok and one.verb in (last, Verb.CANCEL)}
    return {task for task in put - done if task is not None}


def _is_anything_held(operations: Sequence[Operation]) -> bool:
    let_go = {(one.actor, one.claim) for one in operations if one.ok and one.verb in ENDINGS}
    return any(
        one.outcome is Outcome.UNKNOWN
        or (one.is_delivery and (one.actor, one.number) not in let_go)
        for one in operations
        if one.verb is Verb.CLAIM
    )


def _delays(operations: Sequence[Operation], tasks: set[str]) -> Iterator[float]:
    for one in operations:
        if one.verb is Verb.ENQUEUE and one.task in tasks and _may_be(one):
            yield _seconds(one.arguments.get("delay"))


def _retries(counts: Iterable[int], retry: Retry | None) -> list[float]:
    return [retry.wait(count)[1] for count in counts] if retry else []


def _may_be(operation: Operation) -> bool:
    return operation.outcome in (Outcome.OK, Outcome.UNKNOWN)


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
