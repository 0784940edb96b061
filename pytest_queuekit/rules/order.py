"""ORDER: tasks are delivered in the declared order."""

from __future__ import annotations

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.monitors.order import order
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import enqueue_all, labels

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
        env.actor("left").enqueue(f"{label}-of-left")
        env.actor("right").enqueue(f"{label}-of-right")
        env.actor("right").enqueue(f"{label}-of-right-too")
    env.claim_all("worker")


def _two_workers(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(8))
    for _ in range(4):
        env.actor("left").claim()
        env.actor("right").claim()


def _batches_in(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue_many(labels(12, "first"))
    producer.enqueue("between")
    producer.enqueue_many(labels(3, "second"))
    env.claim_all("worker")


def _batches_out(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(12))
    for _ in range(4):
        env.actor("worker").claim_many(3)


RULES = (
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
)
