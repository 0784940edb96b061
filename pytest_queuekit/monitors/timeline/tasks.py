"""Tasks: for each label its enqueues, deliveries, acknowledgements, cancels and requeues."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, takewhile, zip_longest
from operator import attrgetter

from pytest_queuekit.model.history import UNRECOGNISED, History, Operation, Outcome, Verb
from pytest_queuekit.monitors.timeline.moments import latest, number

_DECLINED = (Outcome.REFUSED, Outcome.BUSY)


@dataclass(slots=True)  # frozen, it would take three times as long to make
class DeliveredTask:
    """One delivery of a task.

    claim: the claim that returned the task.
    acknowledgements: the acknowledgements of this delivery by start, refused and busy ones
        included.
    endings: those after which the worker may no longer hold the task.
    extensions: those that may have extended the lease.
    before: nanoseconds: the end of the last earlier claim that received the task.
    after: nanoseconds: the start of the next claim that received the task.
    """

    claim: Operation
    acknowledgements: Sequence[Operation] = ()
    endings: Sequence[Operation] = ()
    extensions: Sequence[Operation] = ()
    before: float = -math.inf
    after: float = math.inf

    def alone(self, until: float) -> bool:
        """Return True if no other claim can have received it between this claim and a moment.

        Both comparisons are strict: at the very moment at which another claim starts or ends,
        either claim may have been first. Counter-example: `a` claims [2, 3] and completes [4, 8],
        `b` claims [8, 9]: at 8, `b` may have taken the task before the completion counted.
        """
        return self.before < self.claim.start and until < self.after


@dataclass(slots=True)
class TaskHistory:
    """The operations on the task of one label.

    label: the label that the kit put into the payload.
    enqueues: those that may have happened; several where a client retried.
    deliveries: by start.
    declined: enqueues that were refused or busy.
    cancels, requeues: those that may have happened.
    only_enqueue: the enqueue; None without one, and where several may have made several tasks. A
        requeue is like a further enqueue, which the monitor `requeue` judges.
    first_claim: the claim of the first delivery; None without one.
    requeued: the requeue with which this life of the task began; None for the first, see `lives`.
    earlier: deliveries in the lives before.
    """

    label: str
    enqueues: Sequence[Operation] = ()
    deliveries: Sequence[DeliveredTask] = ()
    declined: Sequence[Operation] = ()
    cancels: Sequence[Operation] = ()
    requeues: Sequence[Operation] = ()
    only_enqueue: Operation | None = None
    first_claim: Operation | None = None
    requeued: Operation | None = None
    earlier: int = 0


def next_claim(task: TaskHistory, operation: Operation) -> Operation | None:
    """Return the first claim that received a task and started after an operation had ended.

    A claim that starts at the operation's very end does not count: either may have been first.
    """
    deliveries, end = task.deliveries, operation.end
    if end is None or not deliveries or deliveries[-1].claim.start <= end:
        return None
    return deliveries[bisect_right(deliveries, end, key=attrgetter("claim.start"))].claim


def happens(operation: Operation) -> bool:
    """Return True if an operation may have had an effect: it was neither refused nor busy."""
    return operation.outcome not in _DECLINED


def may_be_rejected(enqueue: Operation) -> bool:
    """Return True if a queue may refuse a task for its priority: scales begin at 0 or 1."""
    priority = enqueue.arguments.get("priority")
    given = number(priority)
    return priority is not None and (given is None or not 1 <= given <= 100)


def tasks_of(history: History) -> Mapping[str, TaskHistory]:
    """Return the operations of a history by task. Deliveries of unknown tasks are left out."""
    return history.derived(_tasks)


def _tasks(history: History) -> Mapping[str, TaskHistory]:
    # One pass, and few objects: this is what a long history waits for most.
    tasks: dict[str, TaskHistory] = {}
    later_claims: dict[str, list[Operation]] = defaultdict(list)
    acknowledgements: dict[int, list[Operation]] = defaultdict(list)
    for operation in history.operations:
        label = operation.task
        if operation.claim is not None:
            acknowledgements[operation.claim].append(operation)
        elif label is not None and label != UNRECOGNISED:
            task = tasks.get(label)
            if task is None:
                task = tasks[label] = TaskHistory(label)
            if operation.verb is not Verb.CLAIM:
                _add(task, operation)
            elif operation.outcome is not Outcome.OK:
                continue
            elif task.first_claim is None:
                task.first_claim = operation
            else:
                later_claims[label].append(operation)
    for label, task in tasks.items():
        if task.first_claim is not None:
            claims = [task.first_claim, *later_claims.get(label, ())]
            task.deliveries = _deliveries(claims, acknowledgements)
    return tasks


def _add(task: TaskHistory, operation: Operation) -> None:
    if operation.verb is Verb.ENQUEUE and happens(operation):
        task.only_enqueue = None if task.enqueues or task.requeues else operation
        task.enqueues = _with(task.enqueues, operation)
    elif operation.verb is Verb.ENQUEUE:
        task.declined = _with(task.declined, operation)
    elif operation.verb is Verb.CANCEL and happens(operation):
        task.cancels = _with(task.cancels, operation)
    elif operation.verb is Verb.REQUEUE and happens(operation):
        task.only_enqueue = None
        task.requeues = _with(task.requeues, operation)


def _with(operations: Sequence[Operation], operation: Operation) -> Sequence[Operation]:
    if isinstance(operations, list):
        operations.append(operation)
        return operations
    return [operation]


def _deliveries(
    claims: Sequence[Operation], acknowledgements: Mapping[int, Sequence[Operation]]
) -> Sequence[DeliveredTask]:
    if len(claims) == 1:  # as for most tasks
        return [_delivery(claims[0], acknowledgements.get(claims[0].number, ()))]
    deliveries = []
    before = -math.inf
    for claim, following in zip_longest(claims, claims[1:]):
        after = math.inf if following is None else following.start
        said = acknowledgements.get(claim.number, ())
        deliveries.append(_delivery(claim, said, before, after))
        before = max(before, claim.start if claim.end is None else claim.end)
    return deliveries


def _delivery(
    claim: Operation,
    acknowledgements: Sequence[Operation],
    before: float = -math.inf,
    after: float = math.inf,
) -> DeliveredTask:
    for said in acknowledgements:
        if said.verb is Verb.EXTEND or not happens(said):
            break
    else:  # as in most deliveries
        return DeliveredTask(claim, acknowledgements, acknowledgements, (), before, after)
    happened = [said for said in acknowledgements if happens(said)]
    endings = [said for said in happened if said.verb is not Verb.EXTEND]
    extensions = [said for said in happened if said.verb is Verb.EXTEND]
    return DeliveredTask(claim, acknowledgements, endings, extensions, before, after)


def tasks_with(history: History, option: str) -> Sequence[TaskHistory]:
    """Return the tasks with an enqueue that has an option among its arguments, in order."""
    return history.derived(_tasks_by_option).get(option, ())


def _tasks_by_option(history: History) -> Mapping[str, Sequence[TaskHistory]]:
    tasks: dict[str, list[TaskHistory]] = defaultdict(list)
    for task in tasks_of(history).values():
        enqueues = (*task.enqueues, *task.declined)
        for option in dict.fromkeys(chain.from_iterable(each.arguments for each in enqueues)):
            tasks[option].append(task)
    return tasks


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


class DeadLetters:
    """The lists of dead letters, by start."""

    def __init__(self, history: History) -> None:
        self._lists = [
            (answer, frozenset(map(str, answer.result)))
            for answer in history.by(Verb.DEAD_LETTERS)
            if answer.ok and isinstance(answer.result, list)
        ]
        self._with: dict[str, list[Operation]] = defaultdict(list)
        for answer, labels in self._lists:
            for label in labels:
                self._with[label].append(answer)

    def naming(self, label: str) -> Sequence[Operation]:
        """Return the lists that name a task."""
        return self._with.get(label, ())

    def contain(self, task: TaskHistory) -> bool:
        """Return True if some list names a task. Lists from before its life are old."""
        answers = self.naming(task.label)
        if not answers or task.requeued is None:  # as for nearly all tasks
            return bool(answers)
        return any(latest(answer) >= task.requeued.start for answer in answers)

    def first_without(
        self, label: str, after: Operation, until: float = math.inf
    ) -> Operation | None:
        """Return the first list after an operation that names neither a task nor unknown ones.

        until: nanoseconds from which lists say nothing: the task may have left them.
        """
        if after.end is None:
            return None
        place = bisect_right(self._lists, after.end, key=lambda entry: entry[0].start)
        either = {label, UNRECOGNISED}
        later = (self._lists[at] for at in range(place, len(self._lists)))
        before = takewhile(lambda entry: latest(entry[0]) < until, later)
        return next((answer for answer, labels in before if not either & labels), None)


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
