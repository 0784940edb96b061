"""LEASE: a worker keeps its task for as long as it was promised, and no longer."""

from __future__ import annotations

import math
from typing import Any

from pytest_queuekit.contract import Capability
from pytest_queuekit.errors import NotRunError
from pytest_queuekit.history import Verb
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.expiry import expiry
from pytest_queuekit.monitors.lease_kept import lease_kept
from pytest_queuekit.monitors.no_invention import no_invention
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.nonsense import nonsense
from pytest_queuekit.monitors.said_empty import said_empty
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import (
    DAY,
    claim_back,
    enqueue_all,
    expire,
    labels,
    reclaim,
    take,
)
from pytest_queuekit.scenario import Scenario
from pytest_queuekit.stage import Stage

_LAST_MOMENT = 0.08
"""Seconds before the end of a lease at which it must still hold: less than a cut-off fraction."""

_NONSENSE: dict[str, Any] = {
    "negative": -60,
    "not-a-number": math.nan,
    "infinite": math.inf,
    "minus-infinite": -math.inf,
    "huge": 1e300,
    "none": None,
    "true": True,
    "text": "soon",
}


def _expired(stage: Stage) -> None:
    stage.actor("producer").enqueue("task")
    take(stage.actor("vanished"))
    expire(stage)
    claim_back(stage, stage.actor("heir"))


def _held(stage: Stage) -> None:
    stage.actor("producer").enqueue("task")
    take(stage.actor("holder"))
    for _ in range(9):
        stage.wait(stage.lease / 10)
        reclaim(stage)
        stage.actor("other").claim()
    stage.wait(max(stage.lease / 10 - _LAST_MOMENT, 0))
    reclaim(stage)
    stage.actor("other").claim()


def _fractions(stage: Stage) -> None:
    """Try four times, as a queue that cuts off fractions is sometimes right by chance."""
    for label in labels(4):
        stage.actor("producer").enqueue(label)
        stage.actor("holder").claim(lease=0.9)
        for seconds in (0.45, 0.3):
            stage.wait(seconds)
            reclaim(stage)
            stage.actor("other").claim()


def _extended(stage: Stage) -> None:
    stage.actor("producer").enqueue("task")
    held = take(stage.actor("holder"))
    for _ in range(3):
        stage.wait(0.8 * stage.lease)
        held = stage.actor("holder").extend(held, stage.lease) or held
    for _ in range(2):
        stage.wait(0.4 * stage.lease)
        reclaim(stage)
        stage.actor("other").claim()


def _extended_and_expired(stage: Stage) -> None:
    stage.actor("producer").enqueue("task")
    held = take(stage.actor("vanished"))
    stage.actor("vanished").extend(held, stage.lease)
    stage.wait(stage.lease)
    expire(stage)
    claim_back(stage, stage.actor("heir"))


def _one_of_two(stage: Stage) -> None:
    """Let one worker extend its lease when another does not."""
    enqueue_all(stage.actor("producer"), labels(2))
    take(stage.actor("vanished"))
    held = take(stage.actor("holder"))
    stage.actor("holder").extend(held, 10 * stage.lease)
    expire(stage)
    claim_back(stage, stage.actor("heir"))
    stage.actor("heir").claim()


def _as_asked(stage: Stage) -> None:
    """Claim one task for a short time and one for a long time."""
    enqueue_all(stage.actor("producer"), labels(2))
    take(stage.actor("brief"), lease=stage.lease)
    take(stage.actor("patient"), lease=20 * stage.lease)
    expire(stage)
    claim_back(stage, stage.actor("heir"))
    stage.actor("heir").claim()


def _nonsense_leases(stage: Stage) -> None:
    """Claim for no sensible time; then look at once, and after a month."""
    if not stage.clock.virtual:
        raise NotRunError("the kit's clock does not reach this queue, and a month is too long")
    producer = stage.actor("producer")
    for label, lease in _NONSENSE.items():
        producer.enqueue(label)
        stage.actor(f"for-{label}").claim(lease=lease)
        stage.actor("other").claim()
    stage.wait(30 * DAY)
    stage.settle()


def _nonsense_extensions(stage: Stage) -> None:
    if not stage.clock.virtual:
        raise NotRunError("the kit's clock does not reach this queue, and a month is too long")
    producer = stage.actor("producer")
    for label, seconds in _NONSENSE.items():
        producer.enqueue(label)
        holder = stage.actor(f"for-{label}")
        holder.extend(take(holder), seconds)
        stage.actor("other").claim()
    stage.wait(30 * DAY)
    stage.settle()


def _released(stage: Stage) -> None:
    stage.actor("producer").enqueue("task")
    for name in ("first", "second", "first"):
        worker = stage.actor(name)
        held = worker.claim()
        if held is not None:
            worker.release(held)
    stage.actor("third").claim()


def _within_time(stage: Stage) -> None:
    """Acknowledge in each way that there is, shortly before the lease runs out."""
    producer, worker = stage.actor("producer"), stage.actor("worker")
    enqueue_all(producer, labels(3))
    ways = (
        (Capability.COMPLETE, worker.complete),
        (Capability.RELEASE, worker.release),
        (Capability.FAIL, worker.fail),
    )
    held = [(take(worker), say) for need, say in ways if worker.can(need)]
    stage.wait(0.9 * stage.lease)
    for delivery, say in held:
        say(delivery)


def _many_expired(stage: Stage) -> None:
    enqueue_all(stage.actor("producer"), labels(30))
    stage.claim_all("vanished", complete=False)
    expire(stage)
    stage.settle()


RULES = (
    Rule(
        id="LEASE-1",
        sentence="A task whose lease has run out is delivered again.",
        why="A worker that died would take its task with it.",
        scenario=Scenario(script=_expired, passes_time=True),
        monitors=(expiry, no_invention),
        needs=(Capability.LEASE,),
    ),
    Rule(
        id="LEASE-2",
        sentence="A task is not delivered again before its lease has run out.",
        why="A worker that is still within its time would have a rival.",
        scenario=Scenario(script=_held, passes_time=True),
        monitors=(exclusive,),
        needs=(Capability.LEASE,),
    ),
    Rule(
        id="LEASE-3",
        sentence="An extended lease holds, and so does one that is extended again and again.",
        why="Long work is done by workers that extend their lease in time.",
        scenario=Scenario(script=_extended, passes_time=True),
        monitors=(exclusive, lease_kept),
        needs=(Capability.LEASE, Capability.EXTEND),
        exercises=(Verb.CLAIM, Verb.EXTEND),
    ),
    Rule(
        id="LEASE-4",
        sentence="An extended lease runs out as well.",
        why="A worker may die after it extended its lease.",
        scenario=Scenario(script=_extended_and_expired, passes_time=True),
        monitors=(expiry,),
        needs=(Capability.LEASE, Capability.EXTEND),
        exercises=(Verb.CLAIM, Verb.EXTEND),
    ),
    Rule(
        id="LEASE-5",
        sentence="A worker that extends its lease extends no other's.",
        why="One lively worker would keep the tasks of all dead ones.",
        scenario=Scenario(script=_one_of_two, passes_time=True),
        monitors=(expiry, exclusive),
        needs=(Capability.LEASE, Capability.EXTEND),
        exercises=(Verb.CLAIM, Verb.EXTEND),
    ),
    Rule(
        id="LEASE-6",
        sentence="A lease lasts as long as its claim asked for.",
        why="Short work should come back soon, and long work should not have to be extended.",
        scenario=Scenario(script=_as_asked, passes_time=True),
        monitors=(expiry, exclusive),
        needs=(Capability.LEASE_OPTION, Capability.LEASE),
    ),
    Rule(
        id="LEASE-7",
        sentence="A lease of no sensible length is refused, or neither ends at once nor lasts for "
        "ever.",
        why="A lease that is negative or NaN by mistake gives a task to two workers, or to nobody "
        "ever again.",
        scenario=Scenario(script=_nonsense_leases, passes_time=True),
        tolerates=(Verb.CLAIM,),
        monitors=(nonsense,),
        needs=(Capability.LEASE_OPTION, Capability.LEASE),
    ),
    Rule(
        id="LEASE-8",
        sentence="An extension of no sensible length is refused, or the lease neither ends at once "
        "nor lasts for ever.",
        why="A lease that is negative or NaN by mistake gives a task to two workers, or to nobody "
        "ever again.",
        scenario=Scenario(script=_nonsense_extensions, passes_time=True),
        tolerates=(Verb.EXTEND,),
        monitors=(nonsense,),
        needs=(Capability.LEASE, Capability.EXTEND),
    ),
    Rule(
        id="LEASE-9",
        sentence="A released task is there for others at once.",
        why="A worker that shuts down gives its task back so that nobody need wait for the lease.",
        scenario=Scenario(script=_released),
        monitors=(said_empty, no_invention),
        needs=(Capability.RELEASE,),
        exercises=(Verb.CLAIM, Verb.RELEASE),
    ),
    Rule(
        id="LEASE-10",
        sentence="When many leases run out at once, all their tasks come back.",
        why="A machine that goes down takes all its workers with it.",
        scenario=Scenario(script=_many_expired, passes_time=True),
        monitors=(expiry, no_loss),
        needs=(Capability.LEASE,),
    ),
    Rule(
        id="LEASE-11",
        sentence="Until its lease runs out, what a worker says of its task is accepted.",
        why="Work that was done in time would be thrown away, and done again.",
        scenario=Scenario(script=_within_time, passes_time=True),
        monitors=(lease_kept,),
        needs=(Capability.LEASE, Capability.COMPLETE),
    ),
    Rule(
        id="LEASE-12",
        sentence="A lease of a fraction of a second is refused, or lasts as long.",
        why="Where time is kept in whole seconds, 0.9 s become none, and two workers have the "
        "task.",
        scenario=Scenario(script=_fractions, passes_time=True),
        tolerates=(Verb.CLAIM,),
        monitors=(exclusive,),
        needs=(Capability.LEASE_OPTION, Capability.LEASE),
    ),
)
