"""SCHEDULE: a task that has to wait comes when its time has come, and stands in nobody's way."""

from __future__ import annotations

import math

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors.bad_durations import bad_durations
from pytest_queuekit.monitors.no_false_empty import no_false_empty
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.ready_order import ready_order
from pytest_queuekit.monitors.schedule import schedule
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import DAY, labels, take


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
    """Try twice, as a queue that cuts off fractions is sometimes right by chance."""
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
    """Let many tasks that have to wait stand where a claim looks first."""
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
    for label, delay in (("negative", -3600), ("not-a-number", math.nan)):
        producer.enqueue(label, delay=delay)
    env.settle()


def _given_back(env: Environment) -> None:
    producer, worker = env.actor("producer"), env.actor("worker")
    producer.enqueue("later", delay=2)
    env.outlast(2)
    worker.release(take(worker))
    env.actor("other").claim()


RULES = (
    Rule(
        id="SCHEDULE-1",
        slug="no-delivery-before-delay",
        sentence="A task is not delivered before its delay is over.",
        why="A reminder or a retry that comes early does harm: it was asked to wait.",
        scenario=Scenario(script=_early, passes_time=True),
        monitors=(schedule,),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-2",
        slug="delayed-task-claimable-when-due",
        sentence="A task is there when its delay is over.",
        why="A delayed task that is not noticed waits for ever, or until somebody restarts.",
        scenario=Scenario(script=_due, passes_time=True),
        monitors=(no_false_empty,),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-3",
        slug="fractional-delay-honoured",
        sentence="A delay of a fraction of a second is waited for.",
        why="Where time is kept in whole seconds, 0.9 s become none.",
        scenario=Scenario(script=_fraction, passes_time=True),
        monitors=(schedule,),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-4",
        slug="delayed-tasks-hide-nothing",
        sentence="Waiting tasks hide no task that is ready behind them.",
        why="A queue that looks at its head only, or at the first fifty, stands still until the "
        "head is due.",
        scenario=Scenario(script=_in_front),
        monitors=(no_false_empty,),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-5",
        slug="delayed-priority-hides-nothing",
        sentence="Waiting tasks of a better priority hide no task that is ready.",
        why="A backlog of tomorrow's urgent tasks would stop today's work.",
        scenario=Scenario(script=_better_in_front),
        monitors=(no_false_empty,),
        needs=(Capability.DELAY, Capability.PRIORITY),
    ),
    Rule(
        id="SCHEDULE-6",
        slug="due-tasks-by-priority",
        sentence="Tasks that have become due take their turn by priority.",
        why="A task that waited must neither lose its priority nor gain one.",
        scenario=Scenario(script=_turn_when_due, passes_time=True),
        monitors=(ready_order,),
        needs=(Capability.DELAY, Capability.PRIORITY),
    ),
    Rule(
        id="SCHEDULE-7",
        slug="zero-delay-means-none",
        sentence="A delay of 0 is none.",
        why="Callers compute delays; the task that need not wait must not wait for the next tick.",
        scenario=Scenario(script=_at_once),
        monitors=(no_false_empty,),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-8",
        slug="long-delay-honoured",
        sentence="A delay of a day, a month or ten years is waited for.",
        why="Days get lost where only the seconds of a duration are read, or where it overflows.",
        scenario=Scenario(script=_days),
        monitors=(schedule,),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-9",
        slug="invalid-delay-never-loses-task",
        sentence="A negative delay, or one that is no number, is refused, or the task comes all "
        "the same.",
        why="A task whose time compares with nothing is accepted and never comes.",
        scenario=Scenario(script=_nonsense),
        tolerates=(Verb.ENQUEUE,),
        monitors=(no_loss, bad_durations),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="SCHEDULE-10",
        slug="released-task-stays-due",
        sentence="A task whose delay is over, and that is given back, does not wait for it again.",
        why="Its time has come; the worker that shuts down would put it off for as long again.",
        scenario=Scenario(script=_given_back, passes_time=True),
        monitors=(no_false_empty,),
        needs=(Capability.DELAY, Capability.RELEASE),
        exercises=(Verb.CLAIM, Verb.RELEASE),
    ),
)
