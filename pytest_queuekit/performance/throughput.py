"""Measures how many tasks per minute several workers complete."""

from __future__ import annotations

from pathlib import Path

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.drivers.threads import Threads
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Driver, Program, Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import SECOND, History, Outcome, Verb
from pytest_queuekit.model.queue_under_test import QueueUnderTest
from pytest_queuekit.recording.recorder import Recorder

WORKERS = 4

_PAUSE = 0.005
"""Seconds to wait after a claim that finds the queue busy."""


def tasks_a_minute(queue: QueueUnderTest, folder: Path, effort: Effort) -> tuple[float, int]:
    """Let four workers empty a queue; return the deliveries per minute and the number of tasks.

    Raises NotRunError if no task is delivered.
    """
    several = Capability.PROCESSES in queue.contract.capabilities
    driver: Driver = Processes() if several else Threads()
    run = next(driver.runs(_scenario(effort.tasks), queue, folder, effort))
    return rate_of(run.history), effort.tasks


def drain(worker: Recorder) -> None:
    """Claim and complete tasks until the queue is empty or a minute has passed."""
    deadline = worker.clock.now() + 60 * SECOND
    while worker.clock.now() < deadline:
        delivery = worker.claim()
        if delivery is not None and worker.can(Capability.COMPLETE):
            worker.complete(delivery)
        elif delivery is None and worker.last and worker.last.outcome is Outcome.BUSY:
            worker.clock.wait(_PAUSE)
        elif delivery is None:
            return


def _scenario(tasks: int) -> Scenario:
    def fill(env: Environment) -> None:
        producer = env.actor("producer")
        for number in range(tasks):
            producer.enqueue(f"task-{number + 1}")

    workers = [
        Program(actor=f"worker-{number}", function=drain) for number in range(1, WORKERS + 1)
    ]
    return Scenario(script=fill, programs=lambda effort: workers)


def rate_of(history: History) -> float:
    """Return the deliveries per minute between the first claim and the last answer.

    Raises NotRunError if no task is delivered.
    """
    claims = history.by(Verb.CLAIM)
    ends = [
        operation.end
        for operation in history.by(Verb.COMPLETE, Verb.CLAIM)
        if operation.ok and operation.task and operation.end is not None
    ]
    if not ends:
        raise NotRunError(
            "no worker received a task, so the rate could not be measured; see the CLAIM rules "
            "first",
            kind="inconclusive",
        )
    span = max(ends) - min(claim.start for claim in claims)
    deliveries = sum(claim.is_delivery for claim in claims)
    return deliveries * 60 * SECOND / max(span, 1)
