"""RETRY: a failed task is tried again, but not forever."""

from __future__ import annotations

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability, Retry
from pytest_queuekit.model.history import Verb
from pytest_queuekit.model.verdict import Requirement
from pytest_queuekit.monitors.lease_kept import lease_kept
from pytest_queuekit.monitors.no_false_empty import no_false_empty
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.poison import poison
from pytest_queuekit.monitors.retry import retry
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.rules import final_failure, only_attempt, requeue
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import (
    claim_back,
    enqueue_all,
    expire,
    fail_until_dead,
    labels,
    lasting,
    promised_retry,
    take,
    too_many,
)
from pytest_queuekit.rules.watched import watched

_MOST = 8
"""The most attempts of a script that waits between them."""

_MOST_UNTIL_DEAD = 100
"""The most attempts of a script that fails a task until it is given up."""

_MOST_TO_THE_CAP = 40
"""The most attempts of a script that reaches the longest wait, under a virtual clock."""

_MESSAGES = (
    "",
    "it's",
    'say "no"',
    "100% of {what} %s failed; -- \\",
    "line 1\nline 2\r\n\ttab",
    "Straße 工人 🚀",
    "x" * 100_000,
)


def _fail(actor: Recorder) -> Delivery:
    delivery = take(actor)
    actor.fail(delivery)
    return delivery


def _again(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue("task-1", **lasting(producer))
    fail_until_dead(env, 1)
    env.actor("other").claim()


def _too_early(env: Environment) -> None:
    """Claim ten times in the course of a failed task's wait."""
    shortest = promised_retry(env).wait(1)[0]
    if not shortest:
        raise NotRunError(
            "the contract declares no wait before the second attempt", kind="unsupported"
        )
    producer = env.actor("producer")
    producer.enqueue("task-1", **lasting(producer))
    _fail(env.actor("worker"))
    for _ in range(9):
        env.actor("other").claim()
        env.wait(shortest / 10)


def _growing(env: Environment) -> None:
    """Fail a task repeatedly, and claim shortly before and after each wait ends."""
    promise, worker = promised_retry(env), env.actor("worker")
    options = lasting(worker)
    attempts = min(options.get("max_attempts", promise.max_attempts), _MOST)
    if env.clock.virtual and worker.can(Capability.MAX_ATTEMPTS):
        attempts = max(attempts, _attempts_to_the_cap(promise))
        options = {"max_attempts": attempts}
    env.actor("producer").enqueue("task-1", **options)
    for failures in range(1, attempts):
        held = worker.claim()
        if held is None:
            return
        worker.fail(held)
        shortest, longest = promise.wait(failures)
        env.wait(0.9 * shortest)
        worker.claim()
        env.outlast(longest - 0.9 * shortest)


def _attempts_to_the_cap(promise: Retry) -> int:
    """Return the attempts after which two waits would exceed the cap; 0 if none do."""
    for failures in range(1, _MOST_TO_THE_CAP):
        if promise.first * promise.factor ** (failures - 1) > promise.cap:
            return failures + 2
    return 0


def _between_failures(env: Environment) -> None:
    """Fail a task as often as its limit allows.

    Between failures, let a lease expire and release the task once.
    """
    promise, worker = promised_retry(env), env.actor("worker")
    attempts, options = promise.max_attempts, {}
    if worker.can(Capability.MAX_ATTEMPTS):
        attempts = 5
        options = {"max_attempts": attempts}
    if attempts > _MOST:
        raise too_many(attempts, _MOST)
    env.actor("producer").enqueue("task-1", **options)
    for failures in range(1, attempts + 1):
        held = worker.claim()
        if held is None:
            return  # the queue may count the expired lease or the release as a failure
        worker.fail(held)
        env.outlast(promise.wait(failures + 2)[1])
        if failures == 2 and worker.can(Capability.LEASE) and worker.claim() is not None:
            expire(env)
            env.outlast(promise.wait(failures + 1)[1])
        if failures == 3 and worker.can(Capability.RELEASE) and (held := worker.claim()):
            worker.release(held)
    env.actor("other").claim()


def _with_many_messages(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    for number, message in enumerate(_MESSAGES, start=1):
        producer.enqueue(f"task-{number}")
        worker.fail(take(worker), message)
    env.outlast(promised_retry(env).wait(1)[1])
    for _ in _MESSAGES:
        worker.claim()


def _spent(env: Environment) -> None:
    attempts = promised_retry(env).max_attempts
    if attempts > _MOST_UNTIL_DEAD:
        raise too_many(attempts, _MOST_UNTIL_DEAD)
    env.actor("producer").enqueue("task-1")
    fail_until_dead(env, attempts)
    env.actor("other").claim()


def _own_limits(env: Environment) -> None:
    producer, worker, promise = env.actor("producer"), env.actor("worker"), promised_retry(env)
    for limit in (1, 3, 2):
        producer.enqueue(f"up-to-{limit}", max_attempts=limit)
    for failures in (1, 2, 3, 4):
        while (delivery := worker.claim()) is not None and failures < 4:
            worker.fail(delivery)
        env.outlast(promise.wait(failures)[1])


def _each_its_own(env: Environment) -> None:
    """Fail two tasks twice each, and claim both for their third attempts."""
    producer, worker, promise = env.actor("producer"), env.actor("worker"), promised_retry(env)
    enqueue_all(producer, labels(2), max_attempts=3)
    for failures in (1, 2):
        for _ in range(2):
            held = worker.claim()
            if held is not None:
                worker.fail(held)
        env.outlast(promise.wait(failures)[1])
    worker.claim()
    worker.claim()


def _listed(env: Environment) -> None:
    """Give up one task, and leave others waiting, held and completed."""
    _spent(env)
    producer, worker = env.actor("producer"), env.actor("worker")
    enqueue_all(producer, labels(3, "alive"))
    if worker.can(Capability.COMPLETE):
        worker.complete(take(worker))
    take(worker)
    worker.dead_letters()


def _dead_and_listed(env: Environment) -> None:
    _spent(env)
    keeper = env.actor("keeper")
    keeper.dead_letters()
    env.outlast(promised_retry(env).wait(1)[1])
    env.settle()


def _in_the_way(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("fails")
    enqueue_all(producer, labels(3))
    _fail(worker)
    for _ in range(3):
        worker.claim()


def _failed_and_done(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue("task-1", **lasting(producer))
    fail_until_dead(env, 1)
    worker = env.actor("worker")
    worker.complete(take(worker))
    env.outlast(promised_retry(env).wait(2)[1])
    env.settle()


def _vanishing(env: Environment) -> None:
    """Let every worker vanish with the task, more often than its limit of attempts."""
    promise = promised_retry(env)
    if promise.max_attempts > _MOST:
        raise too_many(promise.max_attempts, _MOST)
    env.actor("producer").enqueue("task-1")
    for attempt in range(1, promise.max_attempts + 4):
        claim_back(env, env.actor(f"worker-{attempt}"), failures=attempt)
        expire(env)
        env.outlast(promise.wait(attempt)[1])
    env.actor("keeper").claim()


_NEEDS = (Capability.RETRY,)
_AGAIN = (*_NEEDS, Capability.SECOND_ATTEMPT)
_FAILS = (Verb.CLAIM, Verb.FAIL)

_RULES = (
    Rule(
        id="RETRY-1",
        slug="failed-task-retried",
        sentence="A failed task is delivered again after its wait.",
        why="Most failures are temporary; without a retry, the first failure loses the task.",
        scenario=Scenario(script=_again, passes_time=True),
        monitors=(retry, no_phantom),
        needs=_AGAIN,
        exercises=_FAILS,
    ),
    Rule(
        id="RETRY-2",
        slug="no-retry-before-wait",
        sentence="A failed task is not delivered before its wait is over.",
        why="An immediate retry meets the same fault and hammers a service that is already down.",
        scenario=Scenario(script=_too_early, passes_time=True),
        monitors=(retry,),
        needs=_AGAIN,
        exercises=_FAILS,
    ),
    Rule(
        id="RETRY-3",
        slug="backoff-grows-as-declared",
        sentence="The waits between attempts grow as declared, up to the declared cap.",
        why="Waits that do not grow overload a service that tries to recover.",
        scenario=Scenario(script=_growing, passes_time=True),
        monitors=(retry,),
        needs=_AGAIN,
        exercises=_FAILS,
    ),
    Rule(
        id="RETRY-4",
        slug="no-delivery-after-last-attempt",
        sentence="A task that failed its last attempt is not delivered again.",
        why="Otherwise, a task that can never succeed is retried forever.",
        scenario=Scenario(script=_spent, passes_time=True),
        monitors=(retry,),
        needs=_NEEDS,
        exercises=_FAILS,
    ),
    Rule(
        id="RETRY-5",
        slug="own-attempt-limit-honoured",
        sentence="The queue honours a task's own attempt limit.",
        why="A task that must not be tried twice sets the limit to 1.",
        scenario=Scenario(script=_own_limits, passes_time=True),
        monitors=(retry,),
        needs=(*_NEEDS, Capability.MAX_ATTEMPTS),
        exercises=_FAILS,
    ),
    Rule(
        id="RETRY-6",
        slug="failure-counts-for-one-task",
        sentence="A failure counts against its own task only.",
        why="Otherwise, a healthy task is given up because its neighbours failed.",
        scenario=Scenario(script=_each_its_own, passes_time=True),
        monitors=(retry,),
        needs=(*_NEEDS, Capability.MAX_ATTEMPTS),
        exercises=_FAILS,
    ),
    Rule(
        id="RETRY-7",
        slug="dead-letters-listed-exactly",
        sentence="The list of dead letters contains each task that was given up, and no other.",
        why="An operator repairs tasks from this list: a missing task is never repaired, and an "
        "extra one is repaired for nothing.",
        scenario=Scenario(script=_listed, passes_time=True),
        monitors=(retry,),
        needs=(*_NEEDS, Capability.DEAD_LETTERS),
        exercises=(Verb.FAIL, Verb.DEAD_LETTERS),
    ),
    Rule(
        id="RETRY-8",
        slug="dead-letter-not-delivered",
        sentence="A dead letter is never delivered.",
        why="Otherwise, a task that a person has already dealt with runs again without that "
        "person's knowledge.",
        scenario=Scenario(script=_dead_and_listed, passes_time=True),
        monitors=(no_resurrection,),
        needs=(*_NEEDS, Capability.DEAD_LETTERS),
        exercises=(Verb.FAIL, Verb.DEAD_LETTERS),
    ),
    Rule(
        id="RETRY-9",
        slug="retry-wait-blocks-no-task",
        sentence="A failed task that waits for its next attempt blocks no other task.",
        why="Otherwise, one bad task stops the queue for the length of its waits.",
        scenario=Scenario(script=_in_the_way),
        monitors=(no_false_empty,),
        needs=_NEEDS,
        exercises=_FAILS,
    ),
    Rule(
        id="RETRY-10",
        slug="completion-ends-retries",
        sentence="A task that failed and was then completed is not retried.",
        why="A scheduled retry that is not cancelled does the work again.",
        scenario=Scenario(script=_failed_and_done, passes_time=True),
        monitors=(no_resurrection,),
        needs=(*_AGAIN, Capability.COMPLETE),
        exercises=(Verb.CLAIM, Verb.FAIL, Verb.COMPLETE),
    ),
    Rule(
        id="RETRY-11",
        slug="poison-task-given-up",
        sentence="A task is given up when every worker that claims it vanishes.",
        why="Otherwise, a task that kills its worker kills all workers, one after the other, "
        "forever.",
        scenario=Scenario(script=_vanishing, passes_time=True),
        monitors=(poison,),
        needs=(Capability.RETRY, Capability.LEASE),
        requirement=Requirement.SHOULD,
        must_with=Capability.DEATHS_COUNT,
    ),
    Rule(
        id="RETRY-12",
        slug="failure-count-survives-redelivery",
        sentence="A release or an expired lease between failures does not reset the failure count.",
        why="A count that restarts with each new worker never reaches the limit.",
        scenario=Scenario(script=_between_failures, passes_time=True),
        monitors=(retry,),
        needs=_NEEDS,
        exercises=_FAILS,
    ),
    Rule(
        id="RETRY-13",
        slug="any-failure-message-accepted",
        sentence="A failure is accepted whatever its message says.",
        why="Error messages contain arbitrary text; a quote in a message must not break the queue "
        "as well.",
        scenario=Scenario(script=_with_many_messages, passes_time=True),
        monitors=(lease_kept, retry),
        needs=_NEEDS,
        exercises=_FAILS,
    ),
)

RULES = watched(
    (
        *_RULES,
        *only_attempt.ATTEMPTS,
        *requeue.REQUEUES,
        *final_failure.FINAL_FAILURES,
    )
)
