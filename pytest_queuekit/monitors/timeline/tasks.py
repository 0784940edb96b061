"""Tasks: for each label its enqueues, deliveries, acknowledgements, cancels and requeues."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from pytest_queuekit.model.history import UNRECOGNISED, History, Operation, Outcome, Verb
from pytest_queuekit.monitors.timeline.moments import latest, number

ENDINGS = (Verb.COMPLETE, Verb.FAIL, Verb.RELEASE)
"""The acknowledgements after which a worker no longer holds its task."""


@dataclass(kw_only=True, slots=True)  # frozen, it would take three times as long to make
class DeliveredTask:
    """One delivery of a task.

    claim: the claim that returned the task.
    acknowledgements: the acknowledgements of this delivery by start, refused and busy ones
        included.
    before: nanoseconds: the end of the last earlier claim that received the task.
    after: nanoseconds: the start of the next claim that received the task.
    """

    claim: Operation
    acknowledgements: list[Operation] = field(default_factory=list)
    before: float = -math.inf
    after: float = math.inf

    def alone(self, until: float) -> bool:
        """Return True if no other claim can have received it between this claim and a moment.

        Both comparisons are strict: at the very moment at which another claim starts or ends,
        either claim may have been first. Counter-example: `a` claims [2, 3] and completes [4, 8],
        `b` claims [8, 9]: at 8, `b` may have taken the task before the completion counted.
        """
        return self.before < self.claim.start and until < self.after

    def endings(self) -> list[Operation]:
        """Return the acknowledgements that may have ended the delivery."""
        return [said for said in self.acknowledgements if said.verb in ENDINGS and happens(said)]

    def extensions(self) -> list[Operation]:
        """Return the extensions that may have been granted."""
        return [
            said for said in self.acknowledgements if said.verb is Verb.EXTEND and happens(said)
        ]


@dataclass(kw_only=True, slots=True)
class TaskHistory:
    """The operations on the task of one label.

    label: the label that the kit put into the payload.
    enqueues: those that may have happened; several where a client retried.
    declined: enqueues that were refused or busy.
    deliveries: by start.
    cancels, requeues: those that may have happened.
    requeued: the requeue with which this life of the task began; None for the first, see `lives`.
    earlier: deliveries in the lives before.
    """

    label: str
    enqueues: list[Operation] = field(default_factory=list)
    declined: list[Operation] = field(default_factory=list)
    deliveries: list[DeliveredTask] = field(default_factory=list)
    cancels: list[Operation] = field(default_factory=list)
    requeues: list[Operation] = field(default_factory=list)
    requeued: Operation | None = None
    earlier: int = 0

    @property
    def only_enqueue(self) -> Operation | None:
        """The enqueue; None without one, and where several may have made several tasks.

        A requeue is like a further enqueue, which the monitor `requeue` judges.
        """
        return self.enqueues[0] if len(self.enqueues) == 1 and not self.requeues else None

    @property
    def first_claim(self) -> Operation | None:
        """The claim of the first delivery."""
        return self.deliveries[0].claim if self.deliveries else None


def next_claim(task: TaskHistory, operation: Operation) -> Operation | None:
    """Return the first claim that received a task and started after an operation had ended.

    A claim that starts at the operation's very end does not count: either may have been first.
    """
    if operation.end is None:
        return None
    place = bisect_right(task.deliveries, operation.end, key=lambda delivery: delivery.claim.start)
    return task.deliveries[place].claim if place < len(task.deliveries) else None


def happens(operation: Operation) -> bool:
    """Return True if an operation may have had an effect: it was neither refused nor busy."""
    return operation.outcome not in (Outcome.REFUSED, Outcome.BUSY)


def may_be_rejected(enqueue: Operation) -> bool:
    """Return True if a queue may refuse a task for its priority: scales begin at 0 or 1."""
    priority = enqueue.arguments.get("priority")
    given = number(priority)
    return priority is not None and (given is None or not 1 <= given <= 100)


def tasks_of(history: History) -> Mapping[str, TaskHistory]:
    """Return the operations of a history by task. Deliveries of unknown tasks are left out."""
    return history.derived(_tasks)


def _tasks(history: History) -> Mapping[str, TaskHistory]:
    tasks: dict[str, TaskHistory] = {}
    acknowledgements: dict[int, list[Operation]] = defaultdict(list)
    claims: dict[str, list[Operation]] = defaultdict(list)
    for operation in history.operations:
        label = operation.task
        if operation.claim is not None:
            acknowledgements[operation.claim].append(operation)
        elif label is not None and label != UNRECOGNISED:
            task = tasks.get(label)
            if task is None:
                task = tasks[label] = TaskHistory(label=label)
            if operation.verb is not Verb.CLAIM:
                _add(task, operation)
            elif operation.outcome is Outcome.OK:
                claims[label].append(operation)
    for label, task_claims in claims.items():
        tasks[label].deliveries.extend(_deliveries(task_claims, acknowledgements))
    return tasks


def _add(task: TaskHistory, operation: Operation) -> None:
    if operation.verb is Verb.ENQUEUE:
        (task.enqueues if happens(operation) else task.declined).append(operation)
    elif happens(operation) and operation.verb is Verb.CANCEL:
        task.cancels.append(operation)
    elif happens(operation) and operation.verb is Verb.REQUEUE:
        task.requeues.append(operation)


def _deliveries(
    claims: Sequence[Operation], acknowledgements: Mapping[int, list[Operation]]
) -> Iterator[DeliveredTask]:
    if len(claims) == 1:
        [claim] = claims
        yield DeliveredTask(claim=claim, acknowledgements=acknowledgements.get(claim.number, []))
        return
    before = -math.inf
    for claim, following in zip_longest(claims, claims[1:]):
        yield DeliveredTask(
            claim=claim,
            acknowledgements=acknowledgements.get(claim.number, []),
            before=before,
            after=math.inf if following is None else following.start,
        )
        before = max(before, claim.start if claim.end is None else claim.end)


def shared_keys(history: History) -> frozenset[str]:
    """Return the labels of tasks with an idempotency key that another task used too."""
    return history.derived(_shared_keys)


def _shared_keys(history: History) -> frozenset[str]:
    labels: dict[str, set[str | None]] = defaultdict(set)
    for enqueue in history.by(Verb.ENQUEUE):
        key = enqueue.arguments.get("key")
        if key is not None and happens(enqueue):
            labels[repr(key)].add(enqueue.task)
    return frozenset(
        label for sharing in labels.values() if len(sharing) > 1 for label in sharing if label
    )


def later_of_key(history: History) -> frozenset[str]:
    """Return the labels of tasks that may have found their idempotency key in use.

    The first task of a key is left out, if its enqueue ended before all others of the key began.
    """
    enqueues: dict[str, list[Operation]] = defaultdict(list)
    for enqueue in history.by(Verb.ENQUEUE):
        if enqueue.arguments.get("key") is not None and happens(enqueue):
            enqueues[repr(enqueue.arguments["key"])].append(enqueue)
    later: set[str] = set()
    for first, *others in enqueues.values():
        alone = all(first.ended_before(other) for other in others)
        later |= {each.task for each in (others if alone else [first, *others]) if each.task}
    return frozenset(later)


def listed_dead(history: History) -> frozenset[str]:
    """Return the labels of tasks that appear in some list of dead letters."""
    lists = [answer.result for answer in history.by(Verb.DEAD_LETTERS) if answer.ok]
    return frozenset(
        label
        for labels in lists
        if isinstance(labels, list)
        for label in labels
        if isinstance(label, str)
    )


def is_listed_dead(history: History, task: TaskHistory) -> bool:
    """Return True if some list of dead letters has a task. Lists from before its life are old."""
    if task.label not in history.derived(listed_dead):
        return False
    return task.requeued is None or any(
        latest(answer) >= task.requeued.start
        for answer in history.by(Verb.DEAD_LETTERS)
        if isinstance(answer.result, list) and task.label in answer.result
    )


@dataclass(frozen=True, kw_only=True)
class UnknownClaims:
    """Claims of unknown outcome. Each may have taken any task without a recorded delivery.

    claims: the operations, by start.
    """

    claims: tuple[Operation, ...]

    @classmethod
    def of(cls, history: History) -> UnknownClaims:
        """Collect the claims of unknown outcome in a history."""
        claims = history.by(Verb.CLAIM)
        return cls(claims=tuple(claim for claim in claims if claim.outcome is Outcome.UNKNOWN))

    @property
    def first_start(self) -> float:
        """The moment, in nanoseconds, before which none of these claims took a task."""
        return self.claims[0].start if self.claims else math.inf

    @property
    def most_taken(self) -> int:
        """How many tasks these claims may have taken together."""
        return sum(map(most_taken, self.claims))


def most_taken(claim: Operation) -> int:
    """Return how many tasks a claim may have taken."""
    batch = claim.arguments.get("batch", 1)
    return batch if isinstance(batch, int) else 1
