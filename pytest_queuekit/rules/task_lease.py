"""The rules about a lease that a task brings from its enqueue."""

from __future__ import annotations

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors.bad_durations import bad_durations
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.expiry import expiry
from pytest_queuekit.rules.hostile import DURATIONS
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import (
    DAY,
    FRACTION,
    claim_back,
    labels,
    lasting,
    reclaim,
    require_virtual_clock,
    take,
    within_fraction,
)


def _of_its_own(env: Environment) -> None:
    """Claim one task with a short lease of its own, and one with a long one."""
    producer = env.actor("producer")
    producer.enqueue("brief", lease=env.lease / 2, **lasting(producer))
    producer.enqueue("patient", lease=20 * env.lease, **lasting(producer))
    take(env.actor("first"))
    take(env.actor("second"))
    env.outlast(env.lease / 2)
    reclaim(env)
    claim_back(env, env.actor("heir"))
    env.outlast(env.lease)
    reclaim(env)
    env.actor("other").claim()
    env.actor("other").claim()


def _nonsense(env: Environment) -> None:
    """Enqueue with invalid leases and claim; claim again at once and after a month."""
    require_virtual_clock(env)
    producer = env.actor("producer")
    producer.enqueue("valid", lease=env.lease)
    take(env.actor("holder"))
    for label, lease in DURATIONS.items():
        producer.enqueue(label, lease=lease, **lasting(producer))
        env.actor(f"for-{label}").claim()
        env.actor("other").claim()
    env.wait(30 * DAY)
    env.settle()


def _fractions(env: Environment) -> None:
    """Try four times: a queue that cuts off fractions may be right by chance."""
    producer = env.actor("producer")
    producer.enqueue("whole", lease=env.lease)
    take(env.actor("holder"))
    for label in labels(4):
        producer.enqueue(label, lease=FRACTION)
        env.actor("holder").claim()
        within_fraction(env)


TASK_LEASES = (
    Rule(
        id="LEASE-14",
        slug="task-lease-honoured",
        sentence="A lease that is given at enqueue lasts as long as asked for, whichever worker "
        "claims the task.",
        why="The producer knows how long its task takes; a worker of many kinds of tasks does not.",
        scenario=Scenario(script=_of_its_own, passes_time=True),
        monitors=(expiry, exclusive),
        needs=(Capability.TASK_LEASE, Capability.LEASE, Capability.SECOND_ATTEMPT),
    ),
    Rule(
        id="LEASE-15",
        slug="invalid-task-lease-rejected-or-bounded",
        sentence="An enqueue with an invalid lease is rejected, or the lease neither expires at "
        "once nor lasts forever.",
        why="A lease that a producer computes wrongly gives each delivery of the task to a second "
        "worker at once, or its first to no other worker ever.",
        scenario=Scenario(script=_nonsense, passes_time=True),
        tolerates=(Verb.ENQUEUE,),
        monitors=(bad_durations,),
        needs=(Capability.TASK_LEASE, Capability.LEASE),
    ),
    Rule(
        id="LEASE-16",
        slug="fractional-task-lease-honoured",
        sentence="A lease of a fraction of a second that is given at enqueue is honoured in full, "
        "or the enqueue is rejected.",
        why="A column of whole seconds makes a sub-second lease zero: a second worker takes the "
        "task at once.",
        scenario=Scenario(script=_fractions, passes_time=True),
        tolerates=(Verb.ENQUEUE,),
        monitors=(exclusive,),
        needs=(Capability.TASK_LEASE, Capability.LEASE),
    ),
)
