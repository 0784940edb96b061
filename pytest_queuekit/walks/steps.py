"""The steps of a walk. A step refers to tasks and deliveries by their place, newest first.

A step whose task or delivery does not exist does nothing, so that any part of a walk is a walk.
The `repr` of a step is the source text that makes it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

from pytest_queuekit.walks.walker import Walker


@dataclass(frozen=True, repr=False)
class Step(ABC):
    """One step of a walk."""

    @abstractmethod
    def play(self, walker: Walker) -> None:
        """Do the step on the walker's queue."""

    def actor(self, walker: Walker) -> str | None:
        """Return the name of the actor that would do the step now; None if there is none."""
        return None

    def plainer(self) -> Iterator[Step]:
        """Yield the step with each of its fields at its default."""
        for field in fields(self):
            if field.default is not MISSING and getattr(self, field.name) != field.default:
                yield replace(self, **{field.name: field.default})

    def kinds(self) -> set[str]:
        """Return the names of the classes that the source text of the step needs."""
        return {type(self).__name__}

    def __repr__(self) -> str:
        """Return the source text of the step: the fields that differ from their defaults."""
        given = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        ]
        return f"{type(self).__name__}({', '.join(given)})"


@dataclass(frozen=True, kw_only=True, repr=False)
class _ByActor(Step):
    """A step of one actor.

    by: the actor's name.
    """

    by: str = "a"

    def actor(self, walker: Walker) -> str | None:
        return self.by


@dataclass(frozen=True, kw_only=True, repr=False)
class Enqueue(_ByActor):
    """Enqueue a task. The fields are the options of the adapter's `enqueue`; None for not given.

    body: a value inside the payload.
    bare: True if the body is the whole payload, without a label by which the kit knows the task.
    """

    priority: float | None = None
    delay: float | None = None
    expires: float | None = None
    key: str | None = None
    group: str | None = None
    capabilities: Mapping[str, Any] | None = None
    max_attempts: int | None = None
    lease: float | None = None
    body: Any = None
    bare: bool = False

    def play(self, walker: Walker) -> None:
        walker.enqueue(self.by, self.options, body=self.body, bare=self.bare)

    @property
    def options(self) -> dict[str, Any]:
        """The options that are given."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name not in ("by", "body", "bare") and getattr(self, field.name) is not None
        }

    def plainer(self) -> Iterator[Step]:
        """Yield the step with each of its fields at its default.

        A bare payload keeps its body: a queue may be right to refuse another one.
        """
        given = self.body if self.bare else None
        for step in super().plainer():
            if not (isinstance(step, Enqueue) and step.bare) or step.body is given:
                yield step


@dataclass(frozen=True, kw_only=True, repr=False)
class EnqueueMany(_ByActor):
    """Enqueue `count` tasks in one call.

    keys: the key of each task, or None; their number then counts.
    bodies: a value inside the payload of each task; their number then counts too.
    bare: True if the bodies are the whole payloads.
    """

    count: int = 2
    keys: tuple[str | None, ...] | None = None
    bodies: tuple[Any, ...] | None = None
    bare: bool = False

    def play(self, walker: Walker) -> None:
        walker.enqueue_many(self.by, self.count, self.keys, self.bodies, bare=self.bare)

    def plainer(self) -> Iterator[Step]:
        """Yield the step with each of its fields at its default, and without each of its tasks."""
        yield from super().plainer()
        tasks = len(self.keys or self.bodies or ())
        for place in range(tasks) if tasks > 1 else ():
            yield replace(
                self, keys=_without(self.keys, place), bodies=_without(self.bodies, place)
            )


def _without(values: tuple[Any, ...] | None, place: int) -> tuple[Any, ...] | None:
    return None if values is None else (*values[:place], *values[place + 1 :])


@dataclass(frozen=True, kw_only=True, repr=False)
class Claim(_ByActor):
    """Claim a task. The fields are the options of the adapter's `claim`; None for the default."""

    lease: float | None = None
    capabilities: Mapping[str, Any] | None = None

    def play(self, walker: Walker) -> None:
        given = {"lease": self.lease, "capabilities": self.capabilities}
        walker.claim(self.by, {name: value for name, value in given.items() if value is not None})


@dataclass(frozen=True, kw_only=True, repr=False)
class ClaimMany(_ByActor):
    """Claim at most `limit` tasks in one call. lease: an option; None for the default."""

    limit: int = 2
    lease: float | None = None

    def play(self, walker: Walker) -> None:
        given = {} if self.lease is None else {"lease": self.lease}
        walker.claim_many(self.by, self.limit, given)

    def plainer(self) -> Iterator[Step]:
        """Yield a claim of one task."""
        yield from super().plainer()
        yield Claim(by=self.by, lease=self.lease)


@dataclass(frozen=True, kw_only=True, repr=False)
class _OfDelivery(Step):
    """A step about one delivery, by the actor that received it.

    back: how many deliveries came after it; 0 for the latest.
    """

    back: int = 0

    def actor(self, walker: Walker) -> str | None:
        return walker.holder(self.back)


@dataclass(frozen=True, kw_only=True, repr=False)
class Complete(_OfDelivery):
    """Complete a delivery."""

    def play(self, walker: Walker) -> None:
        walker.complete(self.back)


@dataclass(frozen=True, kw_only=True, repr=False)
class Fail(_OfDelivery):
    """Report a delivery failed. retry: False for a task that must not be tried again."""

    retry: bool = True

    def play(self, walker: Walker) -> None:
        walker.fail(self.back, retry=self.retry)


@dataclass(frozen=True, kw_only=True, repr=False)
class Release(_OfDelivery):
    """Release a delivery."""

    def play(self, walker: Walker) -> None:
        walker.release(self.back)


@dataclass(frozen=True, kw_only=True, repr=False)
class Extend(_OfDelivery):
    """Extend the lease of a delivery by `seconds`."""

    seconds: float

    def play(self, walker: Walker) -> None:
        walker.extend(self.back, self.seconds)


@dataclass(frozen=True, kw_only=True, repr=False)
class _OfTask(Step):
    """A step about one task, by the actor that enqueued it.

    back: how many tasks were enqueued after it; 0 for the latest.
    """

    back: int = 0

    def actor(self, walker: Walker) -> str | None:
        return walker.enqueuer(self.back)


@dataclass(frozen=True, kw_only=True, repr=False)
class Cancel(_OfTask):
    """Cancel a task."""

    def play(self, walker: Walker) -> None:
        walker.cancel(self.back)


@dataclass(frozen=True, kw_only=True, repr=False)
class Requeue(_OfTask):
    """Requeue a task, which is a dead letter or not."""

    def play(self, walker: Walker) -> None:
        walker.requeue(self.back)


@dataclass(frozen=True, kw_only=True, repr=False)
class Stats(_ByActor):
    """Read the counts."""

    def play(self, walker: Walker) -> None:
        walker.actor(self.by).stats()


@dataclass(frozen=True, kw_only=True, repr=False)
class DeadLetters(_ByActor):
    """Read the dead letters."""

    def play(self, walker: Walker) -> None:
        walker.actor(self.by).dead_letters()


@dataclass(frozen=True, kw_only=True, repr=False)
class Purge(_ByActor):
    """Purge the completed tasks."""

    def play(self, walker: Walker) -> None:
        walker.actor(self.by).purge()


@dataclass(frozen=True, kw_only=True, repr=False)
class Reclaim(_ByActor):
    """Reclaim expired leases."""

    def play(self, walker: Walker) -> None:
        walker.actor(self.by).reclaim()


@dataclass(frozen=True, kw_only=True, repr=False)
class Backup(_ByActor):
    """Write a copy of the queue, and go on with the original."""

    def play(self, walker: Walker) -> None:
        walker.backup(self.by)


@dataclass(frozen=True, kw_only=True, repr=False)
class Reopen(_ByActor):
    """Close an actor and open the queue for its successor."""

    def play(self, walker: Walker) -> None:
        walker.reopen(self.by)


@dataclass(frozen=True, kw_only=True, repr=False)
class Crash(_ByActor):
    """Let an actor die without closing the queue; a successor takes its name."""

    def play(self, walker: Walker) -> None:
        walker.crash(self.by)


@dataclass(frozen=True, kw_only=True, repr=False)
class Wait(Step):
    """Let `seconds` pass."""

    seconds: float

    def play(self, walker: Walker) -> None:
        walker.env.wait(self.seconds)


Walk = tuple[Step, ...]
"""A program of steps."""
