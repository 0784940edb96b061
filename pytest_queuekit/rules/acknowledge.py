"""ACK: what a worker says of its task counts while the task is its own, and then for good."""

from __future__ import annotations

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario, Script
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.expiry import expiry
from pytest_queuekit.monitors.fencing import fencing
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.retry import retry
from pytest_queuekit.recording.recorder import Delivery, Recorder
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import (
    claim_back,
    enqueue_all,
    expire,
    labels,
    reclaim,
    take,
    take_over,
)


def _completed(env: Environment) -> None:
    enqueue_all(env.actor("producer"), labels(3))
    env.claim_all("worker")
    env.actor("other").claim()


def _completed_long_ago(env: Environment) -> None:
    env.actor("producer").enqueue("task")
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
    """Complete the second of three tasks, and let the other two come back."""
    enqueue_all(env.actor("producer"), labels(3))
    take(env.actor("first"))
    held = take(env.actor("second"))
    take(env.actor("first"))
    env.actor("second").complete(held)
    expire(env)
    env.settle()


def _late_and_alone(env: Environment) -> None:
    env.actor("producer").enqueue("task")
    late = env.actor("late")
    held = take(late)
    env.outlast(env.lease)
    late.complete(held)
    expire(env)
    env.settle()


def _stale(*verbs: Verb, heir: str = "heir") -> Script:
    """Return a script in which a worker speaks of a task that another has taken over.

    Then the heir holds the task for most of its lease, and vanishes: the task must come again.
    """

    def script(env: Environment) -> None:
        for verb in verbs:
            if env.actor("late").can(Capability(verb)):
                label = "task" if len(verbs) == 1 else f"task-to-{verb}"
                _speak_too_late(env, verb, heir, label)

    return script


def _speak_too_late(env: Environment, verb: Verb, heir: str, label: str) -> None:
    old, _ = take_over(env, heir=heir, label=label)
    late = env.actor("late")
    _say(env, late, verb, old)
    env.wait(0.5 * env.lease)
    reclaim(env)
    env.actor("other").claim()
    expire(env)
    claim_back(env, late, failures=2)
    env.settle()


def _failed_too_late(env: Environment) -> None:
    """Tell a failure too late, of a task that has one attempt left for its heir to lose."""
    env.actor("producer").enqueue("task", max_attempts=3)
    late, heir = env.actor("late"), env.actor("heir")
    old = take(late)
    expire(env)
    new = claim_back(env, heir)
    if new is None:
        raise NotRunError("'heir' was not given the task whose lease had run out")
    late.fail(old)
    heir.fail(new)
    promise = env.contract.retry
    env.outlast(max(promise.wait(one)[1] for one in (1, 2)) if promise else 0)
    env.actor("other").claim()


def _say(env: Environment, actor: Recorder, verb: Verb, delivery: Delivery) -> None:
    if verb is Verb.COMPLETE:
        actor.complete(delivery)
    elif verb is Verb.FAIL:
        actor.fail(delivery)
    elif verb is Verb.RELEASE:
        actor.release(delivery)
    else:
        actor.extend(delivery, 20 * env.lease)


def _said_after_release(env: Environment) -> None:
    """Give a task back, and speak of it when another worker has it, who gives it back too."""
    first, second = env.actor("first"), env.actor("second")
    for verb in _WAYS:
        if not first.can(Capability(verb)):
            continue
        env.actor("producer").enqueue(f"task-to-{verb}")
        old = take(first)
        first.release(old)
        new = take(second)
        _say(env, first, verb, old)
        env.actor("third").claim()
        second.release(new)
        env.settle()


def _said_after_completion(env: Environment) -> None:
    """Complete a task, and then speak of it as if it were not done."""
    env.actor("producer").enqueue("done")
    worker = env.actor("worker")
    worker.complete(take(worker))
    for verb in (Verb.RELEASE, Verb.FAIL, Verb.EXTEND):
        if not worker.can(Capability(verb)):
            continue
        env.actor("producer").enqueue(f"task-to-{verb}")
        done = take(worker)
        worker.complete(done)
        _say(env, worker, verb, done)
        env.actor("other").claim()
    promise = env.contract.retry
    env.outlast(21 * env.lease + (promise.wait(1)[1] if promise else 0))
    reclaim(env)
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
    """Cancel one task, and cancel one that is done."""
    producer, worker = env.actor("producer"), env.actor("worker")
    enqueue_all(producer, labels(3))
    done = take(worker)
    worker.complete(done)
    producer.cancel(done.label)
    env.settle()


_WAYS = (Verb.COMPLETE, Verb.RELEASE, Verb.FAIL, Verb.EXTEND)
_TAKEN_OVER = (Capability.LEASE,)

RULES = (
    Rule(
        id="ACK-1",
        slug="completed-task-not-redelivered",
        sentence="A completed task is never delivered again.",
        why="Work that is done would be done once more.",
        scenario=Scenario(script=_completed),
        monitors=(no_resurrection,),
        needs=(Capability.COMPLETE,),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="ACK-2",
        slug="completion-outlasts-lease",
        sentence="A completed task is not delivered again when its lease would have run out.",
        why="A completion that leaves the lease running is undone by the clock.",
        scenario=Scenario(script=_completed_long_ago, passes_time=True),
        monitors=(no_resurrection,),
        needs=(Capability.COMPLETE, Capability.LEASE),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="ACK-3",
        slug="repeated-completion-harmless",
        sentence="A completion that is said twice changes nothing the second time.",
        why="A client that got no answer says it again; that must not complete another task or "
        "revive this one.",
        scenario=Scenario(script=_completed_twice),
        monitors=(no_resurrection, no_loss),
        needs=(Capability.COMPLETE,),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="ACK-4",
        slug="completion-affects-one-task",
        sentence="A completion completes its own task and no other.",
        why="A queue that completes the oldest task, or all of a worker's, loses the rest.",
        scenario=Scenario(script=_one_of_three, passes_time=True),
        monitors=(no_loss, no_resurrection),
        needs=(Capability.COMPLETE, Capability.LEASE),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="ACK-5",
        slug="late-completion-final-or-refused",
        sentence="A completion that comes late, before anybody took the task over, is final, or "
        "refused and the task comes again.",
        why="A worker that is told 'too late' counts on another doing the work.",
        scenario=Scenario(script=_late_and_alone, passes_time=True),
        monitors=(no_resurrection, no_loss),
        needs=(Capability.COMPLETE, Capability.LEASE),
    ),
    Rule(
        id="ACK-6",
        slug="stale-completion-refused",
        sentence="A completion by a worker whose task was taken over is refused, or without "
        "effect.",
        why="The task would count as done while another worker is at it, and be lost if that one "
        "fails.",
        scenario=Scenario(script=_stale(Verb.COMPLETE), passes_time=True),
        monitors=(fencing,),
        needs=(Capability.COMPLETE, *_TAKEN_OVER),
    ),
    Rule(
        id="ACK-7",
        slug="stale-failure-refused",
        sentence="A failure that is told by a worker whose task was taken over is refused, or "
        "without effect.",
        why="The task would be handed out again while another worker is at it.",
        scenario=Scenario(script=_stale(Verb.FAIL), passes_time=True),
        monitors=(fencing, exclusive),
        needs=(Capability.FAIL, *_TAKEN_OVER),
    ),
    Rule(
        id="ACK-8",
        slug="stale-release-refused",
        sentence="A release by a worker whose task was taken over is refused, or without effect.",
        why="The task would be handed out again while another worker is at it.",
        scenario=Scenario(script=_stale(Verb.RELEASE), passes_time=True),
        monitors=(fencing, exclusive),
        needs=(Capability.RELEASE, *_TAKEN_OVER),
    ),
    Rule(
        id="ACK-9",
        slug="stale-extension-refused",
        sentence="An extension by a worker whose task was taken over is refused, or without "
        "effect.",
        why="A worker that believes it still holds the task goes on with it.",
        scenario=Scenario(script=_stale(Verb.EXTEND), passes_time=True),
        monitors=(fencing, expiry),
        needs=(Capability.EXTEND, *_TAKEN_OVER),
    ),
    Rule(
        id="ACK-10",
        slug="old-delivery-cannot-complete",
        sentence="A worker that was given the same task anew cannot complete its former delivery.",
        why="Two threads of one worker have the same name; a name is no fencing token.",
        scenario=Scenario(script=_stale(Verb.COMPLETE, heir="late"), passes_time=True),
        monitors=(fencing,),
        needs=(Capability.COMPLETE, *_TAKEN_OVER),
    ),
    Rule(
        id="ACK-11",
        slug="acknowledgement-after-release-refused",
        sentence="What a worker says of a task after it gave it back, and another took it, is "
        "refused or without effect.",
        why="Who gave a task back has no say in it any more.",
        scenario=Scenario(script=_said_after_release, passes_time=True),
        monitors=(fencing, exclusive),
        needs=(Capability.RELEASE,),
        exercises=(Verb.CLAIM, Verb.RELEASE),
    ),
    Rule(
        id="ACK-12",
        slug="cancelled-task-not-delivered",
        sentence="A cancelled task is never delivered, and every other is.",
        why="An order that was called off would be carried out, or another be called off with it.",
        scenario=Scenario(script=_cancelled),
        monitors=(no_resurrection, no_loss),
        needs=(Capability.CANCEL,),
        exercises=(Verb.CLAIM, Verb.CANCEL),
    ),
    Rule(
        id="ACK-13",
        slug="cancelled-delayed-task-not-delivered",
        sentence="A task that is cancelled while it waits for its time is never delivered.",
        why="Delayed tasks are the ones that are called off most.",
        scenario=Scenario(script=_cancelled_while_delayed, passes_time=True),
        monitors=(no_resurrection, no_loss),
        needs=(Capability.CANCEL, Capability.DELAY),
        exercises=(Verb.CLAIM, Verb.CANCEL),
    ),
    Rule(
        id="ACK-14",
        slug="late-cancel-harmless",
        sentence="A cancel that comes too late changes nothing.",
        why="It must neither revive a task that is done nor take another in its place.",
        scenario=Scenario(script=_cancelled_and_kept),
        monitors=(no_resurrection, no_loss),
        needs=(Capability.CANCEL, Capability.COMPLETE),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="ACK-15",
        slug="old-delivery-has-no-effect",
        sentence="A worker that was given the same task anew has no say through its former "
        "delivery.",
        why="A release or a failure by name alone takes the task from the very worker that has it.",
        scenario=Scenario(
            script=_stale(Verb.RELEASE, Verb.FAIL, Verb.EXTEND, heir="late"), passes_time=True
        ),
        monitors=(fencing, exclusive, expiry),
        needs=(Capability.RELEASE, *_TAKEN_OVER),
    ),
    Rule(
        id="ACK-16",
        slug="completed-task-not-revived",
        sentence="Nothing that is said of a completed task revives it.",
        why="A worker that tidies up late, or whose error handler runs after the work was done, "
        "would have it done again.",
        scenario=Scenario(script=_said_after_completion),
        monitors=(no_resurrection,),
        needs=(Capability.COMPLETE,),
        exercises=(Verb.CLAIM, Verb.COMPLETE),
    ),
    Rule(
        id="ACK-17",
        slug="stale-failure-spends-no-attempt",
        sentence="A failure that is told too late uses up no attempt.",
        why="A task would be given up for failures that were none, while a worker is at it.",
        scenario=Scenario(script=_failed_too_late, passes_time=True),
        monitors=(retry,),
        needs=(Capability.RETRY, Capability.MAX_ATTEMPTS, *_TAKEN_OVER),
        exercises=(Verb.CLAIM, Verb.FAIL),
    ),
    Rule(
        id="ACK-18",
        slug="cancelled-held-task-not-redelivered",
        sentence="A task that is cancelled while a worker holds it is handed to nobody else.",
        why="Whether such a cancel is refused or not, it is no reason to do the work twice.",
        scenario=Scenario(script=_cancelled_while_held),
        monitors=(exclusive,),
        needs=(Capability.CANCEL,),
    ),
)
