"""The programs of concurrent actors, at module level so that processes can import them."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from pytest_queuekit.execution.environment import claim_all
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import SECOND, Outcome
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder

_PAUSE = 0.01
"""Seconds between two attempts of a call."""

_BATCH = 5
"""Tasks of a batch."""

_PATIENCE = 5.0
"""Seconds for which an actor repeats a call that is answered with busy."""


def produce(recorder: Recorder, *, count: int, pause: float = 0.0) -> None:
    """Enqueue `count` tasks, with a pause of `pause` seconds after each."""
    for number in range(1, count + 1):
        _enqueue(recorder, f"{recorder.actor}-{number}")
        if pause:
            recorder.clock.wait(pause)


def produce_with_keys(recorder: Recorder, *, count: int) -> None:
    """Enqueue a task with each of `count` keys, which all producers share."""
    for number in range(1, count + 1):
        _enqueue(recorder, f"{recorder.actor}-{number}", key=f"key-{number}")


def produce_forever(recorder: Recorder) -> None:
    """Enqueue tasks, alone and in batches, without end: a fault must kill the actor."""
    for number in itertools.count(1):
        label = f"{recorder.actor}-{number}"
        recorder.enqueue(label)
        if recorder.can(Capability.ENQUEUE_MANY):
            recorder.enqueue_many([f"{label}-of-batch-{place}" for place in range(1, _BATCH + 1)])


def drain(recorder: Recorder) -> None:
    """Claim and complete until the queue answers that it is empty."""
    claim_all(recorder)


def drain_at_ease(recorder: Recorder, *, work: float) -> None:
    """Claim and complete until the queue is empty, with `work` seconds of work per task."""
    while (delivery := _claim(recorder)) is not None:
        recorder.clock.wait(work)
        _complete(recorder, delivery)


def consume(recorder: Recorder, *, idle: float) -> None:
    """Claim and complete tasks, until claims have returned no task for `idle` seconds."""
    _consume(recorder, idle, _complete)


def consume_at_ease(recorder: Recorder, *, work: float, idle: float) -> None:
    """Consume tasks as `consume` does, with `work` seconds of work per task."""

    def acknowledge(recorder: Recorder, delivery: Delivery) -> None:
        recorder.clock.wait(work)
        _complete(recorder, delivery)

    _consume(recorder, idle, acknowledge)


def consume_in_batches(recorder: Recorder, *, limit: int) -> None:
    """Claim up to `limit` tasks at a time and complete them, until a claim returns no task."""
    while batch := recorder.claim_many(limit):
        for delivery in batch:
            _complete(recorder, delivery)


def consume_in_every_way(recorder: Recorder, *, idle: float) -> None:
    """Complete, release and fail tasks in turn, until no task has come for `idle` seconds.

    A later attempt is completed: each further failure would make the task wait longer.
    """
    ways = [_complete]
    if recorder.can(Capability.RELEASE):
        ways.append(_release)
    if recorder.can(Capability.FAIL):
        ways.append(_fail)
    taken: list[str] = []

    def acknowledge(recorder: Recorder, delivery: Delivery) -> None:
        taken.append(delivery.label)
        again = taken.count(delivery.label) > 1 or delivery.claim.attempt not in (None, 1)
        way = _complete if again else ways[len(taken) % len(ways)]
        way(recorder, delivery)

    _consume(recorder, idle, acknowledge)


def consume_forever(recorder: Recorder) -> None:
    """Claim, work for 2 ms and complete, without end: a fault must kill the actor."""
    while True:
        delivery = recorder.claim()
        if delivery is not None:
            recorder.clock.wait(0.002)
            _complete(recorder, delivery)


def claim_one(recorder: Recorder) -> None:
    """Claim a task and keep it."""
    _claim(recorder)


def claim_and_dawdle(recorder: Recorder) -> None:
    """Claim a task, wait until another actor has certainly taken it over, then complete it."""
    delivery = _claim(recorder)
    if delivery is not None:
        recorder.clock.wait(_claimable_after(recorder) + 0.3)
        _complete(recorder, delivery)


def take_over(recorder: Recorder) -> None:
    """Try to claim a task that another actor holds; hold it for 0.6 s, then vanish."""
    recorder.clock.wait(0.5)
    since = recorder.clock.now()
    while recorder.claim() is None:
        if recorder.clock.now() - since > 2 * SECOND * _claimable_after(recorder):
            return
        recorder.clock.wait(5 * _PAUSE)
        if recorder.can(Capability.RECLAIM):
            recorder.reclaim()
    recorder.clock.wait(0.6)


def enqueue_and_complete(recorder: Recorder) -> None:
    """Enqueue a task, then claim and complete any task."""
    _enqueue(recorder, f"{recorder.actor}-1")
    delivery = _claim(recorder)
    if delivery is not None:
        _complete(recorder, delivery)


Acknowledge = Callable[[Recorder, Delivery], None]


def _consume(recorder: Recorder, idle: float, acknowledge: Acknowledge) -> None:
    since = recorder.clock.now()
    while recorder.clock.now() - since < idle * SECOND:
        delivery = recorder.claim()
        if delivery is None:
            recorder.clock.wait(_PAUSE)
        else:
            acknowledge(recorder, delivery)
            since = recorder.clock.now()


def _enqueue(recorder: Recorder, label: str, **options: object) -> None:
    _patiently(recorder, lambda: recorder.enqueue(label, **options))


def _claim(recorder: Recorder) -> Delivery | None:
    taken: list[Delivery | None] = []
    _patiently(recorder, lambda: taken.append(recorder.claim()))
    return taken[-1]


def _complete(recorder: Recorder, delivery: Delivery) -> None:
    if recorder.can(Capability.COMPLETE):
        _patiently(recorder, lambda: recorder.complete(delivery))


def _fail(recorder: Recorder, delivery: Delivery) -> None:
    _patiently(recorder, lambda: recorder.fail(delivery))


def _release(recorder: Recorder, delivery: Delivery) -> None:
    _patiently(recorder, lambda: recorder.release(delivery))


def _patiently(recorder: Recorder, call: Callable[[], object]) -> None:
    """Repeat a call while the queue answers busy, for at most `_PATIENCE` seconds."""
    since = recorder.clock.now()
    call()
    while (
        recorder.last is not None
        and recorder.last.outcome is Outcome.BUSY
        and recorder.clock.now() - since < _PATIENCE * SECOND
    ):
        recorder.clock.wait(_PAUSE)
        call()


def _claimable_after(recorder: Recorder) -> float:
    """Return the seconds after which others can claim a task that its holder abandoned."""
    contract = recorder.contract
    lease = recorder.lease if recorder.lease and recorder.can(Capability.LEASE) else 0.0
    retry = contract.retry.wait(1)[1] if contract.retry is not None else 0.0
    return lease + retry + contract.resolution
