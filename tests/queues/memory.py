"""A correct queue in memory that can do everything, for the threads of one process.

Each decision has a method of its own, so that a mutant can get one thing wrong.
"""

from __future__ import annotations

import itertools
import json
import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pytest_queuekit.model.adapter import Claim, QueueAdapter
from pytest_queuekit.model.capabilities import (
    Durability,
    KeyConflict,
    KeyHold,
    Liveness,
    Order,
    Retry,
    Sharing,
)


class RefusedError(Exception):
    """The queue said no, and nothing changed."""


@dataclass(kw_only=True)
class Task:
    """A task as it is kept.

    number: its place among all tasks, by enqueue; also its id.
    text: the payload as JSON.
    needs: what a worker must be capable of.
    place: its place among the tasks of its priority.
    due: seconds since the epoch from which it may be claimed.
    expires: seconds since the epoch from which it is not claimed for the first time.
    own_lease: seconds of the lease of each delivery; None for those of the claim.
    group: the group of which only some tasks may be held at a time.
    attempts: how often it failed, or its worker did not come back.
    state: "queued", "leased", "completed" or "dead".
    token, lease_end: of the latest delivery; lease_end in seconds since the epoch.
    """

    number: int
    text: str
    priority: int
    place: float
    due: float
    expires: float
    key: str | None
    group: str | None
    needs: Mapping[str, Any]
    max_attempts: int
    own_lease: float | None = None
    key_until: float = math.inf
    attempts: int = 0
    state: str = "queued"
    token: int | None = None
    lease_end: float = 0.0
    error: str | None = None


@dataclass(kw_only=True)
class Store:
    """All that the instances of one location share."""

    tasks: dict[int, Task] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    tokens: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    lock: threading.RLock = field(default_factory=threading.RLock)


_STORES: dict[str, Store] = {}
_STORES_LOCK = threading.Lock()


class MemoryQueue(QueueAdapter):
    """A queue in the memory of one process. It keeps every promise that the form knows."""

    name = "memory"
    order = Order(priority="lower-first", ties="fifo", redelivery="original")
    durability = Durability.NONE
    liveness = Liveness.LEASE
    sharing = Sharing.THREADS
    retry: ClassVar[Retry | None] = Retry(
        max_attempts=5, first=1, factor=2, cap=300, counts_deaths=True
    )
    key_hold = KeyHold.UNTIL_COMPLETION
    key_conflict: ClassVar[KeyConflict | None] = KeyConflict.KEEP
    resolution = 0.01
    refuses = (RefusedError,)

    def __init__(self, location: str) -> None:
        self.store = self._open(location)

    def enqueue(
        self,
        payload: Any,
        *,
        priority: int = 100,
        delay: float = 0.0,
        expires: float | None = None,
        lease: float | None = None,
        key: str | None = None,
        group: str | None = None,
        capabilities: Mapping[str, Any] | None = None,
        max_attempts: int = 5,
    ) -> int:
        text = self._encode(payload)
        self._check_number("priority", priority, 1)
        self._check_seconds("delay", delay, 0.0)
        self._check_seconds("expires", 1.0 if expires is None else expires, 0.001)
        self._check_seconds("lease", 1.0 if lease is None else lease, 0.001)
        self._check_number("max_attempts", max_attempts, 1)
        with self._atomically():
            held = self._holder_of(key)
            if held is not None:
                self._meet(held, text)
                return held.number
            number = next(self.store.numbers)
            task = Task(
                number=number,
                text=text,
                priority=priority,
                place=number,
                due=self._now() + delay,
                expires=math.inf if expires is None else self._now() + expires,
                key=key,
                group=group,
                needs=dict(capabilities or {}),
                max_attempts=max_attempts,
                own_lease=lease,
                key_until=self._now() + (self.key_seconds or math.inf),
            )
            self._keep(task)
            return task.number

    def claim(
        self, worker: str, *, lease: float = 60.0, capabilities: Mapping[str, Any] | None = None
    ) -> Claim | None:
        self._check_seconds("lease", lease, 0.001)
        with self._atomically():
            self._return_expired()
            ready = [task for task in self._waiting() if self._may_go(task, capabilities or {})]
            if not ready:
                return None
            return self._lease(min(ready, key=self._order_key), worker, lease)

    def complete(self, claim: Claim) -> None:
        with self._atomically():
            task = self._held_by(claim)
            task.state = "completed"

    def fail(self, claim: Claim, error: str) -> None:
        with self._atomically():
            task = self._held_by(claim)
            task.error = error
            self._count_attempt(task)
            task.due = self._now() + self._wait(task.attempts)

    def extend(self, claim: Claim, seconds: float) -> Claim:
        self._check_seconds("seconds", seconds, 0.001)
        with self._atomically():
            task = self._held_by(claim)
            task.lease_end = max(task.lease_end, self._now()) + seconds
            return claim

    def release(self, claim: Claim) -> None:
        with self._atomically():
            task = self._held_by(claim)
            task.state, task.due = "queued", self._now()

    def cancel(self, task_id: Any) -> None:
        with self._atomically():
            task = self.store.tasks.get(task_id)
            if task is None or not self._may_cancel(task):
                raise RefusedError(f"task_id={task_id!r} is not waiting")
            del self.store.tasks[task_id]

    def requeue(self, task_id: Any) -> None:
        with self._atomically():
            task = self.store.tasks.get(task_id)
            if task is None or not self._may_requeue(task):
                raise RefusedError(f"task_id={task_id!r} is not dead, or its key is in use")
            task.state, task.attempts, task.error = "queued", 0, None
            task.due = self._now()

    def stats(self) -> Mapping[str, int]:
        counts = dict.fromkeys(("queued", "leased", "completed", "dead"), 0)
        with self._atomically():
            for task in self.store.tasks.values():
                counts[task.state] += 1
        return counts

    def reclaim(self) -> int:
        with self._atomically():
            return self._return_expired()

    def purge(self) -> int:
        with self._atomically():
            gone = [task.number for task in self.store.tasks.values() if self._is_purged(task)]
            for number in gone:
                del self.store.tasks[number]
            return len(gone)

    def dead_letters(self) -> Sequence[Any]:
        with self._atomically():
            return [self._decode(task.text) for task in self._in_state("dead")]

    def enqueue_many(
        self, payloads: Sequence[Any], *, keys: Sequence[str | None] | None = None
    ) -> list[int]:
        for payload in payloads:
            self._encode(payload)
        given = self._keys_of(payloads, keys)
        with self._atomically():
            return [
                self.enqueue(payload, key=key) for payload, key in zip(payloads, given, strict=True)
            ]

    def claim_many(self, worker: str, limit: int, *, lease: float = 60.0) -> list[Claim]:
        self._check_number("limit", limit, 1)
        claims: list[Claim] = []
        with self._atomically():
            while len(claims) < limit and (claim := self.claim(worker, lease=lease)) is not None:
                claims.append(claim)
        return claims

    def backup(self, location: str) -> None:
        with self._atomically():
            tasks = deepcopy(self.store.tasks)
        copy = self._open(location)
        with copy.lock:
            copy.tasks = tasks
            copy.numbers = itertools.count(max(tasks, default=0) + 1)
            copy.tokens = itertools.count(
                max((t.token or 0 for t in tasks.values()), default=0) + 1
            )

    # The decisions that a mutant may get wrong.

    def _open(self, location: str) -> Store:
        with _STORES_LOCK:
            return _STORES.setdefault(location, Store())

    def _atomically(self) -> AbstractContextManager[Any]:
        return self.store.lock

    def _now(self) -> float:
        return time.time()

    def _keep(self, task: Task) -> None:
        self.store.tasks[task.number] = task

    def _in_state(self, state: str) -> list[Task]:
        return [task for task in self.store.tasks.values() if task.state == state]

    def _waiting(self) -> list[Task]:
        return self._in_state("queued")

    def _may_go(self, task: Task, capabilities: Mapping[str, Any]) -> bool:
        return (
            self._is_due(task)
            and not self._is_outdated(task)
            and self._has_free_slot(task)
            and self._matches(task.needs, capabilities)
        )

    def _is_outdated(self, task: Task) -> bool:
        return task.token is None and task.expires <= self._now()

    def _has_free_slot(self, task: Task) -> bool:
        if task.group is None:
            return True
        alike = [other for other in self.store.tasks.values() if other.group == task.group]
        return sum(map(self._holds_slot, alike)) < self.group_limit

    def _holds_slot(self, task: Task) -> bool:
        return task.state == "leased"

    def _is_due(self, task: Task) -> bool:
        return task.due <= self._now()

    def _matches(self, needs: Mapping[str, Any], capabilities: Mapping[str, Any]) -> bool:
        """Tell whether a worker has every key that a task needs, with its value or in a list."""
        for key, value in needs.items():
            offered = capabilities.get(key)
            if value != offered and not (isinstance(offered, list) and value in offered):
                return False
        return True

    def _order_key(self, task: Task) -> tuple[float, float]:
        return task.priority, task.place

    def _lease(self, task: Task, worker: str, lease: float) -> Claim:
        seconds = self._lease_of(task, lease)
        task.state, task.lease_end = "leased", self._now() + seconds
        task.token = self._new_token(task)
        return Claim(
            task_id=task.number,
            payload=self._decode(task.text),
            worker=worker,
            attempt=task.attempts + 1,
            token=task.token,
        )

    def _lease_of(self, task: Task, lease: float) -> float:
        return lease if task.own_lease is None else task.own_lease

    def _new_token(self, task: Task) -> int:
        return next(self.store.tokens)

    def _held_by(self, claim: Claim) -> Task:
        """Return the task of a delivery that still counts. Raises RefusedError for any other."""
        task = self.store.tasks.get(claim.task_id)
        if task is None or not self._is_current(task, claim):
            raise RefusedError(f"task_id={claim.task_id!r} is no longer held: token={claim.token}")
        return task

    def _is_current(self, task: Task, claim: Claim) -> bool:
        return task.state == "leased" and task.token == claim.token

    def _is_expired(self, task: Task) -> bool:
        return task.lease_end <= self._now()

    def _return_expired(self) -> int:
        expired = [task for task in self._in_state("leased") if self._is_expired(task)]
        for task in expired:
            self._count_attempt(task)
        return len(expired)

    def _count_attempt(self, task: Task) -> None:
        task.attempts += 1
        task.state = "dead" if self._is_spent(task) else "queued"

    def _is_spent(self, task: Task) -> bool:
        return task.attempts >= task.max_attempts

    def _wait(self, failures: int) -> float:
        return self.retry.wait(failures)[0] if self.retry else 0.0

    def _holder_of(self, key: str | None) -> Task | None:
        if key is None:
            return None
        same = (task for task in self.store.tasks.values() if task.key == key)
        return next((task for task in same if self._holds_key(task)), None)

    def _holds_key(self, task: Task) -> bool:
        if self.key_hold is KeyHold.FOR_A_TIME:
            return self._now() < task.key_until
        until_claim = self.key_hold is KeyHold.UNTIL_CLAIM
        return task.state == "queued" or (task.state == "leased" and not until_claim)

    def _keys_of(
        self, payloads: Sequence[Any], keys: Sequence[str | None] | None
    ) -> Sequence[str | None]:
        """Return a key for each task of a batch. Raises RefusedError for any other number."""
        given = [None] * len(payloads) if keys is None else keys
        if not isinstance(given, list | tuple) or len(given) != len(payloads):
            raise RefusedError(f"keys={keys!r:.40} must be a list of {len(payloads)}")
        return given

    def _meet(self, task: Task, text: str) -> None:
        """Decide the fate of a second payload of a task's key."""

    def _may_cancel(self, task: Task) -> bool:
        return task.state == "queued"

    def _may_requeue(self, task: Task) -> bool:
        return task.state == "dead" and self._holder_of(task.key) in (None, task)

    def _is_purged(self, task: Task) -> bool:
        return task.state == "completed"

    def _encode(self, payload: Any) -> str:
        """Return a payload as JSON. Raises RefusedError for what JSON would change."""
        try:
            text = json.dumps(payload, allow_nan=False)
            if repr(json.loads(text)) == repr(payload):
                return text
        except (TypeError, ValueError, RecursionError) as error:
            raise RefusedError(f"payload={payload!r:.40} is not JSON: {error}") from error
        raise RefusedError(f"payload={payload!r:.40} would not come back equal from JSON")

    def _decode(self, text: str) -> Any:
        return json.loads(text)

    def _check_number(self, name: str, value: int, least: int) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise RefusedError(f"{name}={value!r} must be a whole number of at least {least}")

    def _check_seconds(self, name: str, value: float, least: float) -> None:
        real = isinstance(value, int | float) and not isinstance(value, bool)
        if not real or not math.isfinite(value) or not least <= value <= 10**9:
            raise RefusedError(f"{name}={value!r} must be seconds from {least} to 10**9")
