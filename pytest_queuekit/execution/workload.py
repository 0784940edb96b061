"""A workload for a recorded history: what each worker does to a queue, drawn from a seed.

The workers share the tasks. Each one enqueues its part, claims, keeps a few deliveries in hand, and
ends them in any order and in every way that the queue declares. Where leases are short enough, it
leaves the last deliveries until another worker may have their tasks, and completes them too late.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from pytest_queuekit.execution.scenario import Program
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder

LEASE = 2.0
"""Seconds of the lease that each claim asks for."""
_LONGEST_LEASE = 10.0
"""Seconds of the longest lease that a worker waits for."""
_IN_HAND = 3
"""The most deliveries that a worker keeps before it ends one."""
_LATE = 3
"""The deliveries that a worker leaves in the end until their leases have ended."""
_EXTENDED = 0.05
"""How often a worker extends a lease before it ends the delivery."""
_BATCH = 3
"""The tasks of a batch."""
_PAUSE = 0.005
"""Seconds that a worker waits after an empty answer."""
_DELAY = 0.05
"""Seconds for which a delayed task waits."""
_MARGIN = 0.1
"""Seconds after the end of a lease and the queue's resolution."""

_OPTIONS: Sequence[tuple[str, Capability, float, Sequence[Any]]] = (
    ("priority", Capability.PRIORITY, 0.5, (1, 5, 9)),
    ("delay", Capability.DELAY, 0.05, (_DELAY,)),
    ("key", Capability.KEY, 0.1, ("a", "b", "c")),
    ("group", Capability.GROUP, 0.3, ("a", "b", "c")),
)
"""The options of an enqueue: the name, its capability, how often it is given, and its values."""

_ENDS = (
    (30, Capability.COMPLETE, Recorder.complete),
    (2, Capability.FAIL, Recorder.fail),
    (2, Capability.RELEASE, Recorder.release),
)
"""The ends of a delivery, each with its weight."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What the workers do.

    tasks: how many tasks they enqueue together.
    workers: how many there are.
    seed: decides what each of them draws. The threads decide the rest.
    """

    tasks: int
    workers: int
    seed: int = 0

    def programs(self, contract: Contract, over: threading.Event) -> list[Program]:
        """Return a program for each worker. Once `over` is set, each ends after its call."""
        whole, rest = divmod(self.tasks, self.workers)
        programs = []
        for place in range(self.workers):
            name = f"worker-{place + 1}"
            draw = Random(f"{self.seed}-{name}")  # noqa: S311 - a workload is no secret
            worker = _Worker(draw, contract, over, tasks=whole + (place < rest))
            programs.append(Program(actor=name, function=worker))
        return programs


class _Worker:
    """What one worker does.

    draw: decides what it does next.
    over: once it is set, the worker ends after its call.
    tasks: how many it enqueues.
    """

    def __init__(self, draw: Random, contract: Contract, over: threading.Event, tasks: int) -> None:
        self._draw = draw
        self._over = over
        self._tasks = tasks
        self._options = [row for row in _OPTIONS if row[1] in contract.capabilities]
        self._ends = [row for row in _ENDS if row[1] in contract.capabilities]
        calls = (
            (20, None, self._enqueue),
            (20, None, self._claim),
            (2, Capability.ENQUEUE_MANY, self._enqueue_many),
            (2, Capability.CLAIM_MANY, self._claim_many),
            (1, Capability.CANCEL, self._cancel),
        )
        self._calls = [row for row in calls if row[1] in {None, *contract.capabilities}]
        self._labels: list[str] = []
        self._cancellable: list[str] = []
        self._in_hand: list[Delivery] = []
        self._late: list[Delivery] = []
        leases = Capability.LEASE in contract.capabilities and not contract.leases_by_task
        seconds = LEASE if contract.lease_seconds is None else contract.lease_seconds
        self._lateness = seconds + contract.resolution + _MARGIN
        self._may_be_late = leases and seconds <= _LONGEST_LEASE and bool(self._ends)

    def __call__(self, queue: Recorder) -> None:
        """Work until its tasks are enqueued and the queue is empty."""
        while not self._over.is_set():
            if len(self._in_hand) >= _IN_HAND or (self._in_hand and self._draw.random() < 0.5):
                self._end(queue)
            elif len(self._labels) < self._tasks:
                self._one_of(self._calls)(queue)
            elif not self._claim(queue):
                break
        self._end_all(queue)
        if self._late and not self._over.wait(self._lateness):
            self._take_over(queue)

    def _one_of(self, rows: Sequence[tuple[int, Any, Callable[..., object]]]) -> Callable[..., Any]:
        """Draw from a table of weights, capabilities and calls."""
        [(_, _, call)] = self._draw.choices(rows, [weight for weight, _, _ in rows])
        return call

    def _label(self, queue: Recorder) -> str:
        self._labels.append(f"{queue.actor}-task-{len(self._labels) + 1}")
        return self._labels[-1]

    def _enqueue(self, queue: Recorder) -> None:
        options = {
            name: self._draw.choice(values)
            for name, _, often, values in self._options
            if self._draw.random() < often
        }
        if "key" in options:  # the options of a second task may replace those of the first
            options = {"key": options["key"]}
        label = self._label(queue)
        queue.enqueue(label, **options)
        self._cancellable = [] if "key" in options else [label]

    def _enqueue_many(self, queue: Recorder) -> None:
        size = min(_BATCH, self._tasks - len(self._labels))
        queue.enqueue_many([self._label(queue) for _ in range(size)])

    def _cancel(self, queue: Recorder) -> None:
        """Cancel the latest task, unless its id may be that of another one with the same key."""
        if self._cancellable:
            queue.cancel(self._cancellable.pop())

    def _claim(self, queue: Recorder) -> bool:
        """Claim, and return False if that brought no task."""
        delivery = queue.claim()
        if delivery is None:
            self._over.wait(_PAUSE)
            return False
        done = len(self._labels) == self._tasks
        late = done and self._may_be_late and len(self._late) < _LATE
        (self._late if late else self._in_hand).append(delivery)
        return True

    def _claim_many(self, queue: Recorder) -> None:
        self._in_hand += queue.claim_many(_BATCH)

    def _end(self, queue: Recorder) -> None:
        """End a delivery in hand, perhaps after an extension of its lease."""
        delivery = self._in_hand.pop(self._draw.randrange(len(self._in_hand)))
        if queue.can(Capability.EXTEND) and self._draw.random() < _EXTENDED:
            delivery = queue.extend(delivery, LEASE) or delivery
        if self._ends:
            self._one_of(self._ends)(queue, delivery)

    def _end_all(self, queue: Recorder) -> None:
        while self._in_hand:
            self._end(queue)

    def _take_over(self, queue: Recorder) -> None:
        """Claim the tasks of leases that have ended; meanwhile, complete its own too late."""
        if queue.can(Capability.RECLAIM):
            queue.reclaim()
        self._may_be_late = False
        while not self._over.is_set() and self._claim(queue):
            continue
        if queue.can(Capability.COMPLETE):
            for delivery in self._late:
                queue.complete(delivery)
        self._end_all(queue)
