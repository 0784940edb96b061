"""Finds out by trials whether a queue follows the kit's virtual clock.

A feature that follows no clock is the queue's own fault, and says nothing about the clock's reach.
So each feature that does not follow the virtual clock is tried again by the real one.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pytest_queuekit.execution.clock import clock_of_run
from pytest_queuekit.execution.environment import Environment, Halt
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import Outcome
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.recorder import Recorder

_LONG = 3600.0
"""Seconds of a delay and of a lease by the virtual clock."""
_SHORT = 1.0
"""Seconds of a delay and of a lease by the real clock."""
_MOST = 3.0
"""Seconds of the longest wait by the real clock."""
_PATIENCE = 2.0
"""Further seconds for a queue that notices by the real clock, on a busy machine, that time is up.

Counter-example: a scheduler thread that gets no processor for a second."""
_PAUSE = 0.1
"""Seconds between two looks at such a queue."""


class _Answer(enum.Enum):
    FOLLOWS = enum.auto()
    IGNORES = enum.auto()
    UNKNOWN = enum.auto()


Trial = Callable[[Environment, float], _Answer]
"""Tries a feature for this many seconds, if the feature lets the caller choose them."""

_VIRTUAL = "goes by the kit's clock"


def follows_virtual_time(queue: QueueUnderTest, folder: Path) -> bool:
    """Return True if the queue follows the kit's clock. Only the first call tries it."""
    if _VIRTUAL not in queue.learned:
        queue.learned[_VIRTUAL] = goes_by_virtual_time(queue, folder)
    return bool(queue.learned[_VIRTUAL])


def goes_by_virtual_time(queue: QueueUnderTest, folder: Path) -> bool:
    """Return True if the queue's delays, leases and retries follow the virtual clock.

    A feature that follows neither clock does not count, if another one follows the virtual clock
    or if all of them fail alike: a rule reports it. The answer is False if a feature works by the
    real clock only. A queue without such features follows any clock.
    """
    folder.mkdir(parents=True)
    tried = [name for name in _TRIALS if name in queue.contract.capabilities]
    answers = {name: _try(queue, folder, name, virtual=True) for name in tried}
    ignoring = [name for name, answer in answers.items() if answer is _Answer.IGNORES]
    if not ignoring:
        return True
    in_real_time = []
    for name in ignoring:
        in_real_time.append(_try(queue, folder, name, virtual=False))
        if in_real_time[-1] is _Answer.FOLLOWS:
            return False
    return _Answer.FOLLOWS in answers.values() or _Answer.UNKNOWN not in in_real_time


def _try(queue: QueueUnderTest, folder: Path, name: Capability, *, virtual: bool) -> _Answer:
    home = folder / f"{name}-by-the-{'virtual' if virtual else 'real'}-clock"
    home.mkdir()
    with clock_of_run(virtual=virtual) as clock:
        lease = _LONG if virtual else _SHORT
        env = Environment(queue, home, clock=clock, lease=lease, effort=Effort())
        try:
            with suppress(Halt):
                return _TRIALS[name](env, lease)
            return _Answer.UNKNOWN  # the queue cannot be opened, which every rule reports
        finally:
            env.close()
            env.remove()


def _delay(env: Environment, seconds: float) -> _Answer:
    actor = env.actor("prober")
    actor.enqueue("later", delay=seconds)
    if _is_refused(actor) or actor.claim() is not None:
        return _Answer.UNKNOWN
    return _after(env, actor, seconds)


def _lease(env: Environment, _seconds: float) -> _Answer:
    actor = env.actor("prober")
    actor.enqueue("held", **_two_attempts(actor))
    if actor.claim() is None:
        return _no_task(actor)
    if actor.claim() is not None or _takes_too_long(env, env.lease):
        return _Answer.UNKNOWN
    answer = _after(env, actor, env.lease)
    # The queue may count an expired lease as a failure, and delay the task.
    wait = _longest_retry(env)
    if answer is _Answer.FOLLOWS or not wait:
        return answer
    return _Answer.UNKNOWN if _takes_too_long(env, wait) else _after(env, actor, wait)


def _retry(env: Environment, _seconds: float) -> _Answer:
    actor = env.actor("prober")
    if not actor.can(Capability.SECOND_ATTEMPT):
        return _Answer.UNKNOWN
    actor.enqueue("failed", **_two_attempts(actor))
    held = actor.claim()
    if held is None:
        return _no_task(actor)
    actor.fail(held)
    wait = _longest_retry(env)
    if actor.claim() is not None or _takes_too_long(env, wait):
        return _Answer.UNKNOWN
    return _after(env, actor, wait)


_TRIALS: dict[Capability, Trial] = {
    Capability.DELAY: _delay,
    Capability.LEASE: _lease,
    Capability.RETRY: _retry,
}


def _after(env: Environment, actor: Recorder, seconds: float) -> _Answer:
    """Claim after a wait; by the real clock, repeat the claim for some seconds."""
    env.outlast(seconds)
    looks = 1 if env.clock.virtual else round(_PATIENCE / _PAUSE)
    for look in range(looks):
        if look:
            env.clock.wait(_PAUSE)
        if actor.can(Capability.RECLAIM):
            actor.reclaim()
        if actor.claim() is not None or _is_given_up(actor):
            return _Answer.FOLLOWS
    return _Answer.IGNORES if _would_show(actor) else _Answer.UNKNOWN


def _two_attempts(actor: Recorder) -> dict[str, int]:
    """Return the options of a task that gets a second attempt, where a task has one by default."""
    retry = actor.contract.retry
    once = retry is not None and retry.max_attempts == 1
    return {"max_attempts": 2} if once and actor.can(Capability.MAX_ATTEMPTS) else {}


def _is_given_up(actor: Recorder) -> bool:
    """Return True if a task without a second attempt is seen to be dead."""
    if actor.can(Capability.SECOND_ATTEMPT):
        return False
    listed = actor.can(Capability.DEAD_LETTERS) and bool(actor.dead_letters())
    return listed or (actor.can(Capability.STATS) and bool(actor.stats().get("dead")))


def _would_show(actor: Recorder) -> bool:
    """Return True if the end of a lease shows: the task comes again, or is seen to be dead."""
    shows = actor.can(Capability.DEAD_LETTERS) or actor.can(Capability.STATS)
    return actor.can(Capability.SECOND_ATTEMPT) or shows


def _no_task(actor: Recorder) -> _Answer:
    """Return what a claim without a task proves: an error may come from the clock."""
    empty = actor.last is not None and actor.last.ok
    return _Answer.UNKNOWN if empty or _is_refused(actor) else _Answer.IGNORES


def _is_refused(actor: Recorder) -> bool:
    return actor.last is not None and actor.last.outcome is Outcome.REFUSED


def _takes_too_long(env: Environment, seconds: float) -> bool:
    return not env.clock.virtual and seconds > _MOST


def _longest_retry(env: Environment) -> float:
    return env.contract.retry.wait(1)[1] if env.contract.retry else 0.0
