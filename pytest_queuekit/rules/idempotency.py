"""KEY: what is enqueued twice under one idempotency key is there once."""

from __future__ import annotations

from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.drivers.threads import Threads
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors.idempotency import idempotency
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.rules.programs import produce_with_keys
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import BRIEF, enqueue_all, expire, labels, take, work

_ALIKE = (
    "order-1",
    "Order-1",
    "order-1 ",
    " order-1",
    "order-1\n",
    "order-01",
    "1",
    "01",
    "1.0",
    "straße",
    "strasse",
    "é",
    "e\u0301",
    "%",
    "_",
    "'",
    "k" * 400,
    "k" * 401,
)
"""Keys that a careless comparison takes for the same."""


def _twice(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue("first", key="order-1")
    producer.enqueue("second", key="order-1")
    env.actor("another").enqueue("third", key="order-1")
    env.settle()


def _while_held(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("first", key="order-1")
    held = take(worker)
    producer.enqueue("second", key="order-1")
    worker.claim()
    if worker.can(Capability.COMPLETE):
        worker.complete(held)
    env.settle()


def _while_delayed(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue("first", key="order-1", delay=2)
    producer.enqueue("second", key="order-1")
    env.actor("worker").claim()
    env.outlast(2)
    env.settle()


def _different(env: Environment) -> None:
    producer = env.actor("producer")
    for number, key in enumerate(_ALIKE, start=1):
        producer.enqueue(f"task-{number}", key=key)
    env.settle()


def _without(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue("keyed", key="order-1")
    enqueue_all(producer, labels(4))
    env.settle()


def _after_completion(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("first", key="order-1")
    producer.enqueue("other", key="order-2")
    worker.complete(take(worker))
    producer.enqueue("second", key="order-1")
    env.settle()


def _while_it_waits_for_a_retry(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("first", key="order-1")
    worker.fail(take(worker))
    producer.enqueue("second", key="order-1")
    retry = env.contract.retry
    env.outlast(retry.wait(1)[1] if retry else 0)
    env.settle()


def _in_turn(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    for label in labels(4):
        producer.enqueue(label, key=f"key-of-{label}")
        work(worker)
    env.settle()


def _given_back(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("first", key="order-1")
    worker.release(take(worker))
    producer.enqueue("second", key="order-1")
    env.settle()


def _left_behind(env: Environment) -> None:
    """Ask again before and after somebody notices that the lease of the first has run out."""
    producer = env.actor("producer")
    producer.enqueue("first", key="order-1")
    take(env.actor("vanished"))
    env.outlast(env.lease)
    producer.enqueue("second", key="order-1")
    expire(env)
    producer.enqueue("third", key="order-1")
    env.settle()


def _rivals(effort: Effort) -> list[Program]:
    return [
        Program(
            actor=f"producer-{number}",
            function=produce_with_keys,
            arguments={"count": min(300, 2 * effort.tasks)},
        )
        for number in range(1, effort.claimers + 1)
    ]


_NEEDS = (Capability.KEY,)

RULES = (
    Rule(
        id="KEY-1",
        slug="duplicate-key-adds-nothing",
        sentence="A second enqueue under a key that is held adds nothing.",
        why="A client that got no answer asks again; the customer pays once.",
        scenario=Scenario(script=_twice),
        monitors=(idempotency,),
        needs=_NEEDS,
    ),
    Rule(
        id="KEY-2",
        slug="key-held-while-claimed",
        sentence="A key is held while a worker has its task.",
        why="A second task under the key would be run beside the first.",
        scenario=Scenario(script=_while_held),
        monitors=(idempotency,),
        needs=_NEEDS,
    ),
    Rule(
        id="KEY-3",
        slug="key-held-while-delayed",
        sentence="A key is held while its task waits for its time.",
        why="A delayed task is as much there as any other.",
        scenario=Scenario(script=_while_delayed, passes_time=True),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.DELAY),
    ),
    Rule(
        id="KEY-4",
        slug="key-held-while-retrying",
        sentence="A key is held while its task waits for its next attempt.",
        why="A task that failed once will come again, and the second one beside it.",
        scenario=Scenario(script=_while_it_waits_for_a_retry, passes_time=True),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.RETRY),
        exercises=(Verb.CLAIM, Verb.FAIL),
    ),
    Rule(
        id="KEY-5",
        slug="similar-keys-stay-distinct",
        sentence="Keys that differ, if only by a space or a capital, are different.",
        why="One customer's order would keep out another's.",
        scenario=Scenario(script=_different),
        monitors=(idempotency, no_loss),
        needs=_NEEDS,
    ),
    Rule(
        id="KEY-6",
        slug="tasks-without-key-stay-distinct",
        sentence="Tasks without a key are never taken for the same.",
        why="Most tasks have none; an empty key that is held by one would keep out all others.",
        scenario=Scenario(script=_without),
        monitors=(no_loss,),
        needs=_NEEDS,
    ),
    Rule(
        id="KEY-7",
        slug="completed-key-as-declared",
        sentence="After its task is completed a key is held, or free, as declared.",
        why="Callers either count on 'once for ever' or on 'again tomorrow'; both break in "
        "silence.",
        scenario=Scenario(script=_after_completion),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.COMPLETE),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="KEY-8",
        slug="keyed-task-delivered-once",
        sentence="A task with a key is delivered like any other, and once.",
        why="The key is there to keep others out, not the task itself.",
        scenario=Scenario(script=_in_turn),
        monitors=(no_loss, idempotency),
        needs=_NEEDS,
    ),
    Rule(
        id="KEY-9",
        slug="key-unique-across-processes",
        sentence="Producers that enqueue the same keys at the same time add one task for each.",
        why="Asking first and adding then lets two producers through between the two.",
        scenario=Scenario(programs=_rivals, ending=Environment.settle, lease=BRIEF),
        driver=Processes(),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.PROCESSES),
        chance=True,
    ),
    Rule(
        id="KEY-10",
        slug="key-held-after-release",
        sentence="A key is held when its task was given back.",
        why="The task waits again, and a second one would be run beside it.",
        scenario=Scenario(script=_given_back),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.RELEASE),
        exercises=(Verb.CLAIM, Verb.RELEASE),
    ),
    Rule(
        id="KEY-11",
        slug="key-held-after-expiry",
        sentence="A key is held when its task's lease has run out.",
        why="The client asks again just when its first worker died; the task comes back, and the "
        "second one beside it.",
        scenario=Scenario(script=_left_behind, passes_time=True),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.LEASE),
    ),
    Rule(
        id="KEY-12",
        slug="key-unique-across-threads",
        sentence="Threads that enqueue the same keys at the same time add one task for each.",
        why="Asking first and adding then lets two threads through between the two.",
        scenario=Scenario(programs=_rivals, ending=Environment.settle, lease=BRIEF),
        driver=Threads(),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.THREADS),
        chance=True,
    ),
)
