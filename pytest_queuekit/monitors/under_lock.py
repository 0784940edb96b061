"""A call that waits for a stranger's lock counts its times from the end of the wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import SECOND, History, Operation, Outcome, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.attempts import failures, waits
from pytest_queuekit.monitors.timeline.findings import smallest, violation
from pytest_queuekit.monitors.timeline.lease_intervals import LeaseIntervals
from pytest_queuekit.monitors.timeline.moments import nanoseconds, number
from pytest_queuekit.monitors.timeline.tasks import DeliveredTask, TaskHistory, tasks_of
from pytest_queuekit.monitors.timeline.wording import PAST, actor, seconds, when

_SLACK = 0.2 * SECOND
"""Nanoseconds between the end of the lock and the moment from which a queue counts."""


def under_lock(history: History, contract: Contract) -> list[Violation]:
    """Report what a stranger's write lock makes a queue do wrong.

    `busy-after-lock`: a busy answer to a call that began after the lock's end and met no other
    call; `counted-from-call`: a lease, a delay or a retry wait that a call asked for while it
    waited for the lock, and that was over too early, because it was counted from the call.
    """
    locks = [lock for lock in history.by(Verb.LOCK) if lock.ok and lock.end is not None]
    if not locks:
        return []
    return smallest(
        [*_busy_after(history, locks[-1]), *_early(history, contract, locks)],
    )


def _busy_after(history: History, lock: Operation) -> Iterator[Violation]:
    for call in history:
        if call.outcome is Outcome.BUSY and lock.ended_before(call) and _is_alone(call, history):
            yield violation(
                "busy-after-lock",
                f"Busy answer to {call.verb} after the lock",
                f"{actor(call)} called {call.verb} {when(history, call)}, and the queue answered "
                f"busy although {actor(lock)} had released its lock and nobody else called.",
                lock,
                call,
            )


def _is_alone(call: Operation, history: History) -> bool:
    return not any(call.overlaps(other) for other in history if other is not call)


def _early(history: History, contract: Contract, locks: Sequence[Operation]) -> Iterator[Violation]:
    leases = history.derived(LeaseIntervals, contract)
    for task in tasks_of(history).values():
        if task.only_enqueue is None or not task.deliveries:
            continue
        for asked, length in _asked(history, contract, task, leases):
            lock = next((lock for lock in locks if _waited_for(asked, lock)), None)
            again = _next_delivery(task, asked)
            if lock is None or again is None or again.end is None or lock.end is None:
                continue
            if again.end < lock.end + length - _SLACK:
                yield violation(
                    "counted-from-call",
                    f"Time of {asked.verb} counted from the call",
                    f"{actor(asked)} {PAST[asked.verb]} {task.label} {when(history, asked)}, for "
                    f"{seconds(length / SECOND)}, and had to wait for the lock of {actor(lock)}. "
                    f"{actor(again)} claimed the task {when(history, again)}, "
                    f"{seconds(round((again.end - lock.end) / SECOND, 3))} after the lock.",
                    asked,
                    lock,
                    again,
                )


def _asked(
    history: History, contract: Contract, task: TaskHistory, leases: LeaseIntervals
) -> Iterator[tuple[Operation, float]]:
    """Return each call that asked for a time, with the nanoseconds of that time.

    An extension may count from the call: the worker knows when it asked.
    """
    delay = number(task.enqueues[0].arguments.get("delay"))
    if delay is not None and task.enqueues[0].ok:
        yield task.enqueues[0], nanoseconds(delay)
    for delivery in task.deliveries:
        length = _lease(contract, delivery, leases)
        if length is not None and not delivery.endings and not delivery.extensions:
            yield delivery.claim, length
    for place, failure, count in failures(task, leases):
        yield failure, waits(contract, count, place + 1)[0]


def _lease(contract: Contract, delivery: DeliveredTask, leases: LeaseIntervals) -> float | None:
    known = "batch" not in delivery.claim.arguments or contract.leases_batches
    if Capability.LEASE not in contract.capabilities or not known:
        return None
    leased = leases.length_of(delivery.claim)
    return None if leased is None else nanoseconds(leased)


def _waited_for(call: Operation, lock: Operation) -> bool:
    """Return True if a call began under the lock and ended after it: it wrote after the lock."""
    if lock.end is None or call.end is None:
        return False
    return lock.start < call.start < lock.end <= call.end


def _next_delivery(task: TaskHistory, call: Operation) -> Operation | None:
    """Return the first delivery of the task that began after a call."""
    claims = (delivery.claim for delivery in task.deliveries)
    return next((claim for claim in claims if call.ended_before(claim)), None)
