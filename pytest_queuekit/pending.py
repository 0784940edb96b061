"""What a run may still have to wait for before its queue is certain to be empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

from pytest_queuekit.contract import Contract, Retry
from pytest_queuekit.history import Operation, Outcome, Verb


def pending_waits(
    operations: Sequence[Operation], contract: Contract, lease: float
) -> tuple[float, ...]:
    """Return the seconds to wait, in order, claiming after each.

    First all leases, delays and retries run out; then, where a lease was held and the queue
    retries, the wait that it may put after a lease that ran out. Zero where nothing is pending.
    """
    unfinished = _unfinished(operations)
    if not unfinished:
        return (0.0,)
    held = _is_anything_held(operations)
    longest = max(
        chain(
            (lease if held else 0.0,),
            _delays(operations, unfinished),
            _retries(operations, unfinished, contract.retry),
        )
    )
    retry = contract.retry
    after_lease = retry.wait(retry.max_attempts)[1] if held and retry else 0.0
    return (longest, after_lease) if after_lease else (longest,)


def _unfinished(operations: Sequence[Operation]) -> set[str]:
    put = {one.task for one in operations if one.verb is Verb.ENQUEUE and _may_be(one)}
    done = {one.task for one in operations if one.ok and one.verb in (Verb.COMPLETE, Verb.CANCEL)}
    return {task for task in put - done if task is not None}


def _is_anything_held(operations: Sequence[Operation]) -> bool:
    let_go = {
        (one.actor, one.claim)
        for one in operations
        if one.ok and one.verb in (Verb.COMPLETE, Verb.FAIL, Verb.RELEASE)
    }
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


def _retries(
    operations: Sequence[Operation], tasks: set[str], retry: Retry | None
) -> Iterator[float]:
    failures = Counter(
        one.task for one in operations if one.verb is Verb.FAIL and one.task in tasks
    )
    if retry is not None:
        yield from (retry.wait(count)[1] for count in failures.values())


def _may_be(operation: Operation) -> bool:
    return operation.outcome in (Outcome.OK, Outcome.UNKNOWN)


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
