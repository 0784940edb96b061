"""LEASE: a worker keeps its task until its lease expires, and no longer."""

from __future__ import annotations

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import Verb
from pytest_queuekit.monitors.bad_durations import bad_durations
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.expiry import expiry
from pytest_queuekit.monitors.lease_kept import lease_kept
from pytest_queuekit.monitors.no_false_empty import no_false_empty
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.rules.hostile import DURATIONS
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import (
    DAY,
    FRACTION,
    claim_back,
    enqueue_all,
    expire,
    labels,
    lasting,
    reclaim,
    require_virtual_clock,
    take,
    take_in_each_way,
    within_fraction,
)
from pytest_queuekit.rules.task_lease import TASK_LEASES
from pytest_queuekit.rules.watched import watched

_LAST_MOMENT = 0.08
"""Seconds before the end of a lease at which it must still hold.

Less than the fraction of a second that a queue may cut off."""


def _expired(env: Environment) -> None:
    taken = take_in_each_way(env, "vanished")
    expire(env)
    _claim_back_all(env, len(taken))


def _claim_back_all(env: Environment, count: int) -> None:
    """Claim as many tasks after their leases have expired."""
    claim_back(env, env.actor("heir"))
    for _ in range(count - 1):
        env.actor("heir").claim()


def _held(env: Environment) -> None:
    take_in_each_way(env, "holder")
    for _ in range(9):
        env.wait(env.lease / 10)
        reclaim(env)
        env.actor("other").claim()
    env.wait(max(env.lease / 10 - _LAST_MOMENT, 0))
    reclaim(env)
    env.actor("other").claim()
    _held_after_a_backlog(env)


def _held_after_a_backlog(env: Environment) -> None:
    """Claim a task that has waited for longer than a lease: it is held as long as any other."""
    env.actor("producer").enqueue("late")
    env.outlast(env.lease)
    env.claim_all("patient", complete=False)  # the other leases are over as well
    reclaim(env)
    env.actor("other").claim()


def _fractions(env: Environment) -> None:
    """Try four times: a queue that cuts off fractions may be right by chance."""
    for label in labels(4):
        env.actor("producer").enqueue(label)
        env.actor("holder").claim(lease=FRACTION)
        if env.contract.leases_batches:
            env.actor("producer").enqueue(f"{label}-in-batch")
            env.actor("holder").claim_many(1, lease=FRACTION)
        within_fraction(env)


def _extended(env: Environment) -> None:
    holder = env.actor("holder")
    taken = take_in_each_way(env, "holder")
    for _ in range(3):
        env.wait(0.8 * env.lease)
        taken = [holder.extend(held, env.lease) or held for held in taken]
    for _ in range(2):
        env.wait(0.4 * env.lease)
        reclaim(env)
        env.actor("other").claim()


def _extended_by_little(env: Environment) -> None:
    """Extend a lease by less than what is left of it; then it runs on as before."""
    for held in take_in_each_way(env, "holder"):
        env.actor("holder").extend(held, 0.2 * env.lease)
    for _ in range(2):
        env.wait(0.4 * env.lease)
        reclaim(env)
        env.actor("other").claim()


def _extended_and_expired(env: Environment) -> None:
    taken = take_in_each_way(env, "vanished")
    for held in taken:
        env.actor("vanished").extend(held, env.lease)
    env.wait(env.lease)
    expire(env)
    _claim_back_all(env, len(taken))


def _one_of_two(env: Environment) -> None:
    """Let one worker extend a lease, the first of its batch, and another vanish."""
    vanished = take_in_each_way(env, "vanished", "lost")
    alone, *batch = take_in_each_way(env, "holder", "kept")
    for held in (alone, *batch[:1]):
        env.actor("holder").extend(held, 10 * env.lease)
    expire(env)
    _claim_back_all(env, len(vanished) + len(batch[1:]) + 1)


def _as_asked(env: Environment) -> None:
    """Claim some tasks for a short time and some for a long time."""
    brief = take_in_each_way(env, "brief", "brief", lease=env.lease)
    take_in_each_way(env, "patient", "patient", lease=20 * env.lease)
    expire(env)
    _claim_back_all(env, len(brief) + 1)


def _nonsense_leases(env: Environment) -> None:
    """Claim with invalid leases; then claim again at once and after a month."""
    require_virtual_clock(env)
    producer = env.actor("producer")
    for label, lease in DURATIONS.items():
        producer.enqueue(label, **lasting(producer))
        env.actor(f"for-{label}").claim(lease=lease)
        env.actor("other").claim()
        if env.contract.leases_batches:
            producer.enqueue(f"{label}-in-batch")
            env.actor(f"for-{label}").claim_many(1, lease=lease)
            env.actor("other").claim()
    env.wait(30 * DAY)
    env.settle()


def _nonsense_extensions(env: Environment) -> None:
    require_virtual_clock(env)
    producer = env.actor("producer")
    for label, seconds in DURATIONS.items():
        producer.enqueue(label, **lasting(producer))
        holder = env.actor(f"for-{label}")
        holder.extend(take(holder), seconds)
        env.actor("other").claim()
    env.wait(30 * DAY)
    env.settle()


def _released(env: Environment) -> None:
    env.actor("producer").enqueue("task-1")
    for name in ("first", "second", "first"):
        worker = env.actor(name)
        held = worker.claim()
        if held is not None:
            worker.release(held)
    env.actor("third").claim()


def _within_time(env: Environment) -> None:
    """Acknowledge in each way that the queue offers, shortly before the lease expires."""
    worker = env.actor("worker")
    others = ((Capability.RELEASE, worker.release), (Capability.FAIL, worker.fail))
    ways = [worker.complete, *(acknowledge for need, acknowledge in others if worker.can(need))]
    taken = [take_in_each_way(env, "worker", acknowledge.__name__) for acknowledge in ways]
    env.wait(0.9 * env.lease)
    for acknowledge, deliveries in zip(ways, taken, strict=True):
        for delivery in deliveries:
            acknowledge(delivery)


def _many_expired(env: Environment) -> None:
    producer = env.actor("producer")
    enqueue_all(producer, labels(30), **lasting(producer))
    env.claim_all("vanished", complete=False)
    expire(env)
    env.settle()


_RULES = (
    Rule(
        id="LEASE-1",
        slug="expired-task-redelivered",
        sentence="A task whose lease expires is delivered again.",
        why="Otherwise, a task is lost when its worker dies.",
        scenario=Scenario(script=_expired, passes_time=True),
        monitors=(expiry, no_phantom),
        needs=(Capability.LEASE, Capability.SECOND_ATTEMPT),
    ),
    Rule(
        id="LEASE-2",
        slug="lease-holds-until-expiry",
        sentence="A task is not delivered again before its lease expires.",
        why="Otherwise, a worker that is still within its lease shares its task with another "
        "worker.",
        scenario=Scenario(script=_held, passes_time=True),
        monitors=(exclusive,),
        needs=(Capability.LEASE,),
    ),
    Rule(
        id="LEASE-3",
        slug="extended-lease-holds",
        sentence="An extended lease holds, however often it is extended.",
        why="A worker with a long task extends its lease again and again.",
        scenario=Scenario(script=_extended, passes_time=True),
        monitors=(exclusive, lease_kept),
        needs=(Capability.LEASE, Capability.EXTEND),
        exercises=(Verb.CLAIM, Verb.EXTEND),
    ),
    Rule(
        id="LEASE-4",
        slug="extended-lease-expires",
        sentence="An extended lease expires too.",
        why="A worker may die after it extends its lease.",
        scenario=Scenario(script=_extended_and_expired, passes_time=True),
        monitors=(expiry,),
        needs=(Capability.LEASE, Capability.EXTEND, Capability.SECOND_ATTEMPT),
        exercises=(Verb.CLAIM, Verb.EXTEND),
    ),
    Rule(
        id="LEASE-5",
        slug="extension-affects-one-task",
        sentence="A worker that extends its own lease extends no other lease.",
        why="Otherwise, one live worker keeps the tasks of every dead worker.",
        scenario=Scenario(script=_one_of_two, passes_time=True),
        monitors=(expiry, exclusive),
        needs=(Capability.LEASE, Capability.EXTEND),
        exercises=(Verb.CLAIM, Verb.EXTEND),
    ),
    Rule(
        id="LEASE-6",
        slug="lease-duration-honoured",
        sentence="A lease lasts as long as its claim asked for.",
        why="Short tasks should come back soon, and long tasks should need no extension.",
        scenario=Scenario(script=_as_asked, passes_time=True),
        monitors=(expiry, exclusive),
        needs=(Capability.LEASE_OPTION, Capability.LEASE),
    ),
    Rule(
        id="LEASE-7",
        slug="invalid-lease-rejected-or-bounded",
        sentence="A claim with an invalid lease is rejected, or the lease neither expires at once "
        "nor lasts forever.",
        why="A lease that is negative or NaN by mistake gives the task to a second worker at once, "
        "or to no other worker ever.",
        scenario=Scenario(script=_nonsense_leases, passes_time=True),
        tolerates=(Verb.CLAIM,),
        monitors=(bad_durations,),
        needs=(Capability.LEASE_OPTION, Capability.LEASE),
    ),
    Rule(
        id="LEASE-8",
        slug="invalid-extension-rejected-or-bounded",
        sentence="An invalid extension is rejected, or the lease neither expires at once nor lasts "
        "forever.",
        why="An extension that is negative or NaN by mistake gives the task to a second worker at "
        "once, or to no other worker ever.",
        scenario=Scenario(script=_nonsense_extensions, passes_time=True),
        tolerates=(Verb.EXTEND,),
        monitors=(bad_durations,),
        needs=(Capability.LEASE, Capability.EXTEND),
    ),
    Rule(
        id="LEASE-9",
        slug="released-task-claimable-at-once",
        sentence="A released task can be claimed at once.",
        why="A worker that shuts down releases its task so that others need not wait for the lease "
        "to expire.",
        scenario=Scenario(script=_released),
        monitors=(no_false_empty, no_phantom),
        needs=(Capability.RELEASE,),
        exercises=(Verb.CLAIM, Verb.RELEASE),
    ),
    Rule(
        id="LEASE-10",
        slug="mass-expiry-loses-nothing",
        sentence="When many leases expire at once, all their tasks are delivered again.",
        why="When a machine fails, all its workers stop at once.",
        scenario=Scenario(script=_many_expired, passes_time=True),
        monitors=(expiry, no_loss),
        needs=(Capability.LEASE, Capability.SECOND_ATTEMPT),
    ),
    Rule(
        id="LEASE-11",
        slug="holder-acknowledgement-accepted",
        sentence="The queue accepts a worker's acknowledgement until the worker's lease expires.",
        why="Otherwise, work that was finished in time is discarded and done again.",
        scenario=Scenario(script=_within_time, passes_time=True),
        monitors=(lease_kept,),
        needs=(Capability.LEASE, Capability.COMPLETE),
    ),
    Rule(
        id="LEASE-12",
        slug="fractional-lease-honoured-or-rejected",
        sentence="A lease of a fraction of a second is honoured in full, or its claim is rejected.",
        why="A sub-second lease rounded down to zero lets a second worker take the task at once.",
        scenario=Scenario(script=_fractions, passes_time=True),
        tolerates=(Verb.CLAIM,),
        monitors=(exclusive,),
        needs=(Capability.LEASE_OPTION, Capability.LEASE),
    ),
    Rule(
        id="LEASE-13",
        slug="extension-never-shortens-lease",
        sentence="An extension by less than what is left of a lease leaves the lease as it was.",
        why="A worker extends its lease to keep the task; a heartbeat with a small number must not "
        "give the task to another worker.",
        scenario=Scenario(script=_extended_by_little, passes_time=True),
        monitors=(exclusive,),
        needs=(Capability.LEASE, Capability.EXTEND),
        exercises=(Verb.CLAIM, Verb.EXTEND),
    ),
)

RULES = watched((*_RULES, *TASK_LEASES), counts=False)
