"""RETRY and STATS for a single attempt: the death of a worker is neither hidden nor repeated."""

from __future__ import annotations

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.model.verdict import Requirement
from pytest_queuekit.monitors.repeated_attempt import repeated_attempt
from pytest_queuekit.monitors.stats import stats
from pytest_queuekit.monitors.worker_death import worker_death
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import claim_back, expire, once, take


def _vanished(env: Environment) -> None:
    """Let the only worker of a task with one attempt vanish, and claim after its lease."""
    producer = env.actor("producer")
    producer.enqueue("task-1", **once(producer))
    take(env.actor("vanished"))
    expire(env)
    claim_back(env, env.actor("heir"))


def _vanished_and_listed(env: Environment) -> None:
    _vanished(env)
    env.actor("keeper").dead_letters()


def _vanished_and_counted(env: Environment) -> None:
    _vanished(env)
    env.actor("keeper").stats()


_NEEDS = (Capability.SINGLE_ATTEMPT, Capability.LEASE)

ATTEMPTS = (
    Rule(
        id="RETRY-14",
        slug="death-of-only-attempt-listed",
        sentence="A task whose only attempt ends with its worker's death is a dead letter, or is "
        "delivered again.",
        why="A task that stays with its dead worker is missing work, and no list shows it.",
        scenario=Scenario(script=_vanished_and_listed, passes_time=True),
        monitors=(worker_death,),
        needs=(*_NEEDS, Capability.DEAD_LETTERS),
        exercises=(Verb.CLAIM, Verb.DEAD_LETTERS),
    ),
    Rule(
        id="RETRY-15",
        slug="only-attempt-not-repeated",
        sentence="A task with a limit of one attempt is not delivered again after its worker's "
        "death.",
        why="The limit is for work that must not be done twice, and the worker may have done it "
        "before it died.",
        scenario=Scenario(script=_vanished, passes_time=True),
        monitors=(repeated_attempt,),
        needs=_NEEDS,
        requirement=Requirement.SHOULD,
        must_with=Capability.DEATHS_COUNT,
    ),
)
"""The rules of the family RETRY."""

COUNTED = Rule(
    id="STATS-12",
    slug="death-of-only-attempt-counted",
    sentence="A task whose only attempt ends with its worker's death counts as dead, or is "
    "delivered again.",
    why="Alarms depend on the count of dead tasks; a task that counts as held looks like work in "
    "progress.",
    scenario=Scenario(script=_vanished_and_counted, passes_time=True),
    monitors=(stats,),
    needs=(*_NEEDS, Capability.STATS),
    exercises=(Verb.CLAIM, Verb.STATS),
)
"""The rule of the family STATS."""
