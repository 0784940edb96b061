"""CLAIM: a waiting task is delivered to one worker at a time."""

from __future__ import annotations

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.monitors.batches import batches
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.lease_kept import lease_kept
from pytest_queuekit.monitors.no_false_empty import no_false_empty
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import enqueue_all, labels
from pytest_queuekit.rules.watched import watched

_WORKERS = (
    "worker-1",
    "worker 2",
    "Zoë",
    "工人",
    "it's",
    'say "hello"',
    "100%s",
    "a;b--",
    "w" * 200,
)


def _held(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(2))
    for name in ("first", "second", "third", "first"):
        env.actor(name).claim()


def _empty(env: Environment) -> None:
    worker, producer = env.actor("worker"), env.actor("producer")
    worker.claim()
    producer.enqueue("task-1")
    env.claim_all("worker")
    worker.claim()


def _one_by_one(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(12))
    worker = env.actor("worker")
    for _ in range(12):
        worker.claim()


def _as_they_come(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    for label in labels(6):
        worker.claim()
        producer.enqueue(label)
        worker.claim()


def _many_workers(env: Environment) -> None:
    producer = env.actor("producer")
    for number, name in enumerate(_WORKERS, start=1):
        producer.enqueue(f"task-{number}")
        env.actor(name).claim()


def _instances(env: Environment) -> None:
    early, late = env.actor("early"), env.actor("late")
    for label in labels(3):
        early.enqueue(f"{label}-of-early")
        late.claim()
        late.enqueue(f"{label}-of-late")
        early.claim()


def _batches(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(10))
    for name, limit in (("first", 4), ("second", 1), ("third", 3), ("first", 5), ("second", 5)):
        env.actor(name).claim_many(limit)


def _batch_of_what_is_there(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(3))
    env.actor("worker").claim_many(50)
    env.actor("worker").claim()


def _batch_piece_by_piece(env: Environment) -> None:
    """Complete the tasks of a batch, but release the second."""
    enqueue_all(env.actor("producer"), labels(4))
    worker = env.actor("worker")
    for place, delivery in enumerate(worker.claim_many(3)):
        if place == 1 and worker.can(Capability.RELEASE):
            worker.release(delivery)
        else:
            worker.complete(delivery)
    env.settle()


_RULES = (
    Rule(
        id="CLAIM-1",
        slug="held-task-not-redelivered",
        sentence="A task that a worker holds is not delivered again.",
        why="Two workers that hold one task do its work twice: a mail sent or a card charged "
        "twice.",
        scenario=Scenario(script=_held),
        monitors=(exclusive,),
    ),
    Rule(
        id="CLAIM-2",
        slug="empty-queue-answers-empty",
        sentence="A claim answers 'empty' when no task waits.",
        why="Most claims of an idle worker get this answer. An error in its place fills the logs; "
        "a held or completed task in its place is done twice.",
        scenario=Scenario(script=_empty),
        monitors=(no_phantom,),
    ),
    Rule(
        id="CLAIM-3",
        slug="no-empty-while-tasks-wait",
        sentence="While twelve tasks wait, each of a worker's twelve claims delivers a task.",
        why="A worker that gets 'empty' goes to sleep while tasks wait.",
        scenario=Scenario(script=_one_by_one),
        monitors=(no_false_empty,),
    ),
    Rule(
        id="CLAIM-4",
        slug="new-task-claimable-at-once",
        sentence="A task can be claimed as soon as its enqueue returns, even right after an "
        "'empty' answer.",
        why="A queue that caches the answer 'empty' delays the next task until the cache expires.",
        scenario=Scenario(script=_as_they_come),
        monitors=(no_false_empty,),
    ),
    Rule(
        id="CLAIM-5",
        slug="any-worker-name-served",
        sentence="A worker receives tasks whatever its name is.",
        why="Worker names contain host names and people's names; a quote or a non-ASCII letter "
        "must not break the claim.",
        scenario=Scenario(script=_many_workers),
        monitors=(no_false_empty,),
    ),
    Rule(
        id="CLAIM-6",
        slug="tasks-visible-across-instances",
        sentence="A task enqueued by one instance can be claimed at once through another instance.",
        why="Producers and workers run in different processes; a queue that loads its tasks only "
        "at start never sees new ones.",
        scenario=Scenario(script=_instances),
        monitors=(no_false_empty,),
        needs=(Capability.PROCESSES,),
    ),
    Rule(
        id="CLAIM-7",
        slug="batch-claim-within-limit",
        sentence="A batch claim delivers at most as many tasks as its limit, each once, and leaves "
        "all other tasks to other workers.",
        why="A worker that receives more tasks than it asked for holds tasks that other workers "
        "could do.",
        scenario=Scenario(script=_batches),
        monitors=(exclusive, batches, no_false_empty),
        needs=(Capability.CLAIM_MANY,),
    ),
    Rule(
        id="CLAIM-8",
        slug="short-batch-delivered-at-once",
        sentence="A batch claim with a limit above the number of waiting tasks delivers all of "
        "them.",
        why="A queue that waits until a batch is full delays the tasks that are already there.",
        scenario=Scenario(script=_batch_of_what_is_there),
        monitors=(no_false_empty, batches),
        needs=(Capability.CLAIM_MANY, Capability.FULL_BATCHES),
    ),
    Rule(
        id="CLAIM-9",
        slug="batch-tasks-acknowledged-singly",
        sentence="Each task of a batch is acknowledged on its own.",
        why="If the first completion ends the batch, the other tasks are lost; if single tasks "
        "cannot be acknowledged, they are delivered again and again.",
        scenario=Scenario(script=_batch_piece_by_piece),
        monitors=(lease_kept, no_resurrection, no_loss),
        needs=(Capability.CLAIM_MANY, Capability.COMPLETE),
    ),
)

RULES = watched(_RULES, counts=False)
