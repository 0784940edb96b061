"""Drills: short fixed walks through what random walks seldom meet.

In each drill a task with one option comes back in one way, or in two, or something else happens
while the task is in one state. Claims and failures then show what the queue still knows about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.walks.palette import Palette
from pytest_queuekit.walks.steps import (
    Backup,
    Cancel,
    Claim,
    Complete,
    Enqueue,
    EnqueueMany,
    Extend,
    Fail,
    Purge,
    Reclaim,
    Release,
    Reopen,
    Requeue,
    Step,
    Wait,
    Walk,
)

_BEST, _PLAIN, _WORST = 1, 5, 9
"""Priorities from one end of the scale to the other."""
_LIMIT = 2
"""The attempts of the tasks whose failures something may forget."""
_MOST_FAILURES = 5
"""The most failures after which a drill expects a dead task."""
_ROUNDS = 2
"""How often a drill fails all tasks, so that one with `_LIMIT` attempts is dead."""

Options = Mapping[str, Any]


class Drills:
    """The drills of one queue.

    palette: the values to choose from.
    """

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        self._has = palette.has
        self._able = palette.regions[0] if palette.has(Capability.ROUTING) else None

    def walks(self) -> Sequence[Walk]:
        """Return the drills that need no kill."""
        lone: Options = {"max_attempts": _LIMIT} if self._has(Capability.MAX_ATTEMPTS) else {}
        drills = [
            (*self._enqueue(options), *way, *self._shown(options))
            for options in self._options()
            for way in self._ways(options)
        ]
        drills += [
            (*self._enqueue({}), *way, *again, *self._shown({}))
            for way in self._ways({})
            for again in self._ways({})
        ]
        drills += [
            (*self._enqueue({**lone, **extra}), *way, *event, *pause, *self._shown(lone))
            for extra, way, pause in self._states()
            for event in self._events()
        ]
        return [drill for drill in drills if self._is_possible(drill)]

    def lives(self) -> Sequence[Walk]:
        """Return the walks in any call of which an actor may be killed.

        A task comes back twice in the same way, because a queue may treat the second time apart.
        """
        lives = []
        for options in ({}, self._all_options()):
            begin = self._enqueue(options)
            # The steps of both ways are different objects: each of them may be the one that stops.
            twice = zip(self._ways(options), self._ways(options), strict=True)
            lives += [(*begin, *way, *again, self._claim()) for way, again in twice]
            lives += [(*begin, *event) for event in (*self._ends(), *self._events("a"))]
        return [life for life in lives if self._is_possible(life)]

    def after_a_kill(self) -> Walk:
        """Return the steps that show what a killed call left behind."""
        palette = self._palette
        pauses = (palette.leases[0], *palette.retry_waits(1)[:1], palette.delays[0])
        outlasted = (Wait(seconds=max(pauses)),) if palette.time_passes else ()
        twin = Enqueue(by="b", **self._all_options())
        others = [twin, *(Enqueue(by="b", priority=each) for each in self._priorities())]
        reclaim = (Reclaim(by="b"),) if self._has(Capability.RECLAIM) else ()
        return (*others, *outlasted, *reclaim, *(self._claim("b") for _ in range(len(others) + 1)))

    def _is_possible(self, walk: Walk) -> bool:
        return self._palette.time_passes or not any(isinstance(step, Wait) for step in walk)

    def _priorities(self) -> Sequence[float | None]:
        return (_BEST, _WORST) if self._has(Capability.PRIORITY) else (None,)

    def _options(self) -> Iterator[Options]:
        """Yield the options of a task, one at a time."""
        palette = self._palette
        values: Mapping[Capability, Options] = {
            Capability.KEY: {"key": "k"},
            Capability.GROUP: {"group": "k"},
            Capability.ROUTING: {"capabilities": palette.regions[1]},
            Capability.MAX_ATTEMPTS: {"max_attempts": _LIMIT},
            Capability.TASK_LEASE: {"lease": 2 * palette.lease},
            Capability.DELAY: {"delay": palette.delays[1]},
        }
        if self._has(Capability.PRIORITY):
            yield {"priority": _BEST}
            yield {"priority": _WORST}
        yield from (options for need, options in values.items() if self._has(need))

    def _all_options(self) -> Options:
        """Return options that do not stand in the way of each other."""
        together: dict[str, Any] = {}
        for options in self._options():
            if not options.keys() & {"lease", "delay", "max_attempts"}:
                together |= options
        return together

    def _enqueue(self, options: Options) -> Walk:
        """Return the enqueue of a task by actor a, and a wait until it is ready."""
        wait = self._wait(options["delay"]) if options.get("delay") else ()
        return (Enqueue(**options), *wait)

    def _claim(self, by: str = "a") -> Claim:
        return Claim(by=by, capabilities=self._able)

    def _wait(self, seconds: float) -> Walk:
        """Return a wait that outlasts something."""
        return (Wait(seconds=seconds + self._palette.leases[0] - self._palette.lease),)

    def _ways(self, options: Options) -> Iterator[Walk]:
        """Yield the ways in which a task comes back: the steps from its claim until it is ready."""
        lease = options.get("lease", self._palette.lease)
        if self._has(Capability.RELEASE):
            yield self._claim(), Release()
        if self._has(Capability.FAIL, Capability.RETRY):
            yield self._failed(1)
        if self._has(Capability.LEASE):
            yield self._claim(), *self._wait(lease)
        if self._has(Capability.LEASE, Capability.EXTEND):
            yield self._claim(), Extend(seconds=2 * lease), *self._wait(3 * lease)
        if self._has(Capability.REQUEUE) and (buried := self._buried(options)):
            yield *buried, Requeue(), *self._wait(0)

    def _failed(self, failures: int) -> Walk:
        return self._claim(), Fail(), Wait(seconds=self._palette.retry_waits(failures)[0])

    def _buried(self, options: Options) -> Walk:
        """Return the steps after which a task is dead; none if that takes too many."""
        if self._has(Capability.FINAL_FAILURE):
            return self._claim(), Fail(retry=False)
        retry = self._palette.contract.retry
        limit = options.get("max_attempts") or (retry.max_attempts if retry else _MOST_FAILURES + 1)
        if not self._has(Capability.FAIL) or limit > _MOST_FAILURES:
            return ()
        return tuple(step for number in range(limit) for step in self._failed(number + 1))

    def _ends(self) -> Iterator[Walk]:
        """Yield the ways in which a task ends, beside those in which it comes back."""
        if self._has(Capability.COMPLETE):
            yield self._claim(), Complete()
        if self._has(Capability.COMPLETE, Capability.EXTEND):
            yield self._claim(), Extend(seconds=2 * self._palette.lease), Complete()
        if self._has(Capability.CANCEL):
            yield (Cancel(),)

    def _states(self) -> Iterator[tuple[Options, Walk, Walk]]:
        """Yield the states of a task: its option, the steps that lead there, and the wait after."""
        lease = self._palette.lease
        if self._has(Capability.DELAY):
            yield {"delay": 2 * lease}, (), self._wait(2 * lease)
        if self._has(Capability.FAIL, Capability.RETRY):
            *failed, wait = self._failed(1)
            yield {}, tuple(failed), (wait,)
            yield {}, self._failed(1), ()
        if self._has(Capability.RELEASE):
            yield {}, (self._claim(), Release()), ()
        if self._has(Capability.LEASE):
            held = self._claim()
            yield {}, (held, *self._wait(lease), self._claim(), *self._wait(lease)), ()
            yield {}, (held,), self._wait(lease)
        if self._has(Capability.LEASE, Capability.EXTEND):
            yield {}, (held, Extend(seconds=2 * lease)), (*self._wait(lease), self._claim("b"))
        if self._has(Capability.COMPLETE):
            yield {}, (self._claim(), Complete()), ()
        if self._has(Capability.REQUEUE) and (buried := self._buried({"max_attempts": _LIMIT})):
            yield {}, buried, ()

    def _events(self, by: str = "b") -> Iterator[Walk]:
        """Yield what may happen beside a task, or to another one."""
        other = Enqueue(by=by)
        if self._has(Capability.PURGE):
            yield (Purge(by=by),)
        if self._has(Capability.RECLAIM):
            yield (Reclaim(by=by),)
        if self._has(Capability.BACKUP):
            yield (Backup(by=by),)
        if self._has(Capability.CANCEL):
            yield other, Cancel()
        if self._has(Capability.ENQUEUE_MANY):
            yield (EnqueueMany(by=by),)
        if self._palette.restarts:
            yield other, Reopen(by=by)

    def _shown(self, options: Options) -> Walk:
        """Return the steps that show what the queue knows of a task: other tasks, and claims."""
        priority: Options = {"priority": _PLAIN} if self._has(Capability.PRIORITY) else {}
        beside = {key: value for key, value in options.items() if key != "delay"}
        steps: list[Step] = [Enqueue(by="b", **beside), Enqueue(by="b", **priority)]
        if "capabilities" in options:
            steps.append(Claim(by="b", capabilities=self._palette.regions[2]))
        for _ in range(_ROUNDS):
            steps += [self._claim("b") for _ in range(3)]
            if "lease" in options:
                steps += [Wait(seconds=self._palette.leases[0]), self._claim()]
            if self._has(Capability.FAIL, Capability.RETRY):
                steps += [Fail(back=back) for back in range(3)]
                steps.append(self._claim())
                steps.append(Wait(seconds=self._palette.retry_waits(_ROUNDS)[0]))
        return tuple(steps)
