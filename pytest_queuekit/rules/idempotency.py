"""KEY: one idempotency key, one task."""

from __future__ import annotations

from pytest_queuekit.execution.drivers.processes import Processes
from pytest_queuekit.execution.drivers.threads import Threads
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Program, Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Effort
from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors.idempotency import idempotency
from pytest_queuekit.monitors.key_conflict import key_conflict
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.rules.programs import produce_with_keys
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import BRIEF, enqueue_all, expire, labels, take, work
from pytest_queuekit.rules.watched import watched

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
"""Keys that a careless comparison treats as equal."""


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


def _without_key(env: Environment) -> None:
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
    """Enqueue again after the lease expires, before and after the queue reclaims it."""
    producer = env.actor("producer")
    producer.enqueue("first", key="order-1")
    take(env.actor("vanished"))
    env.outlast(env.lease)
    producer.enqueue("second", key="order-1")
    expire(env)
    producer.enqueue("third", key="order-1")
    env.settle()


def _after_its_time(env: Environment) -> None:
    """Use the keys of a task that is over and of one that waits: in their time, and after it."""
    producer, seconds = env.actor("producer"), env.contract.key_seconds or 0.0
    producer.enqueue("first", key="order-1")
    work(env.actor("worker"))
    producer.enqueue("other", key="order-2")
    env.wait(0.75 * seconds, "the time of a key to pass")
    producer.enqueue("early", key="order-1")
    producer.enqueue("other-early", key="order-2")
    env.outlast(0.25 * seconds, "the time of a key to end")
    producer.enqueue("late", key="order-1")
    producer.enqueue("other-late", key="order-2")
    env.settle()


def _after_its_task_expires(env: Environment) -> None:
    """Use the keys of expired tasks in their time and after it, before and after a claim."""
    producer, seconds = env.actor("producer"), env.contract.key_seconds or 0.0
    for key in ("order-1", "order-2"):
        producer.enqueue(f"{key}-first", key=key, expires=0.25 * seconds)
    env.outlast(0.5 * seconds, "tasks to expire")
    producer.enqueue("order-1-early", key="order-1")
    work(env.actor("worker"))
    producer.enqueue("order-2-early", key="order-2")
    env.outlast(0.5 * seconds, "the time of a key to end")
    for key in ("order-1", "order-2"):
        producer.enqueue(f"{key}-late", key=key)
    env.settle()


def _in_batches(env: Environment) -> None:
    """Enqueue batches with keys of a waiting task, of each other and of the batch itself."""
    producer = env.actor("producer")
    producer.enqueue("waiting", key="order-1")
    producer.enqueue_many(["new", "plain"], keys=["order-2", None])
    producer.enqueue_many(["again", "other"], keys=["order-1", "order-3"])
    producer.enqueue_many(["first", "twin", "second-plain"], keys=["order-4", "order-4", None])
    producer.enqueue_many(["once-more"], keys=["order-2"])
    producer.enqueue("single", key="order-3")
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
_HELD = (*_NEEDS, Capability.KEY_WHILE_CLAIMED)

_RULES = (
    Rule(
        id="KEY-1",
        slug="duplicate-key-adds-nothing",
        sentence="An enqueue with an idempotency key that is in use adds no task.",
        why="A client that got no answer repeats its enqueue; the customer must pay only once.",
        scenario=Scenario(script=_twice),
        monitors=(idempotency,),
        needs=_NEEDS,
    ),
    Rule(
        id="KEY-2",
        slug="key-held-while-claimed",
        sentence="A key stays in use while a worker holds its task.",
        why="Otherwise, a second task with the same key runs at the same time as the first.",
        scenario=Scenario(script=_while_held),
        monitors=(idempotency,),
        needs=_HELD,
    ),
    Rule(
        id="KEY-3",
        slug="key-held-while-delayed",
        sentence="A key stays in use while its task is delayed.",
        why="A delayed task is in the queue like any other task.",
        scenario=Scenario(script=_while_delayed, passes_time=True),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.DELAY),
    ),
    Rule(
        id="KEY-4",
        slug="key-held-while-retrying",
        sentence="A key stays in use while its task waits for the next attempt.",
        why="The failed task is delivered again; a second task with the same key would repeat its "
        "work.",
        scenario=Scenario(script=_while_it_waits_for_a_retry, passes_time=True),
        monitors=(idempotency,),
        needs=(*_HELD, Capability.RETRY),
        exercises=(Verb.CLAIM, Verb.FAIL),
    ),
    Rule(
        id="KEY-5",
        slug="similar-keys-stay-distinct",
        sentence="Keys that differ, even by a single space or capital letter, are different keys.",
        why="Otherwise, one customer's order blocks another customer's order.",
        scenario=Scenario(script=_different),
        monitors=(idempotency, no_loss),
        needs=_NEEDS,
    ),
    Rule(
        id="KEY-6",
        slug="tasks-without-key-stay-distinct",
        sentence="Tasks without a key are never treated as duplicates.",
        why="Most tasks have no key; a queue that treats 'no key' as a key would accept only the "
        "first of them.",
        scenario=Scenario(script=_without_key),
        monitors=(no_loss,),
        needs=_NEEDS,
    ),
    Rule(
        id="KEY-7",
        slug="completed-key-as-declared",
        sentence="After its task is completed, a key is in use or free, as declared.",
        why="Callers rely on 'once forever' or on 'again tomorrow', and no error shows that the "
        "queue does the other.",
        scenario=Scenario(script=_after_completion),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.COMPLETE),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="KEY-8",
        slug="keyed-task-delivered-once",
        sentence="A task with a key is delivered once, like any other task.",
        why="The key must block duplicates, not the task itself.",
        scenario=Scenario(script=_in_turn),
        monitors=(no_loss, idempotency),
        needs=_NEEDS,
    ),
    Rule(
        id="KEY-9",
        slug="key-unique-across-processes",
        sentence="Processes that enqueue the same keys at the same time add one task per key.",
        why="When a producer checks the key first and inserts later, two producers can pass the "
        "check.",
        scenario=Scenario(programs=_rivals, ending=Environment.settle, lease=BRIEF),
        drivers=(Processes(repeat=True),),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.PROCESSES),
    ),
    Rule(
        id="KEY-10",
        slug="key-held-after-release",
        sentence="A key stays in use after its task is released.",
        why="The released task is delivered again; a second task with the same key would repeat "
        "its work.",
        scenario=Scenario(script=_given_back),
        monitors=(idempotency,),
        needs=(*_HELD, Capability.RELEASE),
        exercises=(Verb.CLAIM, Verb.RELEASE),
    ),
    Rule(
        id="KEY-11",
        slug="key-held-after-expiry",
        sentence="A key stays in use after the lease of its task expires.",
        why="A client often repeats its enqueue just after the first worker died. Otherwise, a "
        "second task with the same key runs at the same time as the first.",
        scenario=Scenario(script=_left_behind, passes_time=True),
        monitors=(idempotency,),
        needs=(*_HELD, Capability.LEASE),
    ),
    Rule(
        id="KEY-12",
        slug="key-unique-across-threads",
        sentence="Threads that enqueue the same keys at the same time add one task per key.",
        why="When a thread checks the key first and inserts later, two threads can pass the check.",
        scenario=Scenario(programs=_rivals, ending=Environment.settle, lease=BRIEF),
        drivers=(Threads(repeat=True),),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.THREADS),
    ),
    Rule(
        id="KEY-13",
        slug="claim-frees-key",
        sentence="A key that is held until its task is claimed is free from then on.",
        why="A change that arrives while a worker runs must lead to another run; a key that is "
        "still in use drops it.",
        scenario=Scenario(script=_while_held),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.KEY_UNTIL_CLAIM),
    ),
    Rule(
        id="KEY-14",
        slug="duplicate-key-as-declared",
        sentence="An enqueue with the key of a waiting task keeps that task, replaces its payload "
        "or is refused, as declared.",
        why="Callers rely on the newest payload, or on the first; no error shows that the queue "
        "delivers the other.",
        scenario=Scenario(script=_twice),
        monitors=(idempotency, key_conflict),
        needs=(*_NEEDS, Capability.KEY_CONFLICT),
    ),
    Rule(
        id="KEY-15",
        slug="batch-keys-admit-one-task",
        sentence="A key in a batch keeps a second task out, as in a single enqueue: within the "
        "batch, against a task that waits, and for later calls.",
        why="A client that got no answer repeats its batch; a batch that looks for its keys only "
        "before it adds its tasks lets twins through.",
        scenario=Scenario(script=_in_batches),
        monitors=(idempotency, no_loss),
        needs=(*_NEEDS, Capability.ENQUEUE_MANY, Capability.BATCH_KEYS),
    ),
    Rule(
        id="KEY-16",
        slug="key-held-for-its-time",
        sentence="A key that is held for a time is in use for that time after its enqueue, "
        "whatever becomes of its task, and free from then on.",
        why="A client repeats its enqueue within that time even if the task is done; later, the "
        "same key means new work.",
        scenario=Scenario(script=_after_its_time, passes_time=True),
        monitors=(idempotency, no_loss),
        needs=(*_NEEDS, Capability.KEY_FOR_A_TIME),
    ),
    Rule(
        id="KEY-17",
        slug="key-outlives-expired-task",
        sentence="A key that is held for a time is in use for that time even if its task expires "
        "while it waits, and free from then on.",
        why="No worker ever ends an expired task: a key that waits for its end is in use for ever.",
        scenario=Scenario(script=_after_its_task_expires, passes_time=True),
        monitors=(idempotency,),
        needs=(*_NEEDS, Capability.KEY_FOR_A_TIME, Capability.EXPIRES),
        exercises=(Verb.ENQUEUE,),
    ),
)

RULES = watched(_RULES)
