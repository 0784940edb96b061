"""Draws the steps of a walk: the lives of tasks, one after the other, and disturbances.

Each step depends on what the queue answered before, so that a walk soon meets a task in any state.
The steps themselves make up a program that can be repeated without this module.
"""

from __future__ import annotations

from collections import Counter

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.walks.pen import Make, Pen
from pytest_queuekit.walks.steps import (
    Backup,
    Cancel,
    Complete,
    Crash,
    DeadLetters,
    Purge,
    Reclaim,
    Release,
    Reopen,
    Requeue,
    Stats,
    Step,
)
from pytest_queuekit.walks.walker import Walker

_DISTURBANCES = (0.15, 0.3, 0.5)
"""How many steps of one walk come from outside the life of its present task."""

_FATES = (3, 4, 3, 3, 4)
"""How often a claimed task is completed, failed, released, extended, and kept past its lease."""
_REQUEUES_DEAD, _REQUEUES_ALIVE = 0.8, 0.05
"""How often a task is requeued after its last failure, and after another one."""
_DOOMS = (0.0, 0.3, 0.8)
"""How many of the tasks of one walk fail until they are dead, so that they can be requeued."""
_WEIGHTS = (0, 1, 3, 9)
"""How often in one-sided walks: in each of them mostly one of these happens, or two."""


class Life:
    """Draws the steps of one walk.

    pen: draws single steps.
    walker: does the steps.
    one_sided: how many walks are one-sided. In threads, all are.
    in_threads: True if the actors have threads, which neither reopen the queue nor crash.
    """

    def __init__(
        self, pen: Pen, walker: Walker, *, one_sided: float = 0.0, in_threads: bool = False
    ) -> None:
        self._pen = pen
        self._walker = walker
        self._in_threads = in_threads
        self._next: Make = self._new
        self._key: str | None = None
        retry = pen.palette.contract.retry
        self._usual_limit = 0 if retry is None else retry.max_attempts
        self._limit = self._usual_limit
        self._doom = pen.pick(_DOOMS) if pen.palette.has(Capability.REQUEUE) else 0.0
        self._doomed = False
        self._received = 0
        self._failures: Counter[str] = Counter()
        self._disturbed = pen.pick(_DISTURBANCES)
        is_one_sided = in_threads or pen.chance(one_sided)
        self._fates = [pen.pick(_WEIGHTS) for _ in _FATES] if is_one_sided else _FATES

    def take_up(self) -> None:
        """Continue with a claim of a task that exists."""
        self._next = self._claim

    def next_step(self) -> Step:
        """Return the next step of the task, or a disturbance."""
        while True:
            step = self._disturbance() if self._pen.chance(self._disturbed) else self._next()
            if step is not None:
                return step

    def _new(self) -> Step | None:
        pen = self._pen
        self._doomed = pen.chance(self._doom)
        once = self._doomed and pen.palette.has(Capability.MAX_ATTEMPTS)
        step = pen.enqueue(**({"max_attempts": 1} if once else {}))
        self._key = step.key
        self._limit = step.max_attempts or self._usual_limit
        self._next = self._delayed if step.delay else self._claim
        return step

    def _delayed(self) -> Step | None:
        self._next = self._claim
        delay = self._pen.palette.delays
        return self._pen.wait(delay[0], delay[0], delay[1])

    def _claim(self) -> Step | None:
        self._received = self._walker.received
        self._next = self._claimed
        return self._pen.claim()

    def _claimed(self) -> Step | None:
        if self._walker.received > self._received:
            complete, fail, release, extend, expire = self._fates
            if self._doomed:
                return self._fail()
            again = 2 if self._failures[self._walker.latest] else 1
            return self._pen.one_of(
                (complete, self._complete, Capability.COMPLETE),
                (fail * again, self._fail, Capability.FAIL),
                (release, self._release, Capability.RELEASE),
                (extend, self._pen.extend, Capability.EXTEND),
                (expire, self._expire, Capability.LEASE),
                (1, self._leave, None),
            )
        self._next = self._pen.pick((self._claim, self._new))
        return self._pen.wait()

    def _complete(self) -> Step | None:
        self._next = self._new
        return Complete()

    def _fail(self) -> Step | None:
        self._failures[self._walker.latest] += 1
        self._next = self._failed
        step = self._pen.fail()
        if not step.retry:
            self._failures[self._walker.latest] = self._limit
        return step

    def _failed(self) -> Step | None:
        self._next = self._claim
        if self._pen.palette.has(Capability.REQUEUE):
            spent = self._failures[self._walker.latest] >= self._limit
            if self._pen.chance(_REQUEUES_DEAD if spent else _REQUEUES_ALIVE):
                return self._requeue()
        waits = self._pen.palette.retry_waits(self._failures[self._walker.latest])
        return self._pen.wait(waits[0], waits[0], waits[0], *waits[1:])

    def _requeue(self) -> Step | None:
        self._next = self._claim
        self._doomed, self._failures[self._walker.latest] = False, 0
        return Requeue(back=self._walker.back_to(self._walker.latest))

    def _release(self) -> Step | None:
        self._next = self._claim
        return Release()

    def _leave(self) -> Step | None:
        self._next = self._new
        return None

    def _expire(self) -> Step | None:
        self._next = self._expired
        leases = self._pen.palette.leases
        return self._pen.wait(leases[0], leases[0], leases[0], leases[1])

    def _expired(self) -> Step | None:
        self._next = self._taken_over
        return self._pen.claim()

    def _taken_over(self) -> Step | None:
        self._next = self._claimed
        return self._pen.end(back=1)

    def _again(self) -> Step | None:
        """Return another enqueue, mostly with the key of the present task."""
        pen = self._pen
        if self._key is None or not pen.chance(0.8):
            return pen.enqueue()
        if self._key in pen.batch_keys and pen.chance(0.2):
            return pen.batch(self._key)
        return pen.enqueue(key=self._key)

    def _disturbance(self) -> Step | None:
        pen = self._pen
        return pen.one_of(
            (6, self._again, None),
            (1, pen.batch, Capability.ENQUEUE_MANY),
            (2, pen.claim, None),
            (2, lambda: pen.end(pen.pick((0, 0, 1, 2))), None),
            (1, pen.wait, None),
            (2, lambda: Cancel(back=pen.pick((0, 0, 0, 1))), Capability.CANCEL),
            (1, lambda: Requeue(back=pen.pick((0, 0, 0, 1))), Capability.REQUEUE),
            (1, lambda: Stats(by=pen.by()), Capability.STATS),
            (1, lambda: DeadLetters(by=pen.by()), Capability.DEAD_LETTERS),
            (2, lambda: Purge(by=pen.by()), Capability.PURGE),
            (2, lambda: Reclaim(by=pen.by()), Capability.RECLAIM),
            (1, lambda: Backup(by=pen.by()), Capability.BACKUP),
            (2, self._restart, None),
        )

    def _restart(self) -> Step | None:
        pen = self._pen
        if not pen.palette.restarts or self._in_threads:
            return None
        return pen.pick((Reopen, Crash))(by=pen.by())
