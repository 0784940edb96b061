"""The walker: the actors, tasks and deliveries of one walk, by their place."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pytest_queuekit.execution.environment import Environment
from pytest_queuekit.model.payloads import canonical, wrap
from pytest_queuekit.recording.delivery import Delivery
from pytest_queuekit.recording.recorder import Recorder

_Item = TypeVar("_Item")


@dataclass(kw_only=True)
class _Held:
    """A delivery.

    actor: the actor that received it; None once that actor is closed or dead.
    given_back: True once the queue accepted a failure or a release of it.
    ended: True once its worker has called to end it.
    """

    delivery: Delivery
    actor: Recorder | None
    given_back: bool = False
    ended: bool = False


@dataclass(frozen=True, kw_only=True)
class _Task:
    """An enqueued task, and the actor that enqueued it.

    has_id: False for a task with a key that an earlier task used: its id may be that of the earlier
        task, so that a cancel would hit the wrong one.
    """

    label: str
    actor: Recorder
    has_id: bool


class Walker:
    """Does the steps of a walk in an environment, and remembers what they refer to.

    env: the environment.
    keys: the idempotency keys in use. labels: the labels of all tasks.
    longest_lease: seconds of the longest lease that a claim or a task asked for.
    extended: seconds of all extensions together.
    """

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.keys: list[str] = []
        self.labels: list[str] = []
        self.extended = 0.0
        self.longest_lease = 0.0
        self._names: dict[str, str] = {}
        self._tasks: list[_Task] = []
        self._bare: dict[str, str] = {}  # the label of each bare payload, by its value
        self._held: list[_Held] = []

    @property
    def received(self) -> int:
        """How many deliveries there were so far."""
        return len(self._held)

    @property
    def latest(self) -> str:
        """The label of the latest delivery; empty before the first."""
        return self._held[-1].delivery.label if self._held else ""

    def actor(self, name: str) -> Recorder:
        """Return an actor, or its successor after it was reopened or crashed."""
        return self.env.actor(self._names.setdefault(name, name))

    def may_call(self, actor: Recorder) -> bool:
        """Return True if an actor may make a call from here."""
        return True

    def holder(self, back: int) -> str | None:
        """Return the name of the actor that received a delivery; None if it cannot call."""
        held = _from_end(self._held, back)
        return held.actor.actor if held and held.actor else None

    def enqueuer(self, back: int) -> str | None:
        """Return the name of the actor that enqueued a task; None if it cannot call."""
        task = _from_end(self._tasks, back)
        return task.actor.actor if task else None

    def back_to(self, label: str) -> int:
        """Return how many tasks were enqueued after one."""
        labels = [task.label for task in reversed(self._tasks)]
        return labels.index(label) if label in labels else 0

    def reopen(self, name: str) -> None:
        """Close an actor; its successor opens the queue."""
        old = self.actor(name)
        self._names[name] = self.env.reopen(old.actor).actor
        self._lose(old)

    def crash(self, name: str) -> None:
        """Abandon an actor without closing it; its successor opens the queue when it acts."""
        old = self.actor(name)
        self.env.abandon(old.actor)
        for known, present in self._names.items():
            if present == old.actor:
                self._names[known] = old.actor + "'"
        self._lose(old)

    def enqueue(
        self, name: str, options: Mapping[str, Any], *, body: Any = None, bare: bool = False
    ) -> None:
        """Enqueue the next task.

        bare: True to enqueue the body without a label. The kit then knows the task by its body, so
            each body does so only once; a further task gets a label.
        """
        label = self._new_task(name, options.get("key"))
        self.longest_lease = max(self.longest_lease, options.get("lease", 0.0))
        if bare and self._is_alone(body, label):
            self.actor(name).enqueue_bare(label, body, **options)
        else:
            self.actor(name).enqueue(label, body=body, **options)

    def enqueue_many(
        self,
        name: str,
        count: int,
        keys: Sequence[str | None] | None = None,
        bodies: Sequence[Any] | None = None,
        *,
        bare: bool = False,
    ) -> None:
        """Enqueue the next tasks in one call.

        keys: the key of each task, or None. bodies: the body of each task.
        bare: True to enqueue the bodies without labels, as far as each is the first such one.
        """
        given = list(bodies or [None] * len(keys or range(count)))
        labels = [self._new_task(name, key) for key in keys or [None] * len(given)]
        domain, bare = self.env.contract.payload, bare and bodies is not None
        payloads = [
            body if bare and self._is_alone(body, label) else wrap(label, domain, body)
            for label, body in zip(labels, given, strict=True)
        ]
        self.actor(name).enqueue_many(labels, keys, payloads)

    def _is_alone(self, body: Any, label: str) -> bool:
        """Return True if no task before has the same body without a label."""
        return self._bare.setdefault(canonical(body), label) == label

    def _new_task(self, name: str, key: str | None) -> str:
        label = self.next_label()
        self._tasks.append(_Task(label=label, actor=self.actor(name), has_id=key not in self.keys))
        if key is not None and key not in self.keys:
            self.keys.append(key)
        return label

    def next_label(self) -> str:
        """Return the label of the next task."""
        self.labels.append(f"task-{len(self.labels) + 1}")
        return self.labels[-1]

    def claim(self, name: str, options: Mapping[str, Any]) -> None:
        """Claim a task."""
        actor = self.actor(name)
        self.longest_lease = max(self.longest_lease, options.get("lease", 0.0))
        delivery = actor.claim(**options)
        if delivery is not None:
            self._held.append(_Held(delivery=delivery, actor=actor))

    def claim_many(self, name: str, limit: int, options: Mapping[str, Any]) -> None:
        """Claim several tasks in one call."""
        actor = self.actor(name)
        self.longest_lease = max(self.longest_lease, options.get("lease", 0.0))
        deliveries = actor.claim_many(limit, **options)
        self._held += [_Held(delivery=delivery, actor=actor) for delivery in deliveries]

    def complete(self, back: int) -> None:
        """Complete a delivery. back: how many deliveries came after it."""
        if (held := self._ending(back)) and held.actor:
            held.actor.complete(held.delivery)

    def fail(self, back: int, *, retry: bool = True) -> None:
        """Report a delivery failed. retry: False for a task that must not be tried again."""
        options: dict[str, Any] = {} if retry else {"retry": False}
        if (held := self._ending(back)) and held.actor:
            held.given_back |= held.actor.fail(held.delivery, **options)

    def release(self, back: int) -> None:
        """Release a delivery."""
        if (held := self._ending(back)) and held.actor:
            held.given_back |= held.actor.release(held.delivery)

    def extend(self, back: int, seconds: float) -> None:
        """Extend a lease, and keep the changed delivery."""
        if (held := self._callable(back)) and held.actor:
            self.extended += seconds
            held.delivery = held.actor.extend(held.delivery, seconds) or held.delivery

    def cancel(self, back: int) -> None:
        """Cancel a task. back: how many tasks were enqueued after it."""
        if (task := self._with_id(back)) is not None:
            task.actor.cancel(task.label)

    def requeue(self, back: int) -> None:
        """Requeue a task. back: how many tasks were enqueued after it."""
        if (task := self._with_id(back)) is not None:
            task.actor.requeue(task.label)

    def backup(self, name: str) -> None:
        """Write a copy of the queue, which nobody uses: the walk goes on with the original.

        Contracts say little about a copy: only that it holds the unfinished tasks.
        """
        adapter = self.env.queue.adapter
        location = adapter.provision(Path(tempfile.mkdtemp(prefix="copy-", dir=self.env.folder)))
        try:
            self.actor(name).backup(location)
        finally:
            with suppress(Exception, SystemExit):  # it is the copy's, not the queue's
                adapter.dispose(location)

    def _with_id(self, back: int) -> _Task | None:
        """Return a task that its enqueuer may name to the queue; None if there is none."""
        task = _from_end(self._tasks, back)
        callable_by_id = task is not None and task.has_id and self.may_call(task.actor)
        return task if callable_by_id else None

    def _ending(self, back: int) -> _Held | None:
        """Return a delivery that its worker may still end, perhaps again; None if there is none."""
        held = self._callable(back)
        if held is None or (held.ended and self.env.contract.ends_once):
            return None
        held.ended = True
        return held

    def _callable(self, back: int) -> _Held | None:
        """Return a delivery about which its worker may still call; None if there is none.

        Contracts say nothing about a worker that gives a task back and calls again before another
        worker has the task.
        """
        held = _from_end(self._held, back)
        if held is None or (held.actor and not self.may_call(held.actor)):
            return None
        if not held.given_back:
            return held
        later = self._held[len(self._held) - back :]
        again = any(other.delivery.label == held.delivery.label for other in later)
        return held if again else None

    def _lose(self, actor: Recorder) -> None:
        """Forget what a closed or dead actor may still have called."""
        for held in self._held:
            if held.actor is actor:
                held.actor = None
        self._tasks = [task for task in self._tasks if task.actor is not actor]


def _from_end(items: list[_Item], back: int) -> _Item | None:
    return items[-1 - back] if back < len(items) else None
