"""SCHEDULE: a delayed task is delivered when it is due, and blocks no other task."""

from __future__ import annotations

import math
from typing import Any

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors.bad_durations import bad_durations
from pytest_queuekit.monitors.lease_kept import lease_kept
from pytest_queuekit.monitors.no_false_empty import no_false_empty
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.outdated import outdated
from pytest_queuekit.monitors.ready_order import ready_order
from pytest_queuekit.monitors.schedule import schedule
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import DAY, labels, take
from pytest_queuekit.rules.watched import watched

_NONSENSE: dict[str, Any] = {
    "negative": -3600,
    "not-a-number": math.nan,
    "minus-infinite": -math.inf,
    "true": True,
    "text": "soon",
    "no-text": "",
    "bytes": b"\0\xff",
    "list": [60],
    "mapping": {},
}


def _early(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("now")
    worker.claim()
    producer.enqueue("later", delay=3)
    worker.claim()
    env.wait(1.5)
    worker.claim()
    env.wait(1.2)
    worker.claim()


def _due(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    for label, delay in (("third", 4), ("first", 1), ("second", 2)):
        producer.enqueue(label, delay=delay)
    for _ in range(3):
        env.outlast(1)
        worker.claim()
    env.outlast(2)
    worker.claim()


def _fraction(env: Environment) -> None:
    """Try four times: a queue that cuts off fractions may be right by chance."""
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("now")
    worker.claim()
    for label in labels(4):
        producer.enqueue(label, delay=0.9)
        worker.claim()
        env.wait(0.45)
        worker.claim()
        env.wait(0.3)
        worker.claim()
    env.outlast(0.9)
    env.claim_all("worker")


def _in_front(env: Environment) -> None:
    """Put many delayed tasks where a claim looks first."""
    producer, worker = env.actor("producer"), env.actor("worker")
    for label in labels(60, "later"):
        producer.enqueue(label, delay=3600)
    producer.enqueue("now")
    worker.claim()


def _better_in_front(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    better = 1 if env.contract.order.priority == "lower-first" else 99
    for label in labels(60, "later"):
        producer.enqueue(label, delay=3600, priority=better)
    producer.enqueue("now", priority=50)
    worker.claim()


def _turn_when_due(env: Environment) -> None:
    producer = env.actor("producer")
    good, bad = (10, 90) if env.contract.order.priority == "lower-first" else (90, 10)
    producer.enqueue("bad-early", priority=bad, delay=1)
    producer.enqueue("good-late", priority=good, delay=3)
    producer.enqueue("middle", priority=50)
    producer.enqueue("bad", priority=bad)
    env.outlast(3)
    env.claim_all("worker")


def _at_once(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    for label in labels(3):
        producer.enqueue(label, delay=0)
        worker.claim()


def _days(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("now")
    producer.enqueue("tomorrow", delay=DAY)
    producer.enqueue("in-a-month", delay=30 * DAY)
    producer.enqueue("in-a-decade", delay=3653 * DAY)
    env.claim_all("worker")
    worker.claim()


def _nonsense(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue("plain")
    for label, delay in _NONSENSE.items():
        producer.enqueue(label, delay=delay)
    env.settle()


def _given_back(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("later", delay=2)
    env.outlast(2)
    worker.release(take(worker))
    env.actor("other").claim()


def _expired(env: Environment) -> None:
    producer = env.actor("producer")
    producer.enqueue("brief", expires=2)
    producer.enqueue("long", expires=20)
    producer.enqueue("endless")
    env.outlast(2)
    env.claim_all("worker")


def _in_time(env: Environment) -> None:
    """Claim shortly before a task expires, and complete it afterwards."""
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("now", expires=4)
    worker.claim()
    producer.enqueue("task", expires=4)
    env.wait(3)
    held = worker.claim()
    env.outlast(2)
    if held is not None and worker.can(Capability.COMPLETE):
        worker.complete(held)


_RULES = (
    Rule(
        id="SCHEDULE-1",
        slug="no-delivery-before-delay",
        sentence="A task is not delivered before its delay is over.",
        why="A reminder or a retry that comes early does harm: its caller asked for the wait.",
        scenario=Scenario(script=_early, passes_time=True),
        monitors=(schedule,),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-2",
        slug="delayed-task-claimable-when-due",
        sentence="A task can be claimed once its delay is over.",
        why="A queue that does not notice a due task delays it forever, or until a restart.",
        scenario=Scenario(script=_due, passes_time=True),
        monitors=(no_false_empty,),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-3",
        slug="fractional-delay-honoured",
        sentence="A delay of a fraction of a second is honoured.",
        why="A queue that stores time in whole seconds turns 0.9 s into no delay.",
        scenario=Scenario(script=_fraction, passes_time=True),
        monitors=(schedule,),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-4",
        slug="delayed-tasks-hide-nothing",
        sentence="Delayed tasks hide no ready task behind them.",
        why="A queue that looks only at its head, or at its first fifty tasks, stands still until "
        "the head is due.",
        scenario=Scenario(script=_in_front),
        monitors=(no_false_empty,),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-5",
        slug="delayed-priority-hides-nothing",
        sentence="Delayed tasks of better priority hide no ready task.",
        why="Otherwise, a backlog of tomorrow's urgent tasks stops today's work.",
        scenario=Scenario(script=_better_in_front),
        monitors=(no_false_empty,),
        needs=(Capability.DELAY, Capability.PRIORITY),
    ),
    Rule(
        id="SCHEDULE-6",
        slug="due-tasks-by-priority",
        sentence="A task that has become due takes its turn by priority.",
        why="A task must neither lose nor gain priority while it waits.",
        scenario=Scenario(script=_turn_when_due, passes_time=True),
        monitors=(ready_order,),
        needs=(Capability.DELAY, Capability.PRIORITY),
    ),
    Rule(
        id="SCHEDULE-7",
        slug="zero-delay-means-none",
        sentence="A task with a delay of 0 can be claimed at once.",
        why="Callers compute delays; a result of 0 must not make the task wait for the next tick.",
        scenario=Scenario(script=_at_once),
        monitors=(no_false_empty,),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-8",
        slug="long-delay-honoured",
        sentence="A task with a delay of a day, a month or ten years is not delivered early.",
        why="Days get lost where code reads only the seconds of a duration, or where the duration "
        "overflows.",
        scenario=Scenario(script=_days),
        monitors=(schedule,),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-9",
        slug="invalid-delay-never-loses-task",
        sentence="An invalid delay is rejected, or its task is delivered anyway.",
        why="Every comparison with NaN is false, so a task that is due at NaN is accepted and "
        "never delivered.",
        scenario=Scenario(script=_nonsense),
        tolerates=(Verb.ENQUEUE,),
        monitors=(no_loss, bad_durations),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-10",
        slug="released-task-stays-due",
        sentence="A task released after its delay is over can be claimed at once.",
        why="The task is already due. Otherwise, a worker that shuts down makes it wait for the "
        "whole delay again.",
        scenario=Scenario(script=_given_back, passes_time=True),
        monitors=(no_false_empty,),
        needs=(Capability.DELAY, Capability.RELEASE),
        exercises=(Verb.CLAIM, Verb.RELEASE),
    ),
    Rule(
        id="SCHEDULE-11",
        slug="expired-task-withheld",
        sentence="A task that expired while it waited is not delivered; others are.",
        why="A reminder for yesterday's meeting does harm, and nobody sees why it was sent.",
        scenario=Scenario(script=_expired, passes_time=True),
        monitors=(outdated, no_false_empty),
        needs=(Capability.EXPIRES,),
    ),
    Rule(
        id="SCHEDULE-12",
        slug="unexpired-task-delivered",
        sentence="A task is delivered until it expires, and its holder may complete it afterwards.",
        why="A task that expires early, or under the hands of its worker, is lost work.",
        scenario=Scenario(script=_in_time, passes_time=True),
        monitors=(no_false_empty, lease_kept, outdated),
        needs=(Capability.EXPIRES,),
    ),
)

RULES = watched(_RULES)
