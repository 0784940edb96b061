"""Scripts of calls that come too late: after a takeover, a release or a completion."""

from __future__ import annotations

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Script
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.rules.steps import (
    claim_back,
    expire,
    labels,
    look_for_held,
    not_redelivered,
    reclaim,
    take,
    take_over,
)

TAKEN_OVER = (Capability.LEASE, Capability.SECOND_ATTEMPT)
"""What a queue needs so that another worker can take a task over."""

_WAYS = (Verb.COMPLETE, Verb.RELEASE, Verb.FAIL, Verb.EXTEND)


def stale(*verbs: Verb, heir: str = "heir") -> Script:
    """Return a script in which a worker acknowledges a task after a takeover.

    The heir then holds the task for half of its lease and vanishes. The task must be delivered
    again.
    """

    def script(env: Environment) -> None:
        for verb in verbs:
            if env.actor("late").can(Capability(verb)):
                label = "task-1" if len(verbs) == 1 else f"task-to-{verb}"
                _acknowledge_too_late(env, verb, heir, label)

    return script


def _acknowledge_too_late(env: Environment, verb: Verb, heir: str, label: str) -> None:
    old, _ = take_over(env, heir=heir, label=label)
    late = env.actor("late")
    _acknowledge(env, late, verb, old)
    look_for_held(env, after_failure=verb is Verb.FAIL)
    expire(env)
    claim_back(env, late, failures=2)
    env.settle()


def failed_too_late(env: Environment) -> None:
    """Report a failure after a takeover; the heir's own failure must leave one attempt."""
    env.actor("producer").enqueue("task-1", max_attempts=3)
    late, heir = env.actor("late"), env.actor("heir")
    old = take(late)
    expire(env)
    new = claim_back(env, heir)
    if new is None:
        raise not_redelivered("heir", "task-1")
    late.fail(old)
    heir.fail(new)
    promise = env.contract.retry
    env.outlast(max(promise.wait(failures)[1] for failures in (1, 2)) if promise else 0)
    env.actor("other").claim()


def _acknowledge(env: Environment, actor: Recorder, verb: Verb, delivery: Delivery) -> None:
    if verb is Verb.COMPLETE:
        actor.complete(delivery)
    elif verb is Verb.FAIL:
        actor.fail(delivery)
    elif verb is Verb.RELEASE:
        actor.release(delivery)
    else:
        actor.extend(delivery, 20 * env.lease)


def acknowledged_after_release(env: Environment) -> None:
    """Acknowledge a released task while another worker holds it, then release it there too."""
    first, second = env.actor("first"), env.actor("second")
    for verb in _WAYS:
        if not first.can(Capability(verb)):
            continue
        env.actor("producer").enqueue(f"task-to-{verb}")
        old = take(first)
        first.release(old)
        new = take(second)
        _acknowledge(env, first, verb, old)
        env.actor("third").claim()
        if verb is Verb.FAIL:
            look_for_held(env, after_failure=True)
        second.release(new)
        env.settle()


def acknowledged_after_completion(env: Environment) -> None:
    """Complete a task, then release, fail or extend it."""
    env.actor("producer").enqueue("task-1")
    worker = env.actor("worker")
    worker.complete(take(worker))
    for verb in (Verb.RELEASE, Verb.FAIL, Verb.EXTEND):
        if not worker.can(Capability(verb)):
            continue
        env.actor("producer").enqueue(f"task-to-{verb}")
        done = take(worker)
        worker.complete(done)
        _acknowledge(env, worker, verb, done)
        env.actor("other").claim()
    promise = env.contract.retry
    env.outlast(21 * env.lease + (promise.wait(1)[1] if promise else 0))
    reclaim(env)
    env.settle()


def acknowledged_for_another(env: Environment) -> None:
    """Acknowledge a completed task again while another worker holds the next one.

    That worker completes its task or, where a lease ends, vanishes with it.
    """
    names = iter(labels(8))
    for verb in (Verb.COMPLETE, Verb.RELEASE, Verb.FAIL):
        if env.actor("first").can(Capability(verb)):
            env.actor("second").complete(_called_late(env, verb, next(names), next(names)))
    if not env.contract.lacks(TAKEN_OVER):
        _called_late(env, Verb.COMPLETE, next(names), next(names))
        expire(env)
    env.settle()


def _called_late(env: Environment, verb: Verb, before: str, after: str) -> Delivery:
    """Repeat a call about a completed task; return the delivery of the task after it."""
    producer, first = env.actor("producer"), env.actor("first")
    producer.enqueue(before)
    old = take(first)
    first.complete(old)
    if producer.can(Capability.PURGE):
        producer.purge()
    producer.enqueue(after)
    new = take(env.actor("second"))
    _acknowledge(env, first, verb, old)
    if verb is Verb.FAIL:
        look_for_held(env, after_failure=True)
    env.actor("third").claim()
    return new
