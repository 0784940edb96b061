"""ORDER: tasks are delivered in the declared order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.model.verdict import Requirement
from pytest_queuekit.monitors.batch_order import batch_order
from pytest_queuekit.monitors.order import order
from pytest_queuekit.monitors.redelivery import redelivery
from pytest_queuekit.monitors.stuck_behind import PATIENCE, stuck_behind
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import enqueue_all, labels, let_order_settle, take
from pytest_queuekit.rules.watched import watched

_MIXED = (100, 9, 500, 10, 1, 99, 2, 1000, 50)
"""Priorities whose order as text differs from their order as numbers."""


def _in_a_row(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(24))
    env.claim_all("worker")


def _priorities(env: Environment) -> None:
    producer = env.actor("producer")
    for number, priority in enumerate(_MIXED, start=1):
        producer.enqueue(f"task-{number}", priority=priority)
    env.claim_all("worker")


def _two_of_each_priority(env: Environment) -> None:
    producer = env.actor("producer")
    for label in labels(12):
        for priority in (20, 10):
            producer.enqueue(f"{label}-of-{priority}", priority=priority)
            let_order_settle(producer)
    env.claim_all("worker")


def _latecomers(env: Environment) -> None:
    """Enqueue a task of better priority, in the declared direction, while others wait."""
    producer, worker = env.actor("producer"), env.actor("worker")
    for round_ in labels(3, "round"):
        enqueue_all(producer, labels(3, round_), priority=50)
        worker.claim()
        better = 10 if env.contract.order.priority == "lower-first" else 90
        producer.enqueue(f"{round_}-late", priority=better)
        worker.claim()
    env.claim_all("worker")


def _two_producers(env: Environment) -> None:
    for label in labels(6):
        enqueue_all(env.actor("left"), [f"{label}-of-left"])
        enqueue_all(env.actor("right"), [f"{label}-of-right", f"{label}-of-right-too"])
    env.claim_all("worker")


def _two_workers(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(8))
    for _ in range(4):
        env.actor("left").claim()
        env.actor("right").claim()


def _batches_in(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue_many(labels(12, "first"))
    let_order_settle(producer)
    enqueue_all(producer, ["between"])
    producer.enqueue_many(labels(3, "second"))
    env.claim_all("worker")


def _batches_out(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(12))
    for _ in range(4):
        env.actor("worker").claim_many(3)


def _batches_in_order(env: Environment) -> None:
    """Enqueue two tasks of each priority, if the queue has priorities, in another order."""
    producer = env.actor("producer")
    ranked = producer.can(Capability.PRIORITY)
    for label, priority in zip(labels(2 * len(_MIXED)), _MIXED * 2, strict=True):
        enqueue_all(producer, [label], **({"priority": priority} if ranked else {}))
    for _ in range(4):
        env.actor("worker").claim_many(5)


def _fails_again_and_again(env: Environment) -> None:
    enqueue_all(env.actor("producer"), ["broken", *labels(3)])
    worker = env.actor("worker")
    for _ in range(PATIENCE + 3):
        delivery = worker.claim()
        if delivery is None:
            break
        if delivery.label == "broken":
            worker.fail(delivery)
        elif worker.can(Capability.COMPLETE):
            worker.complete(delivery)


def _comes_back(env: Environment) -> None:
    """Give tasks back by each way that the queue has, and let others come before and after."""
    worker = env.actor("worker")
    for give_back, wait in _ways_back(env, worker):
        enqueue_all(env.actor("producer"), labels(4, give_back.__name__))
        for delivery in reversed([take(worker), take(worker)]):
            give_back(delivery)
            let_order_settle(worker)
        enqueue_all(env.actor("producer"), [f"{give_back.__name__}-late"])
        if wait:
            env.outlast(wait)
        env.claim_all("worker")


def _ways_back(
    env: Environment, worker: Recorder
) -> Iterator[tuple[Callable[[Delivery], bool], float]]:
    """Return each call that gives a task back, with the seconds until it can be claimed again."""
    retry = env.contract.retry
    if worker.can(Capability.RELEASE):
        yield worker.release, 0
    if worker.can(Capability.RETRY) and retry is not None and retry.max_attempts > 1:
        yield worker.fail, retry.wait(1)[1]


_RULES = (
    Rule(
        id="ORDER-1",
        slug="first-in-first-out",
        sentence="Tasks are delivered in the order in which they were enqueued.",
        why="Otherwise, steps of one job, or requests of one customer, run in the wrong order.",
        scenario=Scenario(script=_in_a_row),
        monitors=(order,),
        needs=(Capability.FIFO,),
    ),
    Rule(
        id="ORDER-2",
        slug="last-in-first-out",
        sentence="The task enqueued last is delivered first.",
        why="If the newest task matters most, any other order spends time on outdated work.",
        scenario=Scenario(script=_in_a_row),
        monitors=(order,),
        needs=(Capability.LIFO,),
    ),
    Rule(
        id="ORDER-3",
        slug="numeric-priority-order",
        sentence="Tasks are delivered in the order of their priorities, compared as numbers.",
        why="Priorities sorted as text put 1000 before 9.",
        scenario=Scenario(script=_priorities),
        monitors=(order,),
        needs=(Capability.PRIORITY,),
    ),
    Rule(
        id="ORDER-4",
        slug="equal-priority-fifo",
        sentence="Tasks of equal priority are delivered in the order in which they were enqueued.",
        why="Without an order among equals, other tasks can overtake a task forever.",
        scenario=Scenario(script=_two_of_each_priority),
        monitors=(order,),
        needs=(Capability.PRIORITY, Capability.FIFO),
    ),
    Rule(
        id="ORDER-5",
        slug="equal-priority-lifo",
        sentence="Among tasks of equal priority, the task enqueued last is delivered first.",
        why="A stack with priorities must be a stack within each priority, too.",
        scenario=Scenario(script=_two_of_each_priority),
        monitors=(order,),
        needs=(Capability.PRIORITY, Capability.LIFO),
    ),
    Rule(
        id="ORDER-6",
        slug="urgent-latecomer-goes-first",
        sentence="A new task of better priority is delivered before the tasks that already wait.",
        why="Otherwise, an urgent task waits behind the whole backlog.",
        scenario=Scenario(script=_latecomers),
        monitors=(order,),
        needs=(Capability.PRIORITY,),
    ),
    Rule(
        id="ORDER-7",
        slug="order-across-producers",
        sentence="Tasks of two producers, each with its own instance, are delivered in the order "
        "in which they were enqueued.",
        why="Producers that number their tasks independently overtake each other.",
        scenario=Scenario(script=_two_producers),
        monitors=(order,),
        needs=(Capability.FIFO, Capability.PROCESSES),
    ),
    Rule(
        id="ORDER-8",
        slug="order-across-workers",
        sentence="Two workers that claim in turn receive the tasks in order.",
        why="A worker that reserves tasks in advance lets the other worker do later tasks first.",
        scenario=Scenario(script=_two_workers),
        monitors=(order,),
        needs=(Capability.FIFO,),
    ),
    Rule(
        id="ORDER-9",
        slug="batch-keeps-its-place",
        sentence="A batch is delivered after the tasks enqueued before it and before the tasks "
        "enqueued after it.",
        why="A batch that jumps ahead, or lets other tasks in between, breaks the order.",
        scenario=Scenario(script=_batches_in),
        monitors=(order,),
        needs=(Capability.ENQUEUE_MANY, Capability.FIFO),
    ),
    Rule(
        id="ORDER-10",
        slug="batch-claim-takes-first-tasks",
        sentence="A batch claim delivers the first tasks of the queue.",
        why="A batch from anywhere else in the queue breaks the order for every worker.",
        scenario=Scenario(script=_batches_out),
        monitors=(order,),
        needs=(Capability.CLAIM_MANY, Capability.FIFO),
    ),
    Rule(
        id="ORDER-11",
        slug="failing-task-blocks-nobody",
        sentence="A task that fails again and again does not keep the tasks behind it waiting for "
        "ever.",
        why="If a failed task goes to the head at once and without end, one broken task stops the "
        "whole queue.",
        scenario=Scenario(script=_fails_again_and_again),
        monitors=(stuck_behind,),
        needs=(Capability.FAIL,),
        exercises=(Verb.CLAIM, Verb.FAIL),
    ),
    Rule(
        id="ORDER-12",
        slug="redelivery-in-declared-place",
        sentence="A released or retried task comes again from its declared place: its original "
        "one, the head or the tail.",
        why="Callers rely on the place, and no error shows that other tasks overtake a task that "
        "came back, or that it overtakes them.",
        scenario=Scenario(script=_comes_back, passes_time=True),
        monitors=(redelivery,),
        needs=(Capability.REDELIVERY,),
    ),
    Rule(
        id="ORDER-13",
        slug="batch-claim-in-order",
        sentence="The tasks of a batch claim come in the declared order.",
        why="A worker does the tasks of its batch one after the other, the most urgent one last, "
        "if the database returns them in the order of their ids.",
        scenario=Scenario(script=_batches_in_order),
        monitors=(batch_order,),
        needs=(Capability.CLAIM_MANY, Capability.FIFO),
        requirement=Requirement.SHOULD,
    ),
)

RULES = watched(_RULES, counts=False)
