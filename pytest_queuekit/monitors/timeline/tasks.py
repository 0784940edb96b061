"""The life of each task: what was enqueued, delivered, acknowledged and cancelled."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from pytest_queuekit.model.history import UNRECOGNISED, History, Operation, Outcome, Verb

ENDINGS = (Verb.COMPLETE, Verb.FAIL, Verb.RELEASE)
"""The acknowledgements after which a worker no longer holds its task."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One delivery of a task.

    claim: the operation that handed it out.
    acknowledgements: what was said about it, by start, the refused and the busy ones included.
    before, after: nanoseconds: when the last of the earlier claims that got the same task ended,
        and when the next one began.
    """

    claim: Operation
    acknowledgements: list[Operation] = field(default_factory=list)
    before: float = -math.inf
    after: float = math.inf

    def alone(self, until: float) -> bool:
        """Whether up to an instant no other claim can have got the task since this one began."""
        return self.before < self.claim.start and until < self.after

    def endings(self) -> list[Operation]:
        """Return the acknowledgements that may have ended the delivery."""
        return [one for one in self.acknowledgements if one.verb in ENDINGS and happens(one)]

    def extensions(self) -> list[Operation]:
        """Return the extensions that may have been granted."""
        return [one for one in self.acknowledgements if one.verb is Verb.EXTEND and happens(one)]


@dataclass(frozen=True, kw_only=True)
class Life:
    """All that concerns the task of one label.

    task: the label.
    enqueues: those that may have happened; more than one where a client tried again.
    turned_away: enqueues that were refused or busy.
    deliveries: by start.
    cancels: those that may have happened.
    """

    task: str
    enqueues: list[Operation] = field(default_factory=list)
    turned_away: list[Operation] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    cancels: list[Operation] = field(default_factory=list)

    @property
    def enqueue(self) -> Operation | None:
        """The one enqueue; None where there is none, or there may be several tasks."""
        return self.enqueues[0] if len(self.enqueues) == 1 else None

    @property
    def first(self) -> Operation | None:
        """The claim of the first delivery."""
        return self.deliveries[0].claim if self.deliveries else None


def next_claim(life: Life, operation: Operation) -> Operation | None:
    """Return the first claim that got a task and began after an operation had ended."""
    if operation.end is None:
        return None
    place = bisect_right(life.deliveries, operation.end, key=lambda one: one.claim.start)
    return life.deliveries[place].claim if place < len(life.deliveries) else None


def happens(operation: Operation) -> bool:
    """Whether an operation may have had an effect: it was neither refused nor busy."""
    return operation.outcome not in (Outcome.REFUSED, Outcome.BUSY)


def lives_of(history: History) -> Mapping[str, Life]:
    """Sort the operations of a history by task. Deliveries of nobody's task are left out."""
    lives: dict[str, Life] = {}
    said: dict[int, list[Operation]] = defaultdict(list)
    claims: dict[str, list[Operation]] = defaultdict(list)
    for operation in history:
        task = operation.task
        if operation.claim is not None:
            said[operation.claim].append(operation)
        elif task is not None and task != UNRECOGNISED:
            life = lives.get(task) or lives.setdefault(task, Life(task=task))
            if operation.is_delivery:
                claims[task].append(operation)
            else:
                _enter(life, operation)
    for task, got in claims.items():
        lives[task].deliveries.extend(_deliveries(got, said))
    return lives


def _enter(life: Life, operation: Operation) -> None:
    if operation.verb is Verb.ENQUEUE:
        (life.enqueues if happens(operation) else life.turned_away).append(operation)
    elif operation.verb is Verb.CANCEL and happens(operation):
        life.cancels.append(operation)


def _deliveries(
    claims: Sequence[Operation], said: Mapping[int, list[Operation]]
) -> Iterator[Delivery]:
    before = -math.inf
    for claim, following in zip_longest(claims, claims[1:]):
        yield Delivery(
            claim=claim,
            acknowledgements=said.get(claim.number, []),
            before=before,
            after=math.inf if following is None else following.start,
        )
        before = max(before, claim.start if claim.end is None else claim.end)


def shared_keys(history: History) -> frozenset[str]:
    """Return the tasks whose idempotency key another enqueue has too, so that either may count."""
    tasks: dict[str, set[str | None]] = defaultdict(set)
    for enqueue in history.by(Verb.ENQUEUE):
        key = enqueue.arguments.get("key")
        if key is not None and happens(enqueue):
            tasks[repr(key)].add(enqueue.task)
    return frozenset(
        task for sharing in tasks.values() if len(sharing) > 1 for task in sharing if task
    )


@dataclass(frozen=True, kw_only=True)
class Ghosts:
    """Claims of unknown outcome: each may have taken any task that nobody saw delivered.

    claims: the operations, by start.
    """

    claims: tuple[Operation, ...]

    @classmethod
    def of(cls, history: History) -> Ghosts:
        """Find them in a history."""
        unknown = Outcome.UNKNOWN
        return cls(claims=tuple(one for one in history.by(Verb.CLAIM) if one.outcome is unknown))

    @property
    def first(self) -> float:
        """The instant, in nanoseconds, before which none of them took anything."""
        return self.claims[0].start if self.claims else float("inf")

    @property
    def weight(self) -> int:
        """How many deliveries they may be."""
        return sum(map(weight_of, self.claims))


def weight_of(claim: Operation) -> int:
    """Return how many tasks a claim may have taken."""
    batch = claim.arguments.get("batch", 1)
    return batch if isinstance(batch, int) else 1
