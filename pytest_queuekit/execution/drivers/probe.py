"""Finds out by a trial whether a queue follows the kit's virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pytest_queuekit.execution.clock import virtual_time
from pytest_queuekit.execution.environment import Environment, Halt
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.recorder import Recorder

_LONG = 3600.0

Trial = Callable[[Environment], bool]


def goes_by_virtual_time(queue: QueueUnderTest, folder: Path) -> bool:
    """Return True if the queue's delays and leases follow the virtual clock.

    The trial moves the clock past a delay and a lease, or past a retry if the queue has neither. A
    queue that ignores its delays or leases passes; a rule reports that. The answer is False if
    there is nothing to try, or if the queue does not work under this clock.
    """
    folder.mkdir(parents=True)
    known = queue.contract.capabilities
    tries = {Capability.DELAY: _delay_follows, Capability.LEASE: _lease_follows}
    if not known & tries.keys():
        tries = {Capability.RETRY: _retry_follows}
    tried = [capability for capability in tries if capability in known]
    return bool(tried) and all(
        _try(queue, folder / capability.value, tries[capability]) for capability in tried
    )


def _try(queue: QueueUnderTest, folder: Path, follows: Trial) -> bool:
    folder.mkdir()
    with virtual_time() as clock:
        env = Environment(queue, folder, clock=clock, lease=_LONG, effort=Effort())
        try:
            with suppress(Halt):
                return follows(env)
            return True  # the queue cannot be opened, which every rule reports
        finally:
            env.close()


def _delay_follows(env: Environment) -> bool:
    actor = env.actor("prober")
    actor.enqueue("later", delay=_LONG)
    if actor.claim() is not None:
        return True
    env.outlast(_LONG)
    return actor.claim() is not None


def _lease_follows(env: Environment) -> bool:
    actor = env.actor("prober")
    actor.enqueue("held")
    if actor.claim() is None:
        return actor.last is not None and actor.last.ok
    if actor.claim() is not None:
        return True
    env.outlast(env.lease)
    _reclaim(actor)
    if actor.claim() is not None:
        return True
    # The queue may count an expired lease as a failure, and delay the task.
    retry = env.contract.retry
    env.outlast(retry.wait(1)[1] if retry else 0)
    _reclaim(actor)
    return actor.claim() is not None


def _reclaim(actor: Recorder) -> None:
    if actor.can(Capability.RECLAIM):
        actor.reclaim()


def _retry_follows(env: Environment) -> bool:
    actor, retry = env.actor("prober"), env.contract.retry
    actor.enqueue("failed")
    held = actor.claim()
    if held is None or retry is None:
        return actor.last is not None and actor.last.ok
    actor.fail(held)
    if actor.claim() is not None:
        return True
    env.outlast(retry.wait(1)[1])
    return actor.claim() is not None
