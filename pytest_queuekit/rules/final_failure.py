"""RETRY for a failure after which the task must not be tried again."""

from __future__ import annotations

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors.retry import retry
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import lasting, promised_retry, take


def _failed_for_good(env: Environment) -> None:
    """Fail one task for good at its first attempt, and another at its second."""
    producer, worker = env.actor("producer"), env.actor("worker")
    longest = max(promised_retry(env).wait(count)[1] for count in (1, 2))
    for label, tries in (("at-once", 0), ("later", 1)):
        producer.enqueue(label, **lasting(producer))
        for _ in range(tries):
            worker.fail(take(worker))
            env.outlast(longest)
        worker.fail(take(worker), retry=False)
        env.outlast(longest)
        env.actor("other").claim()
    if producer.can(Capability.DEAD_LETTERS):
        producer.dead_letters()


FINAL_FAILURES = (
    Rule(
        id="RETRY-20",
        slug="final-failure-not-retried",
        sentence="A task that is reported failed for good is dead, however many attempts it has "
        "left.",
        why="A worker that rejects an invalid order rejects it again each time; the retries delay "
        "the alarm and take the place of work.",
        scenario=Scenario(script=_failed_for_good, passes_time=True),
        monitors=(retry,),
        needs=(Capability.RETRY, Capability.FINAL_FAILURE, Capability.SECOND_ATTEMPT),
        exercises=(Verb.FAIL,),
    ),
)
"""The rules of the family RETRY."""
