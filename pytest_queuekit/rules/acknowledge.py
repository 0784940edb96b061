"""ACK: only a task's current holder decides its outcome, once and for all."""

from __future__ import annotations

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.expiry import expiry
from pytest_queuekit.monitors.fencing import fencing
from pytest_queuekit.monitors.lease_kept import lease_kept
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.retry import retry
from pytest_queuekit.rules.late_calls import (
    TAKEN_OVER,
    acknowledged_after_completion,
    acknowledged_after_release,
    acknowledged_for_another,
    failed_too_late,
    stale,
)
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import (
    claim_back,
    enqueue_all,
    expire,
    labels,
    take,
)
from pytest_queuekit.rules.watched import watched


def _completed(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(3))
    env.claim_all("worker")
    env.actor("other").claim()


def _completed_long_ago(env: Environment) -> None:
    env.actor("producer").enqueue("task-1")
    worker = env.actor("worker")
    worker.complete(take(worker))
    expire(env)
    claim_back(env, env.actor("other"))


def _completed_twice(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(3))
    worker = env.actor("worker")
    done = take(worker)
    worker.complete(done)
    worker.complete(done)
    env.settle()


def _one_of_three(env: Environment) -> None:
    """Complete the second of three tasks and let the leases of the other two expire."""
    enqueue_all(env.actor("producer"), labels(3))
    take(env.actor("first"))
    held = take(env.actor("second"))
    take(env.actor("first"))
    env.actor("second").complete(held)
    expire(env)
    env.settle()


def _late_and_alone(env: Environment) -> None:
    env.actor("producer").enqueue("task-1")
    late = env.actor("late")
    held = take(late)
    env.outlast(env.lease)
    late.complete(held)
    expire(env)
    env.settle()


def _cancelled_while_held(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    enqueue_all(producer, labels(2))
    held = take(worker)
    producer.cancel(held.label)
    for _ in range(2):
        env.actor("other").claim()


def _cancelled(env: Environment) -> None:
    producer = env.actor("producer")
    enqueue_all(producer, labels(4))
    producer.cancel("task-1")
    producer.cancel("task-3")
    env.settle()


def _cancelled_while_delayed(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue("plain")
    producer.enqueue("later", delay=2)
    producer.cancel("later")
    env.outlast(2)
    env.settle()


def _cancelled_and_kept(env: Environment) -> None:
    """Cancel a task that is completed, while two others wait."""
    producer, worker = env.actor("producer"), env.actor("worker")
    enqueue_all(producer, labels(3))
    done = take(worker)
    worker.complete(done)
    producer.cancel(done.label)
    env.settle()


_RULES = (
    Rule(
        id="ACK-1",
        slug="completed-task-not-redelivered",
        sentence="A completed task is never delivered again.",
        why="Otherwise, its work is done twice.",
        scenario=Scenario(script=_completed),
        monitors=(no_resurrection,),
        needs=(Capability.COMPLETE,),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="ACK-2",
        slug="completion-outlasts-lease",
        sentence="A completed task is not delivered again when its lease would have expired.",
        why="A completion that leaves the lease running is undone when the lease expires.",
        scenario=Scenario(script=_completed_long_ago, passes_time=True),
        monitors=(no_resurrection,),
        needs=(Capability.COMPLETE, Capability.LEASE),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="ACK-3",
        slug="repeated-completion-harmless",
        sentence="A repeated completion changes nothing.",
        why="A client that got no answer repeats its call. The repeated call must not complete "
        "another task or revive the completed task.",
        scenario=Scenario(script=_completed_twice),
        monitors=(no_resurrection, no_loss),
        needs=(Capability.COMPLETE,),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="ACK-4",
        slug="completion-affects-one-task",
        sentence="A completion completes its own task and no other.",
        why="A queue that completes its oldest task, or all tasks of the worker, loses unfinished "
        "tasks.",
        scenario=Scenario(script=_one_of_three, passes_time=True),
        monitors=(no_loss, no_resurrection),
        needs=(Capability.COMPLETE, Capability.LEASE),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="ACK-5",
        slug="late-completion-final-or-refused",
        sentence="A completion after the lease expires, but before a takeover, is final, or the "
        "queue refuses it and delivers the task again.",
        why="A worker whose completion is refused relies on another worker to do the task.",
        scenario=Scenario(script=_late_and_alone, passes_time=True),
        monitors=(no_resurrection, no_loss),
        needs=(Capability.COMPLETE, Capability.LEASE),
    ),
    Rule(
        id="ACK-6",
        slug="stale-completion-refused",
        sentence="After another worker takes over a task, the queue refuses the first worker's "
        "completion, or the completion has no effect.",
        why="Otherwise, the task counts as done while another worker holds it, and is lost if that "
        "worker fails.",
        scenario=Scenario(script=stale(Verb.COMPLETE), passes_time=True),
        monitors=(fencing,),
        needs=(Capability.COMPLETE, *TAKEN_OVER),
    ),
    Rule(
        id="ACK-7",
        slug="stale-failure-refused",
        sentence="After another worker takes over a task, the queue refuses the first worker's "
        "failure report, or the report has no effect.",
        why="Otherwise, the task is delivered again while another worker holds it.",
        scenario=Scenario(script=stale(Verb.FAIL), passes_time=True),
        monitors=(fencing, exclusive),
        needs=(Capability.FAIL, *TAKEN_OVER),
    ),
    Rule(
        id="ACK-8",
        slug="stale-release-refused",
        sentence="After another worker takes over a task, the queue refuses the first worker's "
        "release, or the release has no effect.",
        why="Otherwise, the task is delivered again while another worker holds it.",
        scenario=Scenario(script=stale(Verb.RELEASE), passes_time=True),
        monitors=(fencing, exclusive),
        needs=(Capability.RELEASE, *TAKEN_OVER),
    ),
    Rule(
        id="ACK-9",
        slug="stale-extension-refused",
        sentence="After another worker takes over a task, the queue refuses the first worker's "
        "extension, or the extension has no effect.",
        why="A worker that believes that it still holds the task continues to work on it.",
        scenario=Scenario(script=stale(Verb.EXTEND), passes_time=True),
        monitors=(fencing, expiry),
        needs=(Capability.EXTEND, *TAKEN_OVER),
    ),
    Rule(
        id="ACK-10",
        slug="old-delivery-cannot-complete",
        sentence="A worker that received a task again cannot complete it through its earlier "
        "delivery.",
        why="Two threads of one worker share its name, so a name is not a fencing token.",
        scenario=Scenario(script=stale(Verb.COMPLETE, heir="late"), passes_time=True),
        monitors=(fencing,),
        needs=(Capability.COMPLETE, *TAKEN_OVER),
    ),
    Rule(
        id="ACK-11",
        slug="acknowledgement-after-release-refused",
        sentence="After another worker claims a released task, calls by the worker that released "
        "it have no effect.",
        why="A worker that releases its task gives up every right to it.",
        scenario=Scenario(script=acknowledged_after_release, passes_time=True),
        monitors=(fencing, exclusive),
        needs=(Capability.RELEASE,),
        exercises=(Verb.CLAIM, Verb.RELEASE),
    ),
    Rule(
        id="ACK-12",
        slug="cancelled-task-not-delivered",
        sentence="A cancelled task is never delivered, and every other task still is.",
        why="Otherwise, a cancelled order is carried out, or another order is cancelled with it.",
        scenario=Scenario(script=_cancelled),
        monitors=(no_resurrection, no_loss),
        needs=(Capability.CANCEL,),
        exercises=(Verb.CLAIM, Verb.CANCEL),
    ),
    Rule(
        id="ACK-13",
        slug="cancelled-delayed-task-not-delivered",
        sentence="A task cancelled during its delay is never delivered.",
        why="A reminder or a scheduled job is often cancelled before it is due.",
        scenario=Scenario(script=_cancelled_while_delayed, passes_time=True),
        monitors=(no_resurrection, no_loss),
        needs=(Capability.CANCEL, Capability.DELAY),
        exercises=(Verb.CLAIM, Verb.CANCEL),
    ),
    Rule(
        id="ACK-14",
        slug="late-cancel-harmless",
        sentence="A cancel after the completion changes nothing.",
        why="A late cancel must neither revive the completed task nor cancel another task in its "
        "place.",
        scenario=Scenario(script=_cancelled_and_kept),
        monitors=(no_resurrection, no_loss),
        needs=(Capability.CANCEL, Capability.COMPLETE),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="ACK-15",
        slug="old-delivery-has-no-effect",
        sentence="A worker that received a task again cannot release, fail or extend it through "
        "its earlier delivery.",
        why="A release or a failure that checks only the worker's name takes the task from its "
        "current holder.",
        scenario=Scenario(
            script=stale(Verb.RELEASE, Verb.FAIL, Verb.EXTEND, heir="late"), passes_time=True
        ),
        monitors=(fencing, exclusive, expiry),
        needs=(Capability.RELEASE, *TAKEN_OVER),
    ),
    Rule(
        id="ACK-16",
        slug="completed-task-not-revived",
        sentence="No call about a completed task revives it.",
        why="Otherwise, a late clean-up, or an error handler that runs after the work is done, "
        "causes the work to be done again.",
        scenario=Scenario(script=acknowledged_after_completion),
        monitors=(no_resurrection,),
        needs=(Capability.COMPLETE,),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="ACK-17",
        slug="stale-failure-spends-no-attempt",
        sentence="A failure that is reported after a takeover uses up no attempt.",
        why="Otherwise, the queue gives up a task for failures that do not count, while a worker "
        "holds it.",
        scenario=Scenario(script=failed_too_late, passes_time=True),
        monitors=(retry,),
        needs=(Capability.RETRY, Capability.MAX_ATTEMPTS, *TAKEN_OVER),
        exercises=(Verb.CLAIM, Verb.FAIL),
    ),
    Rule(
        id="ACK-18",
        slug="cancelled-held-task-not-redelivered",
        sentence="A task cancelled while a worker holds it is not delivered to another worker.",
        why="The queue may accept or refuse such a cancel, but the work must not be done twice.",
        scenario=Scenario(script=_cancelled_while_held),
        monitors=(exclusive,),
        needs=(Capability.CANCEL,),
    ),
    Rule(
        id="ACK-19",
        slug="old-call-spares-later-task",
        sentence="A call about a completed task has no effect on a task that came after it.",
        why="SQLite gives the id of a deleted row to the next one, unless the table has "
        "AUTOINCREMENT. A call that is repeated late then ends the task of another worker.",
        scenario=Scenario(script=acknowledged_for_another, passes_time=True),
        monitors=(fencing,),
        also=(lease_kept,),
        needs=(Capability.COMPLETE,),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
)

RULES = watched(_RULES, counts=False)
