"""STATS: counts are correct, and maintenance harms no live task."""

from __future__ import annotations

from pytest_queuekit.execution.drivers.interleaved import Interleaved
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.effort import Level
from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.idempotency import idempotency
from pytest_queuekit.monitors.no_false_empty import no_false_empty
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.purged import purged
from pytest_queuekit.monitors.retry import retry
from pytest_queuekit.monitors.stats import stats
from pytest_queuekit.rules.backups import at_rest, at_work, with_keys
from pytest_queuekit.rules.only_attempt import COUNTED
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import enqueue_all, expire, labels, take, take_over


def _life(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.stats()
    enqueue_all(producer, labels(4))
    producer.stats()
    held = take(worker)
    take(worker)
    producer.stats()
    if worker.can(Capability.COMPLETE):
        worker.complete(held)
        producer.stats()


def _batches(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("single")
    producer.enqueue_many(labels(3, "batch"))
    producer.stats()
    if worker.can(Capability.CLAIM_MANY):
        worker.claim_many(2)
        producer.stats()


def _taken_over(env: Environment) -> None:
    take_over(env)
    env.actor("heir").stats()


def _given_back(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(2))
    worker = env.actor("worker")
    held = take(worker)
    worker.stats()
    worker.release(held)
    worker.stats()


def _delayed(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue("now")
    producer.enqueue("later", delay=3600)
    producer.enqueue("soon", delay=2)
    producer.stats()
    env.outlast(2)
    producer.stats()
    env.claim_all("worker")
    producer.stats()


def _failed(env: Environment) -> None:
    producer, worker, promise = env.actor("producer"), env.actor("worker"), env.contract.retry
    producer.enqueue("given-up", max_attempts=2)
    producer.enqueue("alive")
    for failures in (1, 2):
        worker.fail(take(worker))
        if failures == 1:
            worker.fail(take(worker))
        worker.stats()
        env.outlast(promise.wait(failures)[1] if promise else 0)
    worker.stats()
    # A dead task that comes again is the cause of the wrong counts.
    env.claim_all("other")


def _cancelled(env: Environment) -> None:
    producer = env.actor("producer")
    enqueue_all(producer, labels(3))
    producer.cancel("task-2")
    producer.stats()
    env.claim_all("worker")
    producer.stats()


def _purged(env: Environment) -> None:
    """Leave one task completed, one held and one waiting; then purge."""
    producer, worker = env.actor("producer"), env.actor("worker")
    enqueue_all(producer, labels(3))
    worker.complete(take(worker))
    take(worker)
    producer.purge()
    env.actor("other").claim()
    if not env.contract.lacks((Capability.LEASE,)):
        expire(env)
    env.settle()


def _purged_with_failures(env: Environment) -> None:
    """Purge while one task is delayed and another waits for its next attempt."""
    producer, worker, promise = env.actor("producer"), env.actor("worker"), env.contract.retry
    producer.enqueue("failed")
    worker.fail(take(worker))
    producer.enqueue("done")
    worker.complete(take(worker))
    producer.enqueue("later", delay=2)
    if worker.can(Capability.DEAD_LETTERS, Capability.MAX_ATTEMPTS):
        producer.enqueue("given-up", max_attempts=1)
        worker.fail(take(worker))
    producer.purge()
    if worker.can(Capability.DEAD_LETTERS, Capability.MAX_ATTEMPTS):
        producer.dead_letters()
    env.outlast(max(2, promise.wait(1)[1] if promise else 0))
    for _ in range(3):
        worker.claim()


def _purged_and_counted(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    enqueue_all(producer, labels(4))
    for _ in range(2):
        worker.complete(take(worker))
    take(worker)
    producer.stats()
    producer.purge()
    producer.stats()


_NEEDS = (Capability.STATS,)

RULES = (
    Rule(
        id="STATS-1",
        slug="states-counted-correctly",
        sentence="Waiting, held and completed tasks are each counted in their own state.",
        why="A dashboard or an autoscaler that uses wrong counts is worse than none.",
        scenario=Scenario(script=_life),
        monitors=(stats,),
        needs=_NEEDS,
        exercises=(Verb.CLAIM, Verb.STATS),
    ),
    Rule(
        id="STATS-2",
        slug="released-task-counts-as-waiting",
        sentence="A released task counts as waiting again.",
        why="A count of held tasks that only grows looks like workers that hang.",
        scenario=Scenario(script=_given_back),
        monitors=(stats,),
        needs=(*_NEEDS, Capability.RELEASE),
        exercises=(Verb.RELEASE, Verb.STATS),
    ),
    Rule(
        id="STATS-3",
        slug="delayed-task-counts-as-waiting",
        sentence="A delayed task counts as waiting, and as ready once it is due, where the queue "
        "counts ready tasks.",
        why="A backlog that is scheduled for tonight is still a backlog, and no reason to start "
        "workers now.",
        scenario=Scenario(script=_delayed, passes_time=True),
        monitors=(stats,),
        needs=(*_NEEDS, Capability.DELAY),
        exercises=(Verb.CLAIM, Verb.STATS),
    ),
    Rule(
        id="STATS-4",
        slug="failed-counts-waiting-then-dead",
        sentence="A failed task counts as waiting until it is given up, and as dead from then on.",
        why="Alarms depend on the count of dead tasks.",
        scenario=Scenario(script=_failed, passes_time=True),
        monitors=(stats,),
        also=(retry,),
        needs=(*_NEEDS, Capability.RETRY, Capability.MAX_ATTEMPTS),
        exercises=(Verb.FAIL, Verb.STATS),
    ),
    Rule(
        id="STATS-5",
        slug="cancelled-task-not-counted-waiting",
        sentence="A cancelled task no longer counts as waiting.",
        why="A backlog that contains cancelled tasks never reaches zero.",
        scenario=Scenario(script=_cancelled),
        monitors=(stats,),
        needs=(*_NEEDS, Capability.CANCEL),
        exercises=(Verb.CANCEL, Verb.STATS),
    ),
    Rule(
        id="STATS-6",
        slug="purge-spares-live-tasks",
        sentence="A purge leaves waiting and held tasks unchanged.",
        why="Work that a nightly clean-up deletes is missed only days later.",
        scenario=Scenario(script=_purged, passes_time=True),
        monitors=(no_loss, no_false_empty, exclusive),
        needs=(Capability.PURGE, Capability.COMPLETE),
        exercises=(Verb.COMPLETE, Verb.PURGE),
    ),
    Rule(
        id="STATS-7",
        slug="purge-spares-pending-and-dead",
        sentence="A purge leaves delayed tasks, tasks that wait for a retry, and dead letters "
        "unchanged.",
        why="A clean-up that deletes every task that is not running deletes these tasks, too.",
        scenario=Scenario(script=_purged_with_failures, passes_time=True),
        monitors=(no_false_empty, retry),
        needs=(
            Capability.PURGE,
            Capability.COMPLETE,
            Capability.DELAY,
            Capability.RETRY,
        ),
        exercises=(Verb.FAIL, Verb.PURGE),
    ),
    Rule(
        id="STATS-8",
        slug="purge-removes-only-completed-tasks",
        sentence="After a purge, the counts include no completed task and every other task.",
        why="A purge that deletes nothing lets the file grow until the disk is full.",
        scenario=Scenario(script=_purged_and_counted),
        monitors=(stats, purged),
        needs=(*_NEEDS, Capability.PURGE, Capability.COMPLETE),
        exercises=(Verb.COMPLETE, Verb.PURGE, Verb.STATS),
    ),
    Rule(
        id="STATS-9",
        slug="backup-is-usable-queue",
        sentence="A backup is itself a working queue that holds the unfinished tasks.",
        why="A backup that cannot be used is discovered only when it is needed.",
        scenario=Scenario(script=at_rest),
        monitors=(no_loss, no_phantom, no_resurrection),
        needs=(Capability.BACKUP,),
        exercises=(Verb.BACKUP, Verb.CLAIM),
    ),
    Rule(
        id="STATS-10",
        slug="taken-over-task-counted-once",
        sentence="A task taken over from a vanished worker counts once, as held.",
        why="A count of held tasks that grows with each dead worker looks like work in progress.",
        scenario=Scenario(script=_taken_over, passes_time=True),
        monitors=(stats,),
        needs=(*_NEEDS, Capability.LEASE, Capability.SECOND_ATTEMPT),
        exercises=(Verb.CLAIM, Verb.STATS),
    ),
    Rule(
        id="STATS-11",
        slug="batch-tasks-counted-singly",
        sentence="Each task of a batch is counted.",
        why="A counter that adds one per call is wrong after the first batch.",
        scenario=Scenario(script=_batches),
        monitors=(stats,),
        needs=(*_NEEDS, Capability.ENQUEUE_MANY),
        exercises=(Verb.STATS,),
    ),
    COUNTED,
    Rule(
        id="STATS-13",
        slug="backup-keeps-moving-tasks",
        sentence="A backup holds each unfinished task, also one that moves while the backup runs.",
        why="A backup that reads one state after the other misses a task that is released or "
        "claimed between two of its reads.",
        scenario=Scenario(script=at_work, passes_time=True),
        drivers=(Interleaved(),),
        monitors=(no_loss, no_phantom),
        level=Level.STANDARD,
        needs=(
            Capability.BACKUP,
            Capability.THREADS,
            Capability.LEASE,
            Capability.AT_LEAST_ONCE,
        ),
        exercises=(Verb.BACKUP, Verb.CLAIM),
    ),
    Rule(
        id="STATS-14",
        slug="backup-keeps-keys",
        sentence="In a backup, the key of an unfinished task is in use as in the queue itself, and "
        "a key that was free stays free.",
        why="After a restore, clients repeat every enqueue that got no answer: without its key, "
        "each of these tasks runs twice.",
        scenario=Scenario(script=with_keys),
        monitors=(idempotency,),
        needs=(Capability.BACKUP, Capability.KEY),
        exercises=(Verb.BACKUP, Verb.CLAIM),
    ),
)
