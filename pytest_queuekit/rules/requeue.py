"""RETRY for dead letters that are requeued."""

from __future__ import annotations

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.monitors.requeue import requeue
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import (
    fail_until_dead,
    lasting,
    promised_retry,
    take,
    too_many,
    work,
)

_MOST = 8
"""The most attempts of a task that a script fails until it is dead."""


def _die(env: Environment, label: str, attempts: int = 1) -> int:
    """Enqueue a task with these attempts, or with those of the queue, and fail it until it is dead.

    Returns the attempts. Raises NotRunError if they are too many.
    """
    producer = env.actor("producer")
    options = {"max_attempts": attempts} if producer.can(Capability.MAX_ATTEMPTS) else {}
    if not options:
        attempts = promised_retry(env).max_attempts
    if attempts > _MOST:
        raise too_many(attempts, _MOST)
    producer.enqueue(label, **options)
    fail_until_dead(env, attempts)
    return attempts


def _requeued(env: Environment) -> None:
    _die(env, "task-1")
    env.actor("producer").requeue("task-1")
    env.outlast(0)
    work(env.actor("worker"))
    env.actor("other").claim()
    env.settle()


def _requeued_twice(env: Environment) -> None:
    """Requeue a dead task again while it waits, while it is held, and after its completion."""
    producer, worker, other = env.actor("producer"), env.actor("worker"), env.actor("other")
    _die(env, "task-1")
    for _ in range(2):
        producer.requeue("task-1")
    env.outlast(0)
    held = worker.claim()
    other.claim()
    producer.requeue("task-1")
    other.claim()
    if held is not None and worker.can(Capability.COMPLETE):
        worker.complete(held)
        other.claim()
        producer.requeue("task-1")
        env.outlast(0)
        other.claim()


def _requeued_alive(env: Environment) -> None:
    """Requeue a task that waits, is held, is completed, is delayed and waits for a retry."""
    producer, worker, other = env.actor("producer"), env.actor("worker"), env.actor("other")
    for requeued in ("waiting", "held", "done"):
        producer.enqueue(requeued)
        if requeued == "waiting":
            producer.requeue(requeued)
        held = take(worker)
        if requeued == "held":
            producer.requeue(requeued)
        other.claim()
        if worker.can(Capability.COMPLETE):
            worker.complete(held)
            if requeued == "done":
                producer.requeue(requeued)
            other.claim()
    if producer.can(Capability.DELAY):
        producer.enqueue("delayed", delay=10)
        producer.requeue("delayed")
        other.claim()
        env.outlast(10)
        work(worker)
    if producer.can(Capability.SECOND_ATTEMPT):
        producer.enqueue("failed", **lasting(producer))
        worker.fail(take(worker))
        producer.requeue("failed")
        other.claim()
        env.outlast(promised_retry(env).wait(1)[1])
        work(worker)
    env.settle()


def _requeued_and_failed(env: Environment) -> None:
    """Fail a requeued task until it is dead again, and claim once more."""
    before = _die(env, "task-1", attempts=2)
    env.actor("producer").requeue("task-1")
    env.outlast(0)
    worker, promise = env.actor("worker"), promised_retry(env)
    for failures in range(1, _MOST + 1):
        held = worker.claim()
        if held is None:
            return
        worker.fail(held)
        counts = (failures, before + failures)
        env.outlast(max(promise.wait(count)[1] for count in counts))


_NEEDS = (Capability.RETRY, Capability.REQUEUE)
_REQUEUES = (Verb.FAIL, Verb.REQUEUE)

REQUEUES = (
    Rule(
        id="RETRY-16",
        slug="requeued-dead-letter-delivered",
        sentence="A dead letter that is requeued is delivered again, and is claimable at once.",
        why="An operator who has removed the cause of the failures relies on it; the task would "
        "be lost without an error.",
        scenario=Scenario(script=_requeued, passes_time=True),
        monitors=(requeue, no_phantom),
        needs=_NEEDS,
        exercises=_REQUEUES,
    ),
    Rule(
        id="RETRY-17",
        slug="second-requeue-adds-nothing",
        sentence="A second requeue of a dead letter is refused, or has no effect.",
        why="Operators click twice. A requeue that copies the task does its work twice.",
        scenario=Scenario(script=_requeued_twice, passes_time=True),
        monitors=(requeue, exclusive),
        needs=_NEEDS,
        exercises=_REQUEUES,
    ),
    Rule(
        id="RETRY-18",
        slug="live-task-requeue-has-no-effect",
        sentence="A requeue of a task that is not dead is refused, or has no effect.",
        why="A list of dead letters is soon out of date: a task in it may wait, run or be done "
        "again.",
        scenario=Scenario(script=_requeued_alive, passes_time=True),
        monitors=(requeue, exclusive),
        needs=_NEEDS,
    ),
    Rule(
        id="RETRY-19",
        slug="requeued-task-gets-declared-attempts",
        sentence="A requeued task gets as many attempts as declared, and no more.",
        why="With a used-up count, the first failure kills the task again; without a limit, it "
        "fails forever.",
        scenario=Scenario(script=_requeued_and_failed, passes_time=True),
        monitors=(requeue,),
        needs=_NEEDS,
        exercises=_REQUEUES,
    ),
)
"""The rules of the family RETRY."""
