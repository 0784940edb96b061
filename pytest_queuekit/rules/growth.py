"""GROWTH: the cost of a call does not grow with the backlog; files and memory stay bounded.

Each rule compares two queues of which one is ten times as deep, call by call in turn. The cost is
the steps of SQLite, or the processor time of a queue that does not use SQLite: a busy machine
changes neither.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.cost import StepCounter, processor_time_of, step_counter
from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Program, Scenario, Script
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import Verb
from pytest_queuekit.model.verdict import Requirement
from pytest_queuekit.monitors.footprint import footprint
from pytest_queuekit.monitors.growth import growth
from pytest_queuekit.monitors.memory import memory
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.rules import bodies
from pytest_queuekit.rules.growth_programs import live_on, lives
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import DAY, enqueue_all, labels, take, work

_BY_STEPS = 500
"""Tasks of the deeper queue where steps are counted, which are exact: few tasks suffice."""
_BY_TIME = 2000
"""Tasks of the deeper queue where processor time is measured, which has a large fixed part."""
_DECADE = 10
"""How much deeper the deeper queue is."""
_LEAST = 100
"""Tasks of the deeper queue with which the cost of a slow queue can still be compared."""
_ROUNDS = 9
"""Calls of a kind on each queue where steps are counted; three times as many by time."""
_CHUNK = 50
"""Tasks of a batch that fills a queue."""
_PATIENCE = 20.0
"""Seconds of the real clock after which the filling of a queue ends."""

_REFILL = "refill"
"""The label of each task that takes the place of another."""

_ACKNOWLEDGEMENTS: Mapping[Capability, Callable[[Recorder, Delivery], object]] = {
    Capability.EXTEND: lambda worker, delivery: worker.extend(delivery, DAY),
    Capability.RELEASE: Recorder.release,
    Capability.FAIL: Recorder.fail,
    Capability.COMPLETE: Recorder.complete,
}
"""The calls about a delivery."""

_PURGES = 100
"""Rounds of each life, from an enqueue to a purge."""
_LOOKS = 25
"""Rounds between two looks of a reader that stays open."""
_BODY = 32_768
"""Bytes of a task that is purged."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class _Bench:
    """A filled queue with an actor, and the means to measure calls on it.

    counter: counts steps; None if processor time is measured.
    """

    worker: Recorder
    backlog: str
    depth: int
    counter: StepCounter | None

    def measure(self, call: Callable[[], T], note: str = "") -> T:
        """Make a call of the worker, note its cost in the history, and return its value."""
        facts = {"backlog": self.backlog + note, "depth": self.depth}
        if self.counter is not None:
            value, steps = self.counter.steps_of(call)
            self.worker.note(**facts, steps=steps)
        else:
            value, nanoseconds = processor_time_of(call)
            self.worker.note(**facts, nanoseconds=nanoseconds)
        return value

    def refill(self) -> None:
        """Enqueue a task in place of one that was taken."""
        self.worker.enqueue(_REFILL)


Fill = Callable[[Recorder, int], None]
Measure = Callable[[_Bench], None]


def _costs(measure: Measure, **backlogs: Fill) -> Script:
    """Return a script that measures calls, in turn, on queues of two depths for each backlog."""

    def script(env: Environment) -> None:
        with step_counter() as counter:
            _, steps = counter.steps_of(lambda: _live(env.actor("trial")))
            by_steps = steps > 0
            most, rounds = (_BY_STEPS, _ROUNDS) if by_steps else (_BY_TIME, 3 * _ROUNDS)
            for backlog, fill in backlogs.items():
                benches = _benches(env, backlog, fill, most, counter if by_steps else None)
                until = time.monotonic() + _PATIENCE
                for number in range(rounds):
                    if number >= _ROUNDS and time.monotonic() > until:
                        break
                    for bench in benches:
                        measure(bench)

    return script


def _benches(
    env: Environment, backlog: str, fill: Fill, most: int, counter: StepCounter | None
) -> list[_Bench]:
    """Return a deep queue, and one with a tenth of the tasks that the deep one has got in time."""
    benches: list[_Bench] = []
    for name in ("deep", "shallow"):
        home = env.folder / f"{backlog}-{name}"
        home.mkdir()
        env.move(env.provision(home))
        worker = env.actor(f"{name}-{backlog}")
        depth = _fill(fill, worker, benches[0].depth // _DECADE if benches else most)
        benches.append(_Bench(worker=worker, backlog=backlog, depth=depth, counter=counter))
    return benches


def _live(actor: Recorder) -> None:
    actor.enqueue("trial")
    work(actor)


def _fill(fill: Fill, worker: Recorder, most: int) -> int:
    """Fill a queue for some seconds; return the depth. Raises NotRunError if it is not enough.

    Only calls fill it. Copying the folder of a filled queue is not safe for every queue: the
    location may lie outside, name its own path, or belong to an instance that is still open.
    """
    depth, until = 0, time.monotonic() + _PATIENCE
    while depth < most and time.monotonic() < until:
        size = min(_CHUNK, most - depth)
        fill(worker, size)
        depth += size
    if depth < min(most, _LEAST):
        raise NotRunError(
            f"only {depth} tasks fitted into the queue within {_PATIENCE:g} s", kind="unmeasured"
        )
    return depth


def _waiting(actor: Recorder, size: int) -> None:
    names = labels(size, "waiting")
    if actor.can(Capability.ENQUEUE_MANY):
        actor.enqueue_many(names)
    else:
        enqueue_all(actor, names)


def _done(actor: Recorder, size: int) -> None:
    _waiting(actor, size)
    for _ in range(size):
        work(actor)


def _held(actor: Recorder, size: int) -> None:
    _waiting(actor, size)
    for _ in range(size):
        actor.claim(**({"lease": DAY} if actor.can(Capability.LEASE_OPTION) else {}))


def _keyed(actor: Recorder, size: int) -> None:
    for label in labels(size, f"keyed-{_next(actor)}"):
        actor.enqueue(label, **({"key": label} if actor.can(Capability.KEY) else {}))


def _delayed(actor: Recorder, size: int) -> None:
    better = 1 if actor.contract.order.priority == "lower-first" else 1000
    urgent = {"priority": better} if actor.can(Capability.PRIORITY) else {}
    enqueue_all(actor, labels(size, "later"), delay=DAY, **urgent)


def _claim(bench: _Bench) -> None:
    """Measure a claim; on a queue without waiting tasks, measure an empty claim before it."""
    worker = bench.worker
    if bench.backlog != "waiting":
        bench.measure(worker.claim, " and no waiting")
    bench.refill()
    delivery = bench.measure(worker.claim)
    if delivery is not None and worker.can(Capability.COMPLETE):
        worker.complete(delivery)


def _enqueue(bench: _Bench) -> None:
    label = f"further-{_next(bench.worker)}"
    keyed = bench.backlog == "keyed" and bench.worker.can(Capability.KEY)
    bench.measure(lambda: bench.worker.enqueue(label, **({"key": label} if keyed else {})))


def _next(actor: Recorder) -> int:
    """Return a number that no earlier call of the actor has got."""
    return 0 if actor.last is None else actor.last.number + 1


def _complete(bench: _Bench) -> None:
    bench.refill()
    delivery = take(bench.worker)
    bench.measure(lambda: bench.worker.complete(delivery))


def _change(bench: _Bench) -> None:
    """Measure each declared call that changes one task, on a task of its own."""
    worker = bench.worker
    for capability, acknowledge in _ACKNOWLEDGEMENTS.items():
        if worker.can(capability):
            bench.refill()
            bench.measure(partial(acknowledge, worker, take(worker)))
    if worker.can(Capability.CANCEL):
        bench.refill()
        bench.measure(lambda: worker.cancel(_REFILL))


def _stats(bench: _Bench) -> None:
    bench.measure(bench.worker.stats)


def _purges(env: Environment) -> None:
    """Let tasks lead each life and purge them, while a reader stays open."""
    worker, reader = env.actor("worker"), env.actor("reader")
    body = bodies.large(env.contract.payload, _BODY)
    for name, lead in lives(worker).items():
        for number in range(1, _PURGES + 1):
            if lead(worker, body) is None:
                break  # other rules judge why, and a task that stays takes room
            if worker.purge():
                worker.note(life=name, bytes=_bytes_in(env.folder), written=number * _BODY)
            if number % _LOOKS == 0:
                reader.claim()
    if not _bytes_in(env.folder):
        raise NotRunError("the queue keeps no files in its folder", kind="unmeasured")


def _alone(_effort: Effort) -> list[Program]:
    """Let one process complete and purge tasks."""
    return [Program(actor="worker", function=live_on)]


def _bytes_in(folder: Path) -> int:
    """Return the size of all files; one that is removed meanwhile has none."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            size += path.stat().st_size if path.is_file() else 0
    return size


RULES = (
    Rule(
        id="GROWTH-1",
        slug="claim-cost-independent-of-backlog",
        sentence="A claim costs the same among few tasks and among ten times as many, be they "
        "waiting or completed.",
        why="A backlog comes when workers are too slow. Claims that then grow slower still make "
        "sure that it stays.",
        scenario=Scenario(script=_costs(_claim, waiting=_waiting, completed=_done)),
        monitors=(growth,),
        level=Level.STANDARD,
    ),
    Rule(
        id="GROWTH-2",
        slug="enqueue-cost-independent-of-backlog",
        sentence="An enqueue costs the same in a queue with few waiting tasks and with ten times "
        "as many, with an idempotency key or without.",
        why="A key that is searched for without an index, or a file that is written anew, slows "
        "every producer down.",
        scenario=Scenario(script=_costs(_enqueue, waiting=_waiting, keyed=_keyed)),
        monitors=(growth,),
        level=Level.STANDARD,
    ),
    Rule(
        id="GROWTH-3",
        slug="completion-cost-independent-of-backlog",
        sentence="A completion costs the same in a queue with few tasks and with ten times as "
        "many, be they waiting or completed.",
        why="Each task is completed once: a completion that looks at all tasks makes the work of a "
        "day grow with the square of its tasks.",
        scenario=Scenario(script=_costs(_complete, waiting=_waiting, completed=_done)),
        monitors=(growth,),
        needs=(Capability.COMPLETE,),
        level=Level.STANDARD,
    ),
    Rule(
        id="GROWTH-4",
        slug="stats-cost-at-most-linear",
        sentence="Counting ten times as many tasks costs at most about ten times as much.",
        why="Dashboards ask every few seconds; a count that compares tasks with each other stops "
        "the queue that it watches.",
        scenario=Scenario(script=_costs(_stats, waiting=_waiting)),
        monitors=(growth,),
        needs=(Capability.STATS,),
        exercises=(Verb.ENQUEUE, Verb.STATS),
        level=Level.STANDARD,
    ),
    Rule(
        id="GROWTH-5",
        slug="claim-cost-independent-of-leases",
        sentence="A claim costs the same while few tasks are leased and while ten times as many "
        "are.",
        why="A claim that looks at every lease to find expired ones slows down with each worker.",
        scenario=Scenario(script=_costs(_claim, leased=_held)),
        monitors=(growth,),
        needs=(Capability.LEASE,),
        requirement=Requirement.SHOULD,
        level=Level.STANDARD,
    ),
    Rule(
        id="GROWTH-6",
        slug="claim-cost-independent-of-delayed",
        sentence="A claim costs the same with few delayed tasks of better priority and with ten "
        "times as many.",
        why="Otherwise, next week's reminders slow today's work down.",
        scenario=Scenario(script=_costs(_claim, delayed=_delayed)),
        monitors=(growth,),
        needs=(Capability.DELAY,),
        requirement=Requirement.SHOULD,
        level=Level.STANDARD,
    ),
    Rule(
        id="GROWTH-7",
        slug="files-bounded",
        sentence="A queue whose tasks are all completed and purged keeps its size on disk, be "
        "they released, failed or dead before, and even while a reader stays open.",
        why="A file that only ever grows fills the disk after months, at night.",
        scenario=Scenario(script=_purges),
        monitors=(footprint,),
        needs=(Capability.COMPLETE, Capability.PURGE, Capability.DURABLE, Capability.SIZED_PAYLOAD),
        exercises=(Verb.COMPLETE, Verb.PURGE),
        level=Level.STANDARD,
    ),
    Rule(
        id="GROWTH-8",
        slug="memory-bounded",
        sentence="A process whose tasks are all completed and purged keeps its size in memory, "
        "be they released or dead before.",
        why="A worker that keeps each task that it has seen is killed by the system after days, "
        "with a task in its hands.",
        scenario=Scenario(programs=_alone),
        drivers=(Processes(),),
        monitors=(memory,),
        needs=(Capability.COMPLETE, Capability.PURGE, Capability.SIZED_PAYLOAD),
        exercises=(Verb.COMPLETE, Verb.PURGE),
        level=Level.STANDARD,
    ),
    Rule(
        id="GROWTH-9",
        slug="change-cost-independent-of-backlog",
        sentence="Any call about one task, such as a failure, a release, an extension or a cancel, "
        "costs the same among few tasks and among ten times as many.",
        why="When a service that all tasks need is down, every worker fails its tasks: a failure "
        "that looks at all tasks then stops the queue as well.",
        scenario=Scenario(script=_costs(_change, waiting=_waiting, completed=_done)),
        monitors=(growth,),
        needs=(Capability.COMPLETE,),
        exercises=(Verb.COMPLETE,),
        level=Level.STANDARD,
    ),
)
