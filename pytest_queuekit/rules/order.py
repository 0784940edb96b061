"""ORDER: who waits longest, or matters most, goes first: as declared."""

from __future__ import annotations

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.monitors.order import order
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import enqueue_all, labels

_MIXED = (100, 9, 500, 10, 1, 99, 2, 1000, 50)
"""Priorities that sort otherwise as text than as numbers."""


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
    """Let a task of the better priority come when others wait, whichever end is the better."""
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
        sentence="Tasks are claimed in the order in which they were enqueued.",
        why="Steps of one job, or requests of one customer, are done in the wrong order.",
        scenario=Scenario(script=_in_a_row),
        monitors=(order,),
        needs=(Capability.FIFO,),
    ),
    Rule(
        id="ORDER-2",
        slug="last-in-first-out",
        sentence="The task that was enqueued last is claimed first.",
        why="Where the newest matters most, the queue works off what nobody waits for any more.",
        scenario=Scenario(script=_in_a_row),
        monitors=(order,),
        needs=(Capability.LIFO,),
    ),
    Rule(
        id="ORDER-3",
        slug="numeric-priority-order",
        sentence="Tasks are claimed in the order of their priorities, compared as numbers.",
        why="Priorities that are sorted as text put 1000 before 9.",
        scenario=Scenario(script=_priorities),
        monitors=(order,),
        needs=(Capability.PRIORITY,),
    ),
    Rule(
        id="ORDER-4",
        slug="equal-priority-fifo",
        sentence="Tasks of one priority are claimed in the order in which they were enqueued.",
        why="With ties in no order a task can be overtaken for ever.",
        scenario=Scenario(script=_two_of_each_priority),
        monitors=(order,),
        needs=(Capability.PRIORITY, Capability.FIFO),
    ),
    Rule(
        id="ORDER-5",
        slug="equal-priority-lifo",
        sentence="Of tasks of one priority the one that was enqueued last is claimed first.",
        why="A stack with priorities is a stack within each of them.",
        scenario=Scenario(script=_two_of_each_priority),
        monitors=(order,),
        needs=(Capability.PRIORITY, Capability.LIFO),
    ),
    Rule(
        id="ORDER-6",
        slug="urgent-latecomer-goes-first",
        sentence="A late task of a better priority goes before those that wait already.",
        why="An urgent task that waits behind a backlog is not urgent.",
        scenario=Scenario(script=_latecomers),
        monitors=(order,),
        needs=(Capability.PRIORITY,),
    ),
    Rule(
        id="ORDER-7",
        slug="order-across-producers",
        sentence="Tasks of two producers, an instance each, are claimed in the order in which "
        "they were enqueued.",
        why="Producers that number their tasks for themselves overtake each other.",
        scenario=Scenario(script=_two_producers),
        monitors=(order,),
        needs=(Capability.FIFO, Capability.PROCESSES),
    ),
    Rule(
        id="ORDER-8",
        slug="order-across-workers",
        sentence="Two workers that claim in turn are given the tasks in order.",
        why="A worker that reserves tasks ahead lets the other do later ones first.",
        scenario=Scenario(script=_two_workers),
        monitors=(order,),
        needs=(Capability.FIFO,),
    ),
    Rule(
        id="ORDER-9",
        slug="batch-keeps-its-place",
        sentence="A batch goes behind what was enqueued before it, and before what came after.",
        why="A batch that jumps the queue, or lets others in, is in no order.",
        scenario=Scenario(script=_batches_in),
        monitors=(order,),
        needs=(Capability.ENQUEUE_MANY, Capability.FIFO),
    ),
    Rule(
        id="ORDER-10",
        slug="batch-claim-takes-first-tasks",
        sentence="A claim of several tasks takes the first ones.",
        why="A batch from anywhere in the queue breaks the order for everybody.",
        scenario=Scenario(script=_batches_out),
        monitors=(order,),
        needs=(Capability.CLAIM_MANY, Capability.FIFO),
    ),
)
