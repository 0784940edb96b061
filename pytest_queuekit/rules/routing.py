"""ROUTE: a task goes only to workers that can do it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.monitors.no_false_empty import no_false_empty
from pytest_queuekit.monitors.ready_order import ready_order
from pytest_queuekit.monitors.routing import routing
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import enqueue_all, expire, labels
from pytest_queuekit.rules.watched import watched

_US: Mapping[str, Any] = {"region": "US"}
_EU: Mapping[str, Any] = {"region": "EU"}


def _elsewhere(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("for-eu", capabilities=_EU)
    worker.claim(capabilities=_US)
    worker.claim(capabilities={"region": "EUROPE"})
    worker.claim(capabilities={"region": "E"})
    worker.claim(capabilities={"region": "eu"})
    for pattern in ("%", "*", "__", "??", "E.", ""):
        worker.claim(capabilities={"region": pattern})
    worker.claim(capabilities={"format": "EU"})
    worker.claim(capabilities=_EU)


def _any_worker(env: Environment) -> None:
    producer = env.actor("producer")
    enqueue_all(producer, labels(3))
    env.actor("generalist").claim()
    env.actor("american").claim(capabilities=_US)
    env.actor("novice").claim(capabilities={})


def _lists(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    for label in labels(2):
        producer.enqueue(label, capabilities=_EU)
    worker.claim(capabilities={"region": ["US", "ASIA"]})
    worker.claim(capabilities={"region": []})
    worker.claim(capabilities={"region": ["US", "EU"]})
    worker.claim(capabilities={"region": ["EU"]})


def _behind(count: int) -> Any:
    def script(env: Environment) -> None:
        producer = env.actor("producer")
        enqueue_all(producer, labels(count, "for-eu"), capabilities=_EU)
        producer.enqueue("for-us", capabilities=_US)
        producer.enqueue("for-anyone")
        env.actor("american").claim(capabilities=_US)
        env.actor("asian").claim(capabilities={"region": "ASIA"})

    return script


def _all_keys(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("both", capabilities={"region": "EU", "format": "mp4"})
    worker.claim(capabilities=_EU)
    worker.claim(capabilities={"region": "EU", "format": "avi"})
    worker.claim(capabilities={"region": "US", "format": "mp4"})
    worker.claim(capabilities={"format": "mp4", "region": "EU", "gpu": "yes"})


def _more_than_needed(env: Environment) -> None:
    env.actor("producer").enqueue("for-eu", capabilities=_EU)
    able = {"gpu": "yes", "region": ["US", "EU"], "format": ["mp4", "avi"]}
    env.actor("expert").claim(capabilities=able)


def _in_order(env: Environment) -> None:
    producer, american = env.actor("producer"), env.actor("american")
    for label in labels(6):
        producer.enqueue(f"{label}-for-us", capabilities=_US)
        producer.enqueue(f"{label}-for-eu", capabilities=_EU)
        producer.enqueue(f"{label}-for-anyone")
    for _ in range(12):
        american.claim(capabilities=_US)


def _back_again(env: Environment) -> None:
    """Release, fail and abandon a task, and claim from another region after each."""
    european, american = env.actor("european"), env.actor("american")
    promise = env.contract.retry
    env.actor("producer").enqueue("for-eu", capabilities=_EU)
    if european.can(Capability.RELEASE) and (held := european.claim(capabilities=_EU)):
        european.release(held)
        american.claim(capabilities=_US)
    if european.can(Capability.RETRY) and (held := european.claim(capabilities=_EU)):
        european.fail(held)
        env.outlast(promise.wait(1)[1] if promise else 0)
        american.claim(capabilities=_US)
    if european.can(Capability.LEASE) and european.claim(capabilities=_EU):
        expire(env)
        american.claim(capabilities=_US)


_NEEDS = (Capability.ROUTING,)

_RULES = (
    Rule(
        id="ROUTE-1",
        slug="task-only-to-capable-worker",
        sentence="A worker never receives a task that requires a capability it lacks.",
        why="Otherwise, data that must stay in one region leaves it, or work fails on a machine "
        "without the tool.",
        scenario=Scenario(script=_elsewhere),
        monitors=(routing,),
        needs=_NEEDS,
    ),
    Rule(
        id="ROUTE-2",
        slug="plain-task-to-any-worker",
        sentence="A task that requires no capability goes to any worker.",
        why="Workers that declare capabilities can still do plain work.",
        scenario=Scenario(script=_any_worker),
        monitors=(no_false_empty,),
        needs=_NEEDS,
    ),
    Rule(
        id="ROUTE-3",
        slug="listed-values-match-exactly",
        sentence="A worker that lists several values for a capability receives tasks that require "
        "one of those values, and none that require another value.",
        why="A worker may serve several regions or formats; a list must not be searched as text.",
        scenario=Scenario(script=_lists),
        monitors=(routing, no_false_empty),
        needs=_NEEDS,
    ),
    Rule(
        id="ROUTE-4",
        slug="unroutable-head-hides-nothing",
        sentence="A task at the head that a worker cannot do hides no task behind it.",
        why="Otherwise, one task without a suitable worker stops the queue.",
        scenario=Scenario(script=_behind(1)),
        monitors=(no_false_empty,),
        needs=_NEEDS,
    ),
    Rule(
        id="ROUTE-5",
        slug="unroutable-backlog-hides-nothing",
        sentence="A backlog of 150 tasks that a worker cannot do hides no task behind it.",
        why="A filter that reads only the first hundred rows never finds the tasks behind them.",
        scenario=Scenario(script=_behind(150)),
        monitors=(no_false_empty,),
        needs=_NEEDS,
    ),
    Rule(
        id="ROUTE-6",
        slug="all-capabilities-required",
        sentence="A task that requires two capabilities goes only to workers that have both.",
        why="A worker with only one of the capabilities cannot do the work.",
        scenario=Scenario(script=_all_keys),
        monitors=(routing, no_false_empty),
        needs=_NEEDS,
    ),
    Rule(
        id="ROUTE-7",
        slug="extra-capabilities-allowed",
        sentence="A worker that can do more than a task requires receives the task.",
        why="Otherwise, the best machines stand idle.",
        scenario=Scenario(script=_more_than_needed),
        monitors=(no_false_empty,),
        needs=_NEEDS,
        exercises=(),
    ),
    Rule(
        id="ROUTE-8",
        slug="routed-tasks-in-order",
        sentence="A worker receives the first of the tasks that it can do.",
        why="A filter that ignores the order can let other tasks overtake a matching task forever.",
        scenario=Scenario(script=_in_order),
        monitors=(ready_order,),
        needs=(*_NEEDS, Capability.FIFO),
    ),
    Rule(
        id="ROUTE-9",
        slug="redelivery-keeps-routing",
        sentence="A task that is delivered again requires the same capabilities as before.",
        why="Otherwise, data that must stay in one region leaves it on the second attempt.",
        scenario=Scenario(script=_back_again, passes_time=True),
        monitors=(routing,),
        needs=_NEEDS,
        exercises=(),
    ),
)

RULES = watched(_RULES)
