"""RACE: every promise holds for many callers at the same time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.drivers.threads import Threads
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Program, Scenario, Script
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import Verb
from pytest_queuekit.model.verdict import Requirement
from pytest_queuekit.monitors.busy import busy
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.fairness import fairness
from pytest_queuekit.monitors.fencing import fencing
from pytest_queuekit.monitors.no_false_empty import no_false_empty
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.order import order
from pytest_queuekit.rules import programs
from pytest_queuekit.rules.locks import LOCKS
from pytest_queuekit.rules.meetings import MEETINGS
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import BRIEF, enqueue_all, labels, lasting

_IDLE = 0.25
"""Seconds without a task after which a consumer stops; the ending claims any later task."""

_OPENERS = 8


def _stock(env: Environment) -> None:
    # Not enqueue_all: a race runs in real time, and an order of whole seconds takes one per task.
    stocker = env.actor("stocker")
    for label in labels(env.effort.tasks):
        stocker.enqueue(label)


def _stock_in_order(env: Environment) -> None:
    enqueue_all(env.actor("stocker"), labels(env.effort.tasks))


def _stock_by_priority(env: Environment) -> None:
    stocker = env.actor("stocker")
    for number, label in enumerate(labels(env.effort.tasks)):
        stocker.enqueue(label, priority=10 * (7 * number % 10 + 1))


def _claimers(function: Callable[..., None], **arguments: Any) -> Callable[[Effort], list[Program]]:
    """Return a function that makes one program per claimer of the effort."""

    def programs_of(effort: Effort) -> list[Program]:
        return _crew("claimer", effort.claimers, function, arguments)

    return programs_of


def _producers_and_claimers(
    produce: Callable[..., None], consume: Callable[..., None], **arguments: Any
) -> Callable[[Effort], list[Program]]:
    """Return a function that makes producers, who share the effort's tasks, and claimers."""

    def programs_of(effort: Effort) -> list[Program]:
        each = {"count": effort.tasks // effort.producers}
        return [
            *_crew("producer", effort.producers, produce, each),
            *_crew("claimer", effort.claimers, consume, arguments),
        ]

    return programs_of


def _crew(
    name: str, size: int, function: Callable[..., None], arguments: Mapping[str, Any]
) -> list[Program]:
    return [
        Program(actor=f"{name}-{number}", function=function, arguments=arguments)
        for number in range(1, size + 1)
    ]


def _producers(effort: Effort) -> list[Program]:
    count = {"count": effort.tasks // effort.claimers}
    return _crew("producer", effort.claimers, programs.produce, count)


def _claim_all(env: Environment) -> None:
    env.claim_all("worker")


def _openers(effort: Effort) -> list[Program]:
    return _crew("opener", _OPENERS, programs.enqueue_and_complete, {})


def _one_task(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue("task-1", **lasting(producer))


def _slow_and_heir(effort: Effort) -> list[Program]:
    """Let a worker dawdle past its lease while another takes over and holds the task."""
    return [
        Program(actor="slow", function=programs.claim_and_dawdle),
        Program(actor="heir", function=programs.take_over),
    ]


_ENDING: Script = Environment.settle
_race = partial(Scenario, lease=BRIEF)
_THREADS = (Capability.THREADS,)
_PROCESSES = (Capability.PROCESSES,)
_COMPLETE = (Capability.COMPLETE,)
_ALL = (no_loss, no_phantom, exclusive, no_resurrection)

RULES = (
    Rule(
        id="RACE-1",
        slug="threads-never-share-task",
        sentence="Threads that claim at the same time never hold the same task.",
        why="Two threads between a 'select' and its 'update' take the same row.",
        scenario=_race(script=_stock, programs=_claimers(programs.drain)),
        drivers=(Threads(repeat=True),),
        monitors=(exclusive,),
        needs=(*_THREADS,),
    ),
    Rule(
        id="RACE-2",
        slug="processes-never-share-task",
        sentence="Processes that claim at the same time never hold the same task.",
        why="A lock that only threads see does not keep processes apart.",
        scenario=_race(script=_stock, programs=_claimers(programs.drain)),
        drivers=(Processes(repeat=True),),
        monitors=(exclusive,),
        needs=_PROCESSES,
    ),
    Rule(
        id="RACE-3",
        slug="every-task-once-across-threads",
        sentence="With producers and claimers in threads, no task is lost, duplicated or invented.",
        why="Counters and caches without a lock lose changes that two threads make at once.",
        scenario=_race(
            programs=_producers_and_claimers(programs.produce, programs.consume, idle=_IDLE),
            ending=_ENDING,
        ),
        drivers=(Threads(repeat=True),),
        monitors=_ALL,
        needs=(*_THREADS, *_COMPLETE),
    ),
    Rule(
        id="RACE-4",
        slug="every-task-once-across-processes",
        sentence="With producers and claimers in processes, no task is lost, duplicated or "
        "invented.",
        why="Production queues run this way; a race of processes reveals writes that a rollback "
        "loses.",
        scenario=_race(
            programs=_producers_and_claimers(programs.produce, programs.consume, idle=_IDLE),
            ending=_ENDING,
        ),
        drivers=(Processes(repeat=True),),
        monitors=_ALL,
        needs=(*_PROCESSES, *_COMPLETE),
    ),
    Rule(
        id="RACE-5",
        slug="order-under-concurrent-enqueues",
        sentence="When many processes enqueue, two tasks are delivered in order if one enqueue "
        "ended before the other began.",
        why="If producers reserve numbers in advance, or number their tasks by their own clocks, "
        "a later task overtakes an earlier one.",
        scenario=_race(programs=_producers, ending=_claim_all),
        drivers=(Processes(repeat=True),),
        monitors=(order,),
        needs=(Capability.FIFO, *_PROCESSES),
        level=Level.STANDARD,
    ),
    Rule(
        id="RACE-6",
        slug="priority-under-concurrent-claims",
        sentence="Tasks of better priority are delivered first when many processes claim at the "
        "same time.",
        why="A claim that loses a race and takes any other waiting task may take one of worse "
        "priority.",
        scenario=_race(script=_stock_by_priority, programs=_claimers(programs.drain)),
        drivers=(Processes(repeat=True),),
        monitors=(order,),
        needs=(Capability.PRIORITY, *_PROCESSES),
        level=Level.STANDARD,
    ),
    Rule(
        id="RACE-7",
        slug="no-false-empty-across-processes",
        sentence="No process gets 'empty' while tasks wait, however many processes claim at the "
        "same time.",
        why="If a queue that cannot get its lock answers 'empty', the worker sleeps while tasks "
        "wait.",
        scenario=_race(script=_stock, programs=_claimers(programs.drain)),
        drivers=(Processes(repeat=True),),
        monitors=(no_false_empty,),
        needs=_PROCESSES,
    ),
    Rule(
        id="RACE-8",
        slug="concurrent-first-open-works",
        sentence="Eight processes that open a new queue at the same time can all use it.",
        why="A service starts all its workers at once, even on its first day.",
        scenario=_race(programs=_openers, ending=_ENDING),
        drivers=(Processes(repeat=True),),
        monitors=(no_loss,),
        needs=_PROCESSES,
    ),
    Rule(
        id="RACE-9",
        slug="concurrent-batches-share-nothing",
        sentence="Batches that threads claim at the same time never share a task.",
        why="Many queues take a single task in one step, but select and take a batch in two steps.",
        scenario=_race(script=_stock, programs=_claimers(programs.consume_in_batches, limit=5)),
        drivers=(Threads(repeat=True),),
        monitors=(exclusive, no_resurrection),
        needs=(Capability.CLAIM_MANY, *_THREADS),
    ),
    Rule(
        id="RACE-10",
        slug="processes-acknowledge-without-loss",
        sentence="When processes complete, fail and release at the same time, no task is lost or "
        "revived.",
        why="An acknowledgement that ignores another process's change overwrites that change: a "
        "finished task is queued again, or a queued task is lost.",
        scenario=_race(
            programs=_producers_and_claimers(
                programs.produce, programs.consume_in_every_way, idle=_IDLE
            ),
            ending=_ENDING,
        ),
        drivers=(Processes(repeat=True),),
        monitors=_ALL,
        needs=(*_PROCESSES, *_COMPLETE),
        level=Level.STANDARD,
    ),
    Rule(
        id="RACE-11",
        slug="slow-process-completion-refused",
        sentence="A slow worker in another process cannot complete a task that was taken over from "
        "it.",
        why="Otherwise, the task counts as done while another worker holds it.",
        scenario=Scenario(
            script=_one_task,
            programs=_slow_and_heir,
            ending=_ENDING,
            passes_time=True,
        ),
        drivers=(Processes(),),
        monitors=(fencing, no_loss),
        needs=(Capability.LEASE, Capability.SECOND_ATTEMPT, *_PROCESSES, *_COMPLETE),
        level=Level.STANDARD,
    ),
    Rule(
        id="RACE-12",
        slug="few-workers-never-busy",
        sentence="With a few producers and claimers, no call ends in 'busy'.",
        why="Otherwise, every caller must wrap every call in a retry loop.",
        scenario=_race(
            programs=_producers_and_claimers(programs.produce, programs.consume, idle=_IDLE),
            ending=_ENDING,
        ),
        drivers=(Processes(repeat=True),),
        monitors=(busy,),
        needs=_PROCESSES,
        requirement=Requirement.SHOULD,
        level=Level.STANDARD,
    ),
    Rule(
        id="RACE-13",
        slug="claimers-share-fairly",
        sentence="Every claimer that works at its own pace gets a share of the tasks.",
        why="A worker that never gets the lock costs money and does no work.",
        scenario=_race(script=_stock, programs=_claimers(programs.drain_at_ease, work=0.005)),
        drivers=(Processes(),),
        monitors=(fairness,),
        needs=_PROCESSES,
        exercises=(Verb.CLAIM,),
        requirement=Requirement.SHOULD,
        level=Level.STANDARD,
    ),
    Rule(
        id="RACE-14",
        slug="order-under-concurrent-claims",
        sentence="Tasks are delivered in order when many processes claim at the same time.",
        why="A claim that loses a race and takes any other waiting task breaks the order.",
        scenario=_race(script=_stock_in_order, programs=_claimers(programs.drain)),
        drivers=(Processes(repeat=True),),
        monitors=(order,),
        needs=(Capability.FIFO, *_PROCESSES),
        level=Level.STANDARD,
    ),
    Rule(
        id="RACE-15",
        slug="no-false-empty-across-threads",
        sentence="No thread gets 'empty' while tasks wait, however many threads claim at the same "
        "time.",
        why="If a queue that cannot get its lock answers 'empty', the thread sleeps while tasks "
        "wait.",
        scenario=_race(script=_stock, programs=_claimers(programs.drain)),
        drivers=(Threads(repeat=True),),
        monitors=(no_false_empty,),
        needs=_THREADS,
    ),
    Rule(
        id="RACE-16",
        slug="threads-acknowledge-without-loss",
        sentence="When threads complete, fail and release at the same time, no task is lost or "
        "revived.",
        why="An acknowledgement that ignores another thread's change overwrites that change: a "
        "finished task is queued again, or a queued task is lost.",
        scenario=_race(
            programs=_producers_and_claimers(
                programs.produce, programs.consume_in_every_way, idle=_IDLE
            ),
            ending=_ENDING,
        ),
        drivers=(Threads(repeat=True),),
        monitors=_ALL,
        needs=(*_THREADS, *_COMPLETE),
        level=Level.STANDARD,
    ),
    *MEETINGS,
    *LOCKS,
)
