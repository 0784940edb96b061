"""LOAD: workers at their daily pace, which the success criteria require beside the catalogue.

Six workers, the most that the criteria plan for, at 400 tasks a minute and at ten times that rate.
The load is open: the producer enqueues each task when it is due, even if the workers lag behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.drivers.threads import Threads
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import SECOND
from pytest_queuekit.monitors.busy import busy
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.rules.rule import Rule

FAMILY = "LOAD"
WORKERS = 6
RATES = {"LOAD-1": 400, "LOAD-2": 4000}
"""Tasks a minute, by the id of the rule."""

_SLUGS = {"LOAD-1": "never-busy-at-daily-load", "LOAD-2": "never-busy-at-tenfold-load"}

_SECONDS = {Level.QUICK: 3.0, Level.STANDARD: 6.0, Level.DEEP: 30.0}
_GRACE = 0.5
"""Seconds that workers continue after the last task is due."""


def load_rules(contract: Contract) -> tuple[Rule, ...]:
    """Return the load rules for a queue.

    The workers are processes, or threads if the queue cannot be shared between processes.
    """
    several = Capability.PROCESSES in contract.capabilities
    needs = Capability.PROCESSES if several else Capability.THREADS
    return tuple(
        Rule(
            id=rule_id,
            slug=_SLUGS[rule_id],
            sentence=f"With {WORKERS} workers and {rate:,} tasks a minute in all, "
            "no call ends in 'busy'.",
            why="A fault under normal load recurs every day.",
            scenario=Scenario(programs=_programs(rate)),
            drivers=(Processes() if several else Threads(),),
            monitors=(busy,),
            needs=(needs,),
        )
        for rule_id, rate in RATES.items()
    )


def _programs(rate: int) -> Callable[[Effort], Sequence[Program]]:
    """Return a function that makes the producer and the workers for a rate in tasks a minute.

    A task takes half of its worker's share of the time, and at most 0.1 s.
    """
    share = 60 * WORKERS / rate

    def programs(effort: Effort) -> Sequence[Program]:
        seconds = _SECONDS[effort.level]
        tasks = {"tasks": round(seconds * rate / 60), "every": 60 / rate}
        work = {"seconds": seconds + _GRACE, "work": min(share / 2, 0.1), "idle": share / 20}
        return [
            Program(actor="producer", function=enqueue_when_due, arguments=tasks),
            *(
                Program(actor=f"worker-{number + 1}", function=work_for, arguments=work)
                for number in range(WORKERS)
            ),
        ]

    return programs


def enqueue_when_due(producer: Recorder, *, tasks: int, every: float) -> None:
    """Enqueue a task every `every` seconds; enqueue a late task at once."""
    begun = producer.clock.now()
    for number in range(tasks):
        early = begun + number * every * SECOND - producer.clock.now()
        if early > 0:
            producer.clock.wait(early / SECOND)
        producer.enqueue(f"task-{number + 1}")


def work_for(worker: Recorder, *, seconds: float, work: float, idle: float) -> None:
    """Claim and complete for `seconds`; work `work` s per task and wait `idle` s when empty."""
    until = worker.clock.now() + seconds * SECOND
    while worker.clock.now() < until:
        delivery = worker.claim()
        worker.clock.wait(idle if delivery is None else work)
        if delivery is not None and worker.can(Capability.COMPLETE):
            worker.complete(delivery)
