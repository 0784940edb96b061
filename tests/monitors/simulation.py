"""A simulation of a correct queue with several actors, and the history that they record.

Every operation takes effect at one random moment, and the interval that its caller sees lies
around it. A queue has choices: it may refuse silently, count an expired lease as an attempt,
notice late, or accept a late acknowledgement. The simulation draws these too, and no monitor may
report a violation in any of its histories. With a `bug`, the queue has one defect.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from typing import Any

from pytest_queuekit.model.capabilities import (
    Capability,
    Guarantee,
    KeyHold,
    Liveness,
    Order,
    Retry,
)
from pytest_queuekit.model.contract import Contract
from pytest_queuekit.model.history import SECOND, History, Operation, Outcome, Verb
from tests.monitors.notation import contract

_GRID = SECOND // 4
"""Nanoseconds: moments are multiples of it, so that many coincide."""

_LONG = 400
"""Grid steps after which the queue has noticed the end of every lease, delay and wait."""

REGIONS = ("EU", "US")


@dataclass(kw_only=True)
class Task:
    """A task as the queue keeps it. Times in nanoseconds."""

    label: str
    place: float
    priority: int
    due: int
    key: str | None
    key_end: float
    needs: dict[str, str]
    limit: int
    attempts: int = 0
    state: str = "queued"
    token: int = 0
    holder: str = ""
    lease_end: float = 0.0


@dataclass(kw_only=True)
class Habits:
    """The choices that a correct queue makes."""

    silent: bool
    late_counts: bool
    expiry_counts: bool
    release_counts: bool
    release_in_front: bool
    extends_old_end: bool
    cancels_held: bool
    default_priority: int
    default_lease: int

    @classmethod
    def draw(cls, random: Random) -> Habits:
        """Draw habits."""
        flags = {
            name: random.random() < 0.5
            for name, kind in cls.__annotations__.items()
            if kind == "bool"
        }
        return cls(
            **flags,
            default_priority=random.choice([0, 2, 5]),
            default_lease=random.choice([1, 4, 60]),
        )


class RefusedError(Exception):
    """The queue refuses an operation."""


class Queue:
    """A queue whose calls each take effect at one moment."""

    def __init__(self, declared: Contract, random: Random, bug: str | None = None) -> None:
        self.contract = declared
        self.random = random
        self.habits = Habits.draw(random)
        self.bug = bug
        self.tasks: list[Task] = []
        self.gone: dict[str, int] = {}
        self._places = count()
        self._tokens = count(1)

    def wrong(self, bug: str, chance: float = 0.5) -> bool:
        """Return True if the queue shows a bug now."""
        return self.bug == bug and self.random.random() < chance

    def enqueue(self, now: int, label: str, options: dict[str, Any]) -> None:
        """Add a task, unless its key is held."""
        key = options.get("key")
        if key is not None and not self.wrong("keys-leak") and self._holder(key, now):
            if self.habits.silent:
                return
            raise RefusedError
        if self.wrong("loses", 0.2):
            return
        retry = self.contract.retry
        limit = 10**9 if retry is None else retry.max_attempts
        task = Task(
            label=label,
            place=next(self._places),
            priority=options.get("priority", self.habits.default_priority),
            due=now + self._late(round(options.get("delay", 0) * SECOND)),
            key=key,
            key_end=self._key_end(now),
            needs=options.get("capabilities", {}),
            limit=options.get("max_attempts", limit),
        )
        if self.wrong("hurries"):
            task.due = now
        self.tasks.append(task)

    def _key_end(self, now: int) -> float:
        seconds = self.contract.key_seconds
        return float("inf") if seconds is None else now + self._late(round(seconds * SECOND))

    def _late(self, wait: int) -> int:
        late = round(self.contract.resolution * SECOND * self.random.random())
        return wait + late if wait else 0

    def _holder(self, key: str, now: int) -> Task | None:
        hold = self.contract.key_hold
        states = {"queued"} if hold is KeyHold.UNTIL_CLAIM else {"queued", "leased"}
        if hold in (KeyHold.FOR_A_TIME, KeyHold.FOR_EVER) or self.bug == "keys-stick":
            states |= {"completed", "purged", "dead"}
        return next(
            (
                task
                for task in self.tasks
                if task.key == key
                and task.state in states
                and (now < task.key_end or self.bug == "keys-stick")
            ),
            None,
        )

    def claim(self, now: int, actor: str, options: dict[str, Any]) -> Task | None:
        """Hand out the next task that a worker may get."""
        if Capability.RECLAIM not in self.contract.capabilities:
            self.reclaim(now)
        offers = options.get("capabilities", {})
        ready = [
            task
            for task in self.tasks
            if (task.state == "queued" or (task.state == "leased" and self.wrong("shares", 0.1)))
            and task.due <= now
            and (self._fits(task, offers) or self.wrong("misroutes"))
        ]
        if not ready or self.wrong("says-empty", 0.2):
            return None
        ready.sort(key=self._rank)
        task = self.random.choice(ready) if self.bug == "shuffles" else ready[0]
        once = self.contract.guarantee is Guarantee.AT_MOST_ONCE
        task.state, task.token, task.holder = "leased", next(self._tokens), actor
        lease = options.get("lease", self.habits.default_lease)
        leased = self.contract.liveness is Liveness.LEASE and not once
        task.lease_end = now + self._late(round(lease * SECOND)) if leased else float("inf")
        return task

    def _fits(self, task: Task, offers: dict[str, Any]) -> bool:
        return all(
            key in offers and (value == offers[key] or value in offers[key])
            for key, value in task.needs.items()
        )

    def _rank(self, task: Task) -> tuple[float, float]:
        order = self.contract.order
        sign = {"lower-first": 1, "higher-first": -1, None: 0}[order.priority]
        place = {"fifo": task.place, "lifo": -task.place, "none": self.random.random()}
        return sign * task.priority, place[order.ties]

    def reclaim(self, now: int) -> None:
        """Put back tasks with expired leases, or those of killed processes if it watches them."""
        once = self.contract.guarantee is Guarantee.AT_MOST_ONCE
        for task in self.tasks:
            gone = self.gone.get(task.holder, now + 1) <= now and not once
            watched = self.contract.liveness is Liveness.PROCESS and gone
            expired = task.lease_end <= now and self.bug != "hoards"
            if task.state == "leased" and (expired or watched):
                self._try_again(task, now, counts=self.habits.expiry_counts)

    def _try_again(self, task: Task, now: int, *, counts: bool) -> None:
        task.attempts += counts
        dead = task.attempts >= task.limit and self.bug != "tries-for-ever"
        early = self.contract.retry is not None and counts and self.wrong("gives-up")
        task.state, task.due = "dead" if dead or early else "queued", now

    def _wait(self, attempts: int) -> int:
        assert self.contract.retry is not None
        low, high = self.contract.retry.wait(attempts)
        wait = round(self.random.uniform(low, high) * SECOND)
        return 0 if self.bug == "retries-at-once" else self._late(wait)

    def _held(self, now: int, label: str, token: int) -> Task | None:
        """Return the task of an acknowledgement that counts; None if the queue ignores it."""
        for task in self.tasks:
            same = task.label == label and (task.token == token or self.bug == "forgets-tokens")
            runs = task.lease_end > now or self.habits.late_counts
            if same and task.state == "leased" and runs and not self.wrong("deaf"):
                return task
        if self.habits.silent and self.bug is None:
            return None
        raise RefusedError

    def complete(self, now: int, label: str, token: int) -> None:
        """Complete a task."""
        task = self._held(now, label, token)
        if task:
            task.state = "completed"
            if self.wrong("resurrects"):
                task.state = "queued"

    def fail(self, now: int, label: str, token: int) -> None:
        """Record a failure of a task."""
        task = self._held(now, label, token)
        if task:
            self._try_again(task, now, counts=True)
            if self.contract.retry and task.state == "queued":
                task.due = now + self._wait(task.attempts)
            if self.wrong("forgets-failed"):
                task.state = "purged"

    def release(self, now: int, label: str, token: int) -> None:
        """Release a task."""
        task = self._held(now, label, token)
        if task:
            self._try_again(task, now, counts=self.habits.release_counts)
            if self.habits.release_in_front:
                task.place = -next(self._places)

    def extend(self, now: int, label: str, token: int, seconds: float) -> None:
        """Extend a lease."""
        task = self._held(now, label, token)
        if task:
            start = max(task.lease_end, now) if self.habits.extends_old_end else now
            task.lease_end = max(task.lease_end, start + round(seconds * SECOND))

    def cancel(self, now: int, label: str) -> None:
        """Cancel a task."""
        states = ("queued", "leased") if self.habits.cancels_held else ("queued",)
        for task in self.tasks:
            if task.label == label and task.state in states:
                task.state = "cancelled" if not self.wrong("keeps-cancelled") else task.state
                return
        if not self.habits.silent:
            raise RefusedError

    def stats(self) -> dict[str, int]:
        """Return the counts of tasks by state."""
        states = [task.state for task in self.tasks]
        counts = {state: states.count(state) for state in ("queued", "leased", "completed", "dead")}
        counts["queued"] += self.wrong("miscounts")
        counts["completed"] -= self.wrong("miscounts") and counts["completed"] > 0
        return counts

    def purge(self) -> None:
        """Delete the completed tasks."""
        for task in self.tasks:
            if task.state == "completed":
                task.state = "purged"

    def dead_letters(self) -> list[str]:
        """Return the labels of dead tasks."""
        dead = [task.label for task in self.tasks if task.state == "dead"]
        return dead[1:] if self.bug == "hides-dead" else dead


@dataclass(kw_only=True)
class Actor:
    """A client of the queue.

    free: nanoseconds from which it can call again.
    number: the number of its next operation.
    held: its deliveries as claim number, label and token.
    """

    name: str
    free: int = 0
    number: int = 0
    alive: bool = True
    held: list[tuple[int, str, int]] = field(default_factory=list)


Effect = Callable[[int], Any]


class Play:
    """Plays a number of steps and records the history."""

    def __init__(self, seed: int, bug: str | None = None) -> None:
        self.random = random = Random(seed)  # noqa: S311 - it draws runs, not secrets
        self.contract = _contract(random)
        self.queue = Queue(self.contract, random, bug)
        self.faults = random.random() < 0.6
        self.lease = random.choice([2.0, 6.0])
        self.now = 0
        self.actors = [Actor(name=name) for name in "abc"[: random.randint(1, 3)]]
        self.labels: list[str] = []
        self.operations: list[Operation] = []
        self._pending: list[tuple[int, int, Effect]] = []
        self._order = count()

    def history(self, steps: int) -> History:
        """Play a number of steps, then usually claim until the queue is empty."""
        for _ in range(steps):
            self._advance(self.random.choice([0, 1, 1, 2, 3, 8, 30]))
            ready = [actor for actor in self.actors if actor.free <= self.now and actor.alive]
            if ready:
                self._step(self.random.choice(ready))
        drained = self.random.random() < 0.8
        if drained:
            self._drain()
        return History.of(self.operations, lease=self.lease, drained=drained)

    def _advance(self, steps: int) -> None:
        self.now += steps * _GRID
        while self._pending and self._pending[0][0] <= self.now:
            at, _, effect = heapq.heappop(self._pending)
            effect(at)

    def _drain(self) -> None:
        self._advance(_LONG)
        if self.random.random() < 0.3:
            self._advance(100 * _LONG)
        actor = Actor(name="z", free=self.now)
        everything = {"region": list(REGIONS)}
        if Capability.RECLAIM in self.contract.capabilities:
            self._call(actor, Verb.RECLAIM, {}, lambda at: self.queue.reclaim(at), sound=True)
        for _ in range(200):
            self._advance(self.random.choice([1, 3]))
            before = len(actor.held)
            self._claim(actor, {"capabilities": everything}, sound=True)
            if len(actor.held) == before:
                break
            self._advance(3)
            _, label, token = actor.held[-1]
            self._acknowledge(actor, Verb.COMPLETE, actor.held[-1], label, token, sound=True)
        self._advance(3)
        self._step_others(actor)

    def _step_others(self, actor: Actor) -> None:
        self._call(actor, Verb.STATS, {}, lambda at: self.queue.stats(), sound=True)
        if self.contract.retry:
            self._advance(3)
            self._call(
                actor, Verb.DEAD_LETTERS, {}, lambda at: self.queue.dead_letters(), sound=True
            )

    def _step(self, actor: Actor) -> None:
        draw = self.random.random()
        held = self.random.choice(actor.held) if actor.held else None
        if held and draw < 0.4:
            verb = self.random.choice(
                [Verb.COMPLETE, Verb.COMPLETE, Verb.FAIL, Verb.RELEASE, Verb.EXTEND]
            )
            self._acknowledge(actor, verb, held, held[1], held[2])
        elif draw < 0.65:
            self._enqueue(actor)
        elif draw < 0.9:
            self._claim(actor, self._claim_options())
        elif draw < 0.93 and self.labels:
            label = self.random.choice(self.labels)
            self._call(actor, Verb.CANCEL, {}, lambda at: self.queue.cancel(at, label), task=label)
        elif draw < 0.95:
            self._call(actor, Verb.PURGE, {}, lambda at: self.queue.purge())
        elif draw < 0.96 and Capability.RECLAIM in self.contract.capabilities:
            self._call(actor, Verb.RECLAIM, {}, lambda at: self.queue.reclaim(at))
        elif draw < 0.97 and self.contract.retry:
            self._call(actor, Verb.DEAD_LETTERS, {}, lambda at: self.queue.dead_letters())
        else:
            self._call(actor, Verb.STATS, {}, lambda at: self.queue.stats())

    def _enqueue(self, actor: Actor) -> None:
        options: dict[str, Any] = {}
        label = f"t{len(self.labels)}"
        if self.labels and self.random.random() < 0.05:
            label = self.random.choice(self.labels)  # a client that retries
        self.labels.append(label)
        if self.random.random() < 0.5 and self.contract.order.priority:
            options["priority"] = self.random.randint(1, 4)
        if self.random.random() < 0.15:
            options["delay"] = self.random.choice([0, 1.5, 3])
        if self.random.random() < 0.2:
            options["key"] = self.random.choice("kl")
        if self.random.random() < 0.2:
            options["capabilities"] = {"region": self.random.choice(REGIONS)}
        if self.random.random() < 0.2 and self.contract.retry:
            options["max_attempts"] = self.random.randint(1, 3)
        arguments = {**options, "payload": f"'{label}'"}
        self._call(
            actor,
            Verb.ENQUEUE,
            arguments,
            lambda at: self.queue.enqueue(at, label, options),
            task=label,
        )

    def _claim_options(self) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self.random.random() < 0.3:
            regions = [*REGIONS, list(REGIONS)]
            options["capabilities"] = {"region": self.random.choice(regions)}
        if self.random.random() < 0.2:
            options["batch"] = 2
        elif self.contract.liveness is Liveness.LEASE and self.random.random() < 0.7:
            options["lease"] = self.random.choice([1.0, 5.0, 20.0])
        return options

    def _claim(self, actor: Actor, options: dict[str, Any], *, sound: bool = False) -> None:
        leased = {**options} if "batch" in options else {"lease": self.lease, **options}

        def effect(at: int) -> list[tuple[str, int]]:
            limit = leased.get("batch", 1) + self.queue.wrong("overfills")
            claimed = [self.queue.claim(at, actor.name, leased) for _ in range(limit)]
            return [(task.label, task.token) for task in claimed if task is not None]

        got = self._call(actor, Verb.CLAIM, options, effect, sound=sound, several=True)
        if not got:
            return
        common = self.operations.pop()
        actor.number -= 1
        for label, token in got:
            text = f"'{label}'" if not self.queue.wrong("garbles") else "'something else'"
            self._write(replace(common, task=label, result={"payload": text}), actor)
            actor.held.append((common.number + len(got), label, token))
            actor.held[-1] = (actor.number - 1, label, token)

    def _acknowledge(
        self,
        actor: Actor,
        verb: Verb,
        held: tuple[int, str, int],
        label: str,
        token: int,
        *,
        sound: bool = False,
    ) -> None:
        arguments: dict[str, Any] = {}
        queue = self.queue
        effects: dict[Verb, Effect] = {
            Verb.COMPLETE: lambda at: queue.complete(at, label, token),
            Verb.FAIL: lambda at: queue.fail(at, label, token),
            Verb.RELEASE: lambda at: queue.release(at, label, token),
        }
        if verb is Verb.EXTEND:
            arguments = {"seconds": self.random.choice([1.0, 5.0])}
            effects[verb] = lambda at: queue.extend(at, label, token, arguments["seconds"])
        self._call(actor, verb, arguments, effects[verb], task=label, claim=held[0], sound=sound)
        if self.random.random() < 0.8 and verb is not Verb.EXTEND and held in actor.held:
            actor.held.remove(held)

    def _call(
        self,
        actor: Actor,
        verb: Verb,
        arguments: dict[str, Any],
        effect: Effect,
        *,
        sound: bool = False,
        several: bool = False,
        **fields: Any,
    ) -> Any:
        """Run an operation now; return the answer that its caller gets, or None."""
        before = self.random.choice([0, 0, 1, 2, 6]) * _GRID
        after = self.random.choice([0, 0, 1, 2, 6]) * _GRID
        begun = Operation(
            actor=actor.name,
            verb=verb,
            start=max(actor.free, self.now - before),
            end=self.now + after,
            outcome=Outcome.OK,
            arguments=arguments,
            **fields,
        )
        actor.free = self.now + after + 1  # plus a nanosecond, so that its own calls never touch
        if sound:
            self.now = actor.free
        if self.faults and not sound and self._may_fail(verb) and self.random.random() < 0.12:
            return self._fault(actor, begun, effect)
        try:
            value = effect(self.now)
        except RefusedError:
            self._write(replace(begun, outcome=Outcome.REFUSED), actor)
            return None
        self._write(begun if several else replace(begun, result=value), actor)
        return value

    def _may_fail(self, verb: Verb) -> bool:
        """Return True unless a third claim would fail: a queue that is correct hands tasks out."""
        claims = (call for call in self.operations if call.verb is Verb.CLAIM)
        return verb is not Verb.CLAIM or sum(not call.ok for call in claims) < 2

    def _fault(self, actor: Actor, begun: Operation, effect: Effect) -> None:
        if self.random.random() < 0.3:
            self._write(replace(begun, outcome=Outcome.BUSY), actor)
            return
        if self.random.random() < 0.6:
            delay = self.random.choice([0, 0, 0, 2, 40]) * _GRID
            entry = (self.now + delay, next(self._order), _quietly(effect))
            heapq.heappush(self._pending, entry)
            self._advance(0)
        unknown = replace(begun, outcome=Outcome.UNKNOWN, error="Boom")
        if self.random.random() < 0.5:
            self._write(unknown, actor)
            return
        self._write(replace(unknown, end=None, error=None), actor)
        if self.random.random() < 0.6:
            at = max(actor.free, self.now)
            kill = Operation(actor=actor.name, verb=Verb.KILL, start=at, end=at, outcome=Outcome.OK)
            self._write(kill, actor)
            self.queue.gone[actor.name] = at
            actor.alive = False
            self.actors.append(Actor(name=actor.name + "'", free=at))

    def _write(self, operation: Operation, actor: Actor) -> None:
        self.operations.append(replace(operation, number=actor.number))
        actor.number += 1


def _quietly(effect: Effect) -> Effect:
    def attempt(at: int) -> None:
        try:
            effect(at)
        except RefusedError:
            return

    return attempt


def _contract(random: Random) -> Contract:
    retry = None
    if random.random() < 0.6:
        retry = Retry(
            max_attempts=random.randint(1, 3),
            first=random.choice([0, 2, 4]),
            factor=random.choice([1, 2]),
            cap=random.choice([5, 300]),
            jitter=random.choice([0, 0.1]),
        )
    hold = random.choice(list(KeyHold))
    declared = contract(
        order=Order(
            priority=random.choice([None, "lower-first", "higher-first"]),
            ties=random.choice(["fifo", "lifo", "none"]),
        ),
        guarantee=random.choice([Guarantee.AT_LEAST_ONCE] * 3 + [Guarantee.AT_MOST_ONCE]),
        liveness=random.choice([Liveness.LEASE] * 3 + [Liveness.PROCESS, Liveness.NONE]),
        key_hold=hold,
        key_seconds=random.choice([1, 4]) if hold is KeyHold.FOR_A_TIME else None,
        resolution=random.choice([0.0, 1.0]),
        retry=retry,
    )
    able = declared.capabilities | {Capability.FAIL}
    if random.random() < 0.3:
        able |= {Capability.RECLAIM}
    return replace(declared, capabilities=frozenset(able))


def listing(operations: Iterable[Operation]) -> str:
    """Return a history as lines, for the message of a failed test."""
    return "\n".join(map(_line, operations))


def _line(operation: Operation) -> str:
    end = "?" if operation.end is None else f"{operation.end / SECOND:.2f}"
    claim = "" if operation.claim is None else operation.claim
    result = operation.result if operation.verb in (Verb.STATS, Verb.DEAD_LETTERS) else ""
    return (
        f"{operation.number:3} {operation.actor:3} {operation.verb:12} {operation.task or '-':5} "
        f"{operation.start / SECOND:7.2f}-{end:7} {operation.outcome:8} {claim:>3} "
        f"{dict(operation.arguments)} {result}"
    )
