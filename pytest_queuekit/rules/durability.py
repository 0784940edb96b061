"""DURABLE: accepted tasks and their states survive closed instances and killed processes."""

from __future__ import annotations

from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.faults.kill import Kill
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort, Level
from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.expiry import expiry
from pytest_queuekit.monitors.idempotency import idempotency
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.order import order
from pytest_queuekit.monitors.retry import retry
from pytest_queuekit.monitors.schedule import schedule
from pytest_queuekit.rules import programs
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import BRIEF, enqueue_all, labels, take


def _reopened(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(5))
    env.reopen("producer")
    env.settle()


def _done_and_reopened(env: Environment) -> None:
    """Claim at once, and when the lease of the completed task would have ended.

    The wait is free: a queue that does not follow the virtual clock is asked twice at once.
    """
    enqueue_all(env.actor("producer"), labels(2))
    worker = env.actor("worker")
    worker.complete(take(worker))
    env.actor("producer").close()
    worker.close()
    env.settle()
    env.wait(2 * env.lease)
    env.settle()


def _held_and_reopened(env: Environment) -> None:
    """Open a new instance while the worker of another, open instance holds a task."""
    enqueue_all(env.actor("producer"), labels(2))
    take(env.actor("holder"))
    env.actor("producer").close()
    late = env.actor("late")
    late.claim()
    late.claim()


def _in_order_and_reopened(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(12))
    later = env.reopen("producer")
    enqueue_all(later, labels(3, "later"))
    env.claim_all("worker")


def _delayed_and_reopened(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue("now")
    producer.enqueue("later", delay=3600)
    env.reopen("producer")
    env.claim_all("worker")


def _keyed_and_reopened(env: Environment) -> None:
    env.actor("producer").enqueue("first", key="order-1")
    env.reopen("producer").enqueue("second", key="order-1")
    env.settle()


def _failed_and_reopened(env: Environment) -> None:
    """Close after each failure: the count of attempts must continue."""
    promise = env.contract.retry
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("task-1", max_attempts=2)
    for failures in (1, 2):
        worker.fail(take(worker))
        worker = env.reopen(worker.actor)
        env.outlast(promise.wait(failures)[1] if promise else 0)
    worker.claim()


def _killed_producers(effort: Effort) -> list[Program]:
    return [
        Program(
            actor=f"producer-{number}",
            function=programs.produce_forever,
            faults=(Kill(after=1, delay=0.05 * number),),
        )
        for number in range(1, effort.producers + 1)
    ]


def _one_task(env: Environment) -> None:
    env.actor("producer").enqueue("task-1")


def _stock(env: Environment) -> None:
    enqueue_all(env.actor("stocker"), labels(env.effort.tasks))


def _killed_workers(effort: Effort) -> list[Program]:
    """Return workers that die in turn within a claim and within a completion, ever later in it."""
    count = effort.claimers
    return [
        Program(
            actor=f"worker-{number}",
            function=programs.consume_forever,
            # An even number of calls ends with a completion, so that a claim is next.
            faults=(Kill(after=2 + number % 2, within=number / (count + 1)),),
        )
        for number in range(1, count + 1)
    ]


def _killed_holder(effort: Effort) -> list[Program]:
    return [Program(actor="killed", function=programs.claim_one, faults=(Kill(after=1),))]


_NEEDS = (Capability.DURABLE, Capability.PROCESSES)

RULES = (
    Rule(
        id="DURABLE-1",
        slug="tasks-outlive-instance",
        sentence="Tasks are delivered unchanged even if the instance that enqueued them is closed.",
        why="Many programs that enqueue are short-lived, such as the handler of a web request.",
        scenario=Scenario(script=_reopened),
        monitors=(no_loss, no_phantom),
        needs=_NEEDS,
    ),
    Rule(
        id="DURABLE-2",
        slug="completion-outlives-instance",
        sentence="A completed task stays completed after every open instance is closed.",
        why="Otherwise, completed work is done again after a restart.",
        scenario=Scenario(script=_done_and_reopened),
        monitors=(no_resurrection, no_loss),
        needs=(*_NEEDS, Capability.COMPLETE),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="DURABLE-3",
        slug="opening-spares-held-tasks",
        sentence="Opening the queue leaves held tasks with their workers.",
        why="A start-up that requeues 'interrupted' tasks takes them from running workers.",
        scenario=Scenario(script=_held_and_reopened),
        monitors=(exclusive,),
        needs=_NEEDS,
    ),
    Rule(
        id="DURABLE-4",
        slug="order-outlives-instance",
        sentence="Tasks are delivered in enqueue order even if the producer's instance is closed "
        "and reopened between enqueues.",
        why="A counter that restarts with the program puts later tasks first.",
        scenario=Scenario(script=_in_order_and_reopened),
        monitors=(order,),
        needs=(*_NEEDS, Capability.FIFO),
    ),
    Rule(
        id="DURABLE-5",
        slug="delay-outlives-instance",
        sentence="A delay stays in force after the instance that set it is closed.",
        why="A timer in memory ends with its process.",
        scenario=Scenario(script=_delayed_and_reopened),
        monitors=(schedule,),
        needs=(*_NEEDS, Capability.DELAY),
    ),
    Rule(
        id="DURABLE-6",
        slug="key-outlives-instance",
        sentence="A key stays in force after the instance that set it is closed.",
        why="A client that repeats an enqueue has often just restarted.",
        scenario=Scenario(script=_keyed_and_reopened),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.KEY),
    ),
    Rule(
        id="DURABLE-7",
        slug="attempts-outlive-instance",
        sentence="The count of attempts continues even if the worker's instance is closed after "
        "each failure.",
        why="Otherwise, a task that crashes its worker stays at its first attempt forever.",
        scenario=Scenario(script=_failed_and_reopened, passes_time=True),
        monitors=(retry,),
        needs=(*_NEEDS, Capability.RETRY, Capability.MAX_ATTEMPTS),
        exercises=(Verb.CLAIM, Verb.FAIL),
    ),
    Rule(
        id="DURABLE-8",
        slug="accepted-task-survives-producer-kill",
        sentence="When a producer is killed, no task that the queue accepted from it is lost, and "
        "the batch that the kill cut off was added as a whole or not at all.",
        why="The caller forgets a task once the queue has accepted it, and repeats a batch that "
        "got no answer.",
        scenario=Scenario(programs=_killed_producers, ending=Environment.settle, lease=BRIEF),
        drivers=(Processes(repeat=True),),
        monitors=(no_loss, no_phantom),
        needs=_NEEDS,
        exercises=(Verb.ENQUEUE,),
    ),
    Rule(
        id="DURABLE-9",
        slug="killed-worker-task-redelivered",
        sentence="A task whose worker is killed is delivered again after its lease expires.",
        why="Machines die; their work must survive.",
        scenario=Scenario(
            script=_one_task,
            programs=_killed_holder,
            ending=Environment.settle,
            passes_time=True,
        ),
        drivers=(Processes(),),
        monitors=(expiry, no_loss),
        needs=(*_NEEDS, Capability.LEASE, Capability.AT_LEAST_ONCE),
        level=Level.STANDARD,
    ),
    Rule(
        id="DURABLE-10",
        slug="completions-survive-worker-kills",
        sentence="When workers are killed at any moment, completed tasks stay completed and all "
        "others are delivered again.",
        why="A kill between two writes can leave a task in neither state.",
        scenario=Scenario(
            script=_stock, programs=_killed_workers, ending=Environment.settle, passes_time=True
        ),
        drivers=(Processes(repeat=True),),
        monitors=(no_resurrection, no_loss),
        needs=(*_NEEDS, Capability.RECOVERY, Capability.AT_LEAST_ONCE, Capability.COMPLETE),
        level=Level.STANDARD,
    ),
)
