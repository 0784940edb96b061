"""CLOCK: daylight saving, time zones and clocks that are set do no harm.

The changes of local time are those of a year, in a zone east of Greenwich and in one west of it.
Each zone is a POSIX string, so that the system needs no zone data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pytest_queuekit.errors import NotRunError
from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.execution.scenario import Scenario, Script
from pytest_queuekit.execution.time_zone import set_time_zone
from pytest_queuekit.model.capabilities import Capability
from pytest_queuekit.model.history import SECOND, Verb
from pytest_queuekit.monitors.exclusive import exclusive
from pytest_queuekit.monitors.expiry import expiry
from pytest_queuekit.monitors.fencing import fencing
from pytest_queuekit.monitors.lease_kept import lease_kept
from pytest_queuekit.monitors.no_false_empty import no_false_empty
from pytest_queuekit.monitors.no_loss import no_loss
from pytest_queuekit.monitors.no_phantom import no_phantom
from pytest_queuekit.monitors.no_resurrection import no_resurrection
from pytest_queuekit.monitors.order import order
from pytest_queuekit.monitors.retry import retry
from pytest_queuekit.monitors.schedule import schedule
from pytest_queuekit.recording.recorder import Recorder
from pytest_queuekit.rules.clock_programs import set_back, set_forward, virtual_clock
from pytest_queuekit.rules.rule import Rule
from pytest_queuekit.rules.steps import (
    claim_back,
    enqueue_all,
    labels,
    reclaim,
    take,
    work,
)

_HOUR = 3600
_MINUTE = 60

_BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"
_NEW_YORK = "EST5EDT,M3.2.0,M11.1.0"

_EAST = "EAST-12"
_WEST = "WEST+11"
"""Two zones, so far apart that neither local time can be taken for the other's."""


@dataclass(frozen=True, kw_only=True)
class _Change:
    """The moment at which the clocks of a zone change.

    name: a word for the labels of tasks. zone: the zone. moment: seconds since the epoch.
    """

    name: str
    zone: str
    moment: float


_CHANGES = (
    _Change(
        name="autumn-east", zone=_BERLIN, moment=datetime(2025, 10, 26, 1, tzinfo=UTC).timestamp()
    ),
    _Change(
        name="autumn-west", zone=_NEW_YORK, moment=datetime(2025, 11, 2, 6, tzinfo=UTC).timestamp()
    ),
    _Change(
        name="spring-west", zone=_NEW_YORK, moment=datetime(2026, 3, 8, 7, tzinfo=UTC).timestamp()
    ),
    _Change(
        name="spring-east", zone=_BERLIN, moment=datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp()
    ),
)
"""The changes after the moment at which the virtual clock begins, in order."""


def _wait_until(env: Environment, moment: float) -> None:
    env.wait(moment - virtual_clock(env).wall() / SECOND)


def _each_change(part: Callable[[Environment, _Change], None]) -> Script:
    """Return a script that plays its part around each change, in the zone of the change."""

    def script(env: Environment) -> None:
        for change in _CHANGES:
            set_time_zone(change.zone)
            part(env, change)
            env.settle()

    return script


def _waiting(env: Environment, change: _Change) -> None:
    """Enqueue before the change, after it, and when the clocks show the first time again."""
    producer = env.actor("producer")
    _wait_until(env, change.moment - 10 * _MINUTE)
    enqueue_all(producer, labels(2, f"{change.name}-before"))
    _wait_until(env, change.moment + _MINUTE)
    work(env.actor("worker"))
    for minutes in (20, 55):
        _wait_until(env, change.moment + minutes * _MINUTE)
        producer.enqueue(f"{change.name}-after-{minutes}-minutes")
    env.claim_all("worker")


def _delayed(env: Environment, change: _Change) -> None:
    """Enqueue with delays that end before, after and long after the change; claim often."""
    producer, begin = env.actor("producer"), change.moment - 1.5 * _HOUR
    starts = dict.fromkeys((0, 40, 80, 100, 130), (20, 60, 100))
    for minutes in range(0, 300, 10):
        _wait_until(env, begin + minutes * _MINUTE + 1)
        for delay in starts.get(minutes, ()):
            producer.enqueue(f"{change.name}-{minutes}-{delay}", delay=delay * _MINUTE)
        env.claim_all("worker")
        env.outlast(2, "a delay to end")
        env.claim_all("worker")


def _leased(env: Environment, change: _Change) -> None:
    """Let one lease end in time and another be used until shortly before its end."""
    producer, holder = env.actor("producer"), env.actor("holder")
    enqueue_all(producer, [f"{change.name}-{name}" for name in ("finished", "abandoned")])
    _wait_until(env, change.moment - env.lease / 2)
    finished = take(holder)
    take(env.actor("vanished"))
    for share in (0.4, 0.2, 0.2, 0.1):
        env.wait(share * env.lease)
        reclaim(env)
        env.actor("other").claim()
    holder.complete(finished)
    env.outlast(0.1 * env.lease)
    reclaim(env)
    claim_back(env, env.actor("heir"))


def _failed(env: Environment, change: _Change) -> None:
    shortest, longest = _waits(env)
    env.actor("producer").enqueue(f"{change.name}-failed")
    _wait_until(env, change.moment - shortest / 2)
    _fail(env.actor("worker"))
    for _ in range(3):
        env.actor("worker").claim()
        env.wait(shortest / 4)
    env.outlast(longest - 0.75 * shortest)
    env.claim_all("worker")


def _waits(env: Environment) -> tuple[float, float]:
    """Return the shortest and longest wait after a failure. Raises NotRunError if it is zero."""
    shortest, longest = env.contract.retry.wait(1) if env.contract.retry else (0.0, 0.0)
    if not shortest:
        raise NotRunError(
            "the contract declares no wait before the second attempt", kind="unsupported"
        )
    return shortest, longest


def _fail(worker: Recorder) -> None:
    worker.fail(take(worker))


def _in(zone: str, env: Environment, name: str) -> Recorder:
    """Return an actor in its time zone; every call until the next one is made there."""
    set_time_zone(zone)
    return env.actor(f"{name}-{'east' if zone == _EAST else 'west'}")


def _both_ways() -> Iterator[tuple[str, str]]:
    """Yield the zones of two actors: east and west, west and east."""
    yield _EAST, _WEST
    yield _WEST, _EAST


def _waiting_elsewhere(env: Environment) -> None:
    for here, there in _both_ways():
        enqueue_all(_in(here, env, "producer"), labels(2, "east" if here == _EAST else "west"))
        for _ in range(2):
            work(_in(there, env, "worker"))
    env.settle()


def _delayed_elsewhere(env: Environment) -> None:
    for number, (here, there) in enumerate(_both_ways(), start=1):
        _in(here, env, "producer").enqueue(f"task-{number}", delay=2)
        worker = _in(there, env, "worker")
        worker.claim()
        env.wait(1)
        worker.claim()
        env.outlast(1)
        worker.claim()
    env.settle()


def _leased_elsewhere(env: Environment) -> None:
    for number, (here, there) in enumerate(_both_ways(), start=1):
        _in(here, env, "producer").enqueue(f"task-{number}")
        take(_in(here, env, "holder"))
        other = _in(there, env, "other")
        for share in (0.5, 0.3):
            env.wait(share * env.lease)
            reclaim(env)
            other.claim()
        env.outlast(0.2 * env.lease)
        reclaim(env)
        claim_back(env, other)
        env.settle()


def _failed_elsewhere(env: Environment) -> None:
    shortest, longest = _waits(env)
    for number, (here, there) in enumerate(_both_ways(), start=1):
        _in(here, env, "producer").enqueue(f"task-{number}")
        _fail(_in(here, env, "worker"))
        other = _in(there, env, "worker")
        other.claim()
        env.wait(0.5 * shortest)
        other.claim()
        env.outlast(longest - 0.5 * shortest)
        other.claim()
    env.settle()


_UNHARMED = (no_loss, no_phantom, no_resurrection)

RULES = (
    Rule(
        id="CLOCK-1",
        slug="clock-change-hides-nothing",
        sentence="A waiting task stays claimable, and in its place, when daylight saving time "
        "begins or ends.",
        why="In autumn an hour of local time comes twice. A queue that stores local times hides "
        "for an hour what was enqueued in the hour before, or mixes up the order of both hours.",
        scenario=Scenario(script=_each_change(_waiting), passes_time=True),
        monitors=(no_false_empty, order, no_loss, no_resurrection),
    ),
    Rule(
        id="CLOCK-2",
        slug="delay-exact-across-clock-change",
        sentence="A delay lasts as long as asked while daylight saving time begins or ends.",
        why="A queue that stores local times delivers an hour early in spring and an hour late in "
        "autumn.",
        scenario=Scenario(script=_each_change(_delayed), passes_time=True),
        monitors=(schedule, no_false_empty, no_loss),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="CLOCK-3",
        slug="lease-exact-across-clock-change",
        sentence="A lease lasts as long as asked while daylight saving time begins or ends.",
        why="In spring every lease expires at once, and each running task goes to a second worker; "
        "in autumn the tasks of dead workers wait an hour longer.",
        scenario=Scenario(script=_each_change(_leased), passes_time=True),
        monitors=(exclusive, expiry, lease_kept, no_loss),
        needs=(Capability.LEASE, Capability.COMPLETE),
    ),
    Rule(
        id="CLOCK-4",
        slug="retry-exact-across-clock-change",
        sentence="A failed task waits as declared while daylight saving time begins or ends.",
        why="A retry that skips its wait fails again at once; a retry that waits an hour more is "
        "late.",
        scenario=Scenario(script=_each_change(_failed), passes_time=True),
        monitors=(retry, no_loss),
        needs=(Capability.RETRY, Capability.SECOND_ATTEMPT),
        exercises=(Verb.CLAIM, Verb.FAIL),
    ),
    Rule(
        id="CLOCK-5",
        slug="other-time-zone-hides-nothing",
        sentence="A task can be claimed at once by a worker in another time zone.",
        why="Containers often run in UTC and laptops in local time; a queue that stores local "
        "times hides the tasks of one from the other for hours.",
        scenario=Scenario(script=_waiting_elsewhere),
        monitors=(no_false_empty, order, no_loss),
    ),
    Rule(
        id="CLOCK-6",
        slug="delay-exact-in-other-time-zone",
        sentence="A delay lasts as long as asked for a worker in another time zone.",
        why="A delay that was written in local time ends hours early or late where the clocks "
        "show another time.",
        scenario=Scenario(script=_delayed_elsewhere, passes_time=True),
        monitors=(schedule, no_false_empty, no_loss),
        needs=(Capability.DELAY,),
    ),
    Rule(
        id="CLOCK-7",
        slug="lease-exact-in-other-time-zone",
        sentence="A lease lasts as long as asked for a worker in another time zone.",
        why="A worker whose clocks show a later time takes every running task; one whose clocks "
        "show an earlier time leaves the tasks of dead workers alone for hours.",
        scenario=Scenario(script=_leased_elsewhere, passes_time=True),
        monitors=(exclusive, expiry, no_loss),
        needs=(Capability.LEASE,),
    ),
    Rule(
        id="CLOCK-8",
        slug="retry-exact-in-other-time-zone",
        sentence="A failed task waits as declared for a worker in another time zone.",
        why="A retry that was written in local time comes hours early or late where the clocks "
        "show another time.",
        scenario=Scenario(script=_failed_elsewhere, passes_time=True),
        monitors=(retry, no_loss),
        needs=(Capability.RETRY, Capability.SECOND_ATTEMPT),
        exercises=(Verb.CLAIM, Verb.FAIL),
    ),
    Rule(
        id="CLOCK-9",
        slug="clock-set-back-loses-nothing",
        sentence="If the clock is set back, no task is lost, delivered early, delivered twice, or "
        "hidden once it is due.",
        why="Time servers set clocks back. A queue that makes ids from the time, or distrusts "
        "times in the future, then overwrites or drops tasks; one that remembers the latest time "
        "hides retries and released tasks until the clock shows that time again.",
        scenario=Scenario(script=set_back, passes_time=True),
        monitors=(
            *_UNHARMED,
            schedule,
            exclusive,
            lease_kept,
            no_false_empty,
            retry,
            expiry,
        ),
    ),
    Rule(
        id="CLOCK-10",
        slug="clock-set-forward-loses-nothing",
        sentence="If the clock is set forward, every task stays claimable, and none is delivered "
        "after its completion.",
        why="A machine that wakes up with a wrong clock must not take today's tasks for "
        "yesterday's and drop them. A lease may expire early; nothing else may.",
        scenario=Scenario(script=set_forward, passes_time=True),
        monitors=(*_UNHARMED, no_false_empty, fencing),
    ),
)
