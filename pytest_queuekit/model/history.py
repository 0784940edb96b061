"""The operations of all actors in a run, each with its start, its end and its outcome.

An operation without an end was cut off by a kill or a time limit. Its outcome is unknown, not
failed, and a monitor must accept both of its futures.
"""

from __future__ import annotations

import enum
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

from pytest_queuekit.errors import HistoryError
from pytest_queuekit.model.verbs import Verb as Verb

UNRECOGNISED = "?"
"""The task of a delivery whose payload the kit never enqueued."""

NUMBERED = "queuekit-number:"
"""Begins the label of a number whose task another process enqueued. No other label has a colon."""

CONVERTED = "converted"
"""The argument in a history that holds a payload as JSON gives it back, if that differs."""
INVALID = "invalid"
"""The argument that marks a call with a value that no queue promises to accept; says which."""

TOGETHER = "together"
"""The argument that a proof adds to an operation of a batch: the tasks of the whole call."""
DURING = "during"
"""The argument that a proof adds to a kill: the verb of the call that it cut off."""
AFTER = "after"
"""The argument of a kill at a known place in a call: the steps that were done, "2 steps"."""
FORKS = "forks"
"""The argument of the last call before a fork: the actor that the forked process becomes."""
FORKED_FROM = "forked_from"
"""The argument that a proof adds to the calls of a forked process: the actor that forked it."""
CLOCK_SET = "clock_set"
"""The argument of the last call before the wall clock was set: seconds, less than 0 for back."""

_T = TypeVar("_T")

SECOND = 1_000_000_000
"""Nanoseconds: the unit in which a history counts time."""


class Outcome(enum.StrEnum):
    """How an operation ended.

    OK: the queue accepted the call. REFUSED: the queue declined it, and nothing changed; rules say
    "rejected" if the input was invalid. BUSY: the queue asked to try later, and nothing changed.
    UNKNOWN: any other error, or no end: the call may have taken effect or not.
    """

    OK = "ok"
    REFUSED = "refused"
    BUSY = "busy"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One call on the queue, as its caller saw it.

    number: the position in the history, by start.
    actor: the name of the caller.
    verb: the kind of the call. A batch is recorded as one operation per task, all with the same
        start and end.
    start, end: nanoseconds on the clock that all actors of the run share; `end` is None if the
        call never returned.
    outcome: how the call ended.
    task: the label that the kit put into the payload; None if the call concerns no task, or if a
        claim found the queue empty.
    claim: for an acknowledgement, the number of the claim that it acknowledges.
    arguments: the options of the call, and the canonical text of an enqueued payload as `payload`.
    result: the answer as JSON: for a delivery its payload, task id, attempt and token; for stats
        the counts; for dead letters their labels.
    error: type and message of an error.
    raised_at: the place in the user's code that raised it: "shelf.py:31 in put".
    """

    number: int = 0
    actor: str
    verb: Verb
    start: int
    end: int | None
    outcome: Outcome
    task: str | None = None
    claim: int | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    result: Any = None
    error: str | None = None
    raised_at: str | None = None

    @property
    def ok(self) -> bool:
        """True if the queue accepted the call."""
        return self.outcome is Outcome.OK

    @property
    def is_delivery(self) -> bool:
        """True if a claim received a task."""
        return self.task is not None and self.verb is Verb.CLAIM and self.outcome is Outcome.OK

    @property
    def is_empty(self) -> bool:
        """True if a claim was answered with empty."""
        return self.task is None and self.verb is Verb.CLAIM and self.outcome is Outcome.OK

    @property
    def method(self) -> str:
        """The name of the adapter's method behind a call."""
        return f"{self.verb}_many" if "batch" in self.arguments else str(self.verb)

    def is_same_batch(self, other: Operation) -> bool:
        """Return True if two operations belong to one batch: a call has one interval."""
        own, others = ((each.actor, each.verb, each.start, each.end) for each in (self, other))
        return own == others and "batch" in other.arguments

    def ended_before(self, other: Operation) -> bool:
        """Return True if this operation ended before the other began."""
        return self.end is not None and self.end < other.start

    def overlaps(self, other: Operation) -> bool:
        """Return True if neither of two operations ended before the other began."""
        return not (self.ended_before(other) or other.ended_before(self))


@dataclass(frozen=True, kw_only=True)
class History:
    """All operations of one run, sorted by start.

    operations: the operations; `operations[n].number == n`.
    lease: seconds of the lease of claims without a lease among their arguments.
    drained: True if actors claimed until the queue was empty, after every lease had ended. Only
        then is a task that was never delivered a lost task.
    driver: the way the actors were interleaved, for the report.
    """

    operations: tuple[Operation, ...]
    lease: float | None = None
    drained: bool = False
    driver: str = "sequence"
    _derived: dict[tuple[object, ...], Any] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be derived again."""
        return {**vars(self), "_derived": {}}

    @classmethod
    def of(
        cls,
        operations: Iterable[Operation],
        *,
        lease: float | None = None,
        drained: bool = False,
        driver: str = "sequence",
    ) -> History:
        """Sort operations of several actors by start, and number them in that order.

        The `claim` of an acknowledgement is a number among its actor's operations; the history has
        the number of the same claim among all operations. Each actor's operations must come in the
        order in which they ended. The first operation starts at 0.
        """
        return cls(
            operations=tuple(_named(_merge(operations))),
            lease=lease,
            drained=drained,
            driver=driver,
        )

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.operations)

    def __len__(self) -> int:
        return len(self.operations)

    def by(self, *verbs: Verb) -> Sequence[Operation]:
        """Return the operations of these verbs, in order."""
        return self.derived(_of_verbs, verbs)

    def derived(self, derive: Callable[..., _T], *facts: object) -> _T:
        """Return what a pure function derives from the history and some facts, computed once.

        The result is shared: nobody may change it.
        """
        key = (derive, *facts)
        if key not in self._derived:
            self._derived[key] = derive(self, *facts)
        result: _T = self._derived[key]
        return result


def _of_verbs(history: History, verbs: tuple[Verb, ...]) -> Sequence[Operation]:
    by_verb = history.derived(_by_verb)
    chosen = [by_verb[verb] for verb in verbs if verb in by_verb]
    if len(chosen) == 1:
        return chosen[0]
    return sorted(chain.from_iterable(chosen), key=attrgetter("number"))


def _by_verb(history: History) -> Mapping[Verb, list[Operation]]:
    """Sort all operations by verb at once: most questions are about the calls of one verb."""
    by_verb: dict[Verb, list[Operation]] = defaultdict(list)
    for operation in history.operations:
        by_verb[operation.verb].append(operation)
    return by_verb


def _merge(operations: Iterable[Operation]) -> Iterator[Operation]:
    listed = list(operations)
    order = sorted(range(len(listed)), key=lambda at: (listed[at].start, at))
    place = {(listed[at].actor, listed[at].number): new for new, at in enumerate(order)}
    origin = listed[order[0]].start if order else 0
    for new, at in enumerate(order):
        old = listed[at]
        claim = None if old.claim is None else place[old.actor, old.claim]
        end = None if old.end is None else old.end - origin
        yield replace(old, number=new, claim=claim, start=old.start - origin, end=end)


def _named(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Put the labels of tasks in the place of numbers that stand for them."""
    listed = list(operations)
    labels = {
        call.arguments.get("payload"): call.task for call in listed if call.verb is Verb.ENQUEUE
    }
    for call in listed:
        if _is_numbered(call.task):
            yield replace(call, task=_known(call.task, labels))
        elif call.verb is Verb.DEAD_LETTERS and any(map(_is_numbered, _listed(call))):
            yield replace(call, result=[_known(each, labels) for each in _listed(call)])
        else:
            yield call


def _listed(call: Operation) -> list[Any]:
    return call.result if isinstance(call.result, list) else []


def _is_numbered(label: object) -> bool:
    return isinstance(label, str) and label.startswith(NUMBERED)


def _known(label: Any, labels: Mapping[Any, str | None]) -> Any:
    """Return the label of a number; any other label unchanged."""
    if not _is_numbered(label):
        return label
    return labels.get(label.removeprefix(NUMBERED)) or UNRECOGNISED


_FIELDS = tuple(field.name for field in fields(Operation))


def write_operation(operation: Operation) -> str:
    """Return an operation as one line of JSON."""
    data = {name: getattr(operation, name) for name in _FIELDS}
    return json.dumps(data, ensure_ascii=True, default=repr)


def read_operation(line: str) -> Operation:
    """Read a line of JSON. Raises HistoryError if it is not an operation."""
    try:
        data = json.loads(line)
        data["verb"], data["outcome"] = Verb(data["verb"]), Outcome(data["outcome"])
        return Operation(**data)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise HistoryError(f"not an operation: {line[:80]!r} ({error})") from error


def write_history(history: History, path: Path) -> None:
    """Write a history as JSON Lines: a head, then one operation a line."""
    head = {"lease": history.lease, "drained": history.drained, "driver": history.driver}
    lines = [json.dumps(head), *map(write_operation, history)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_history(path: Path) -> History:
    """Read a file of `write_history`. Raises HistoryError with the number of an invalid line."""
    try:
        head, *lines = path.read_text(encoding="utf-8").split("\n")[:-1] or [""]
        history = History(operations=(), **json.loads(head))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise HistoryError(f"{path}: this is not a history: {error}") from error
    return replace(history, operations=tuple(_read_lines(lines, path)))


def _read_lines(lines: Sequence[str], path: Path) -> Iterator[Operation]:
    for number, line in enumerate(lines, start=2):
        try:
            yield read_operation(line)
        except HistoryError as error:
            raise HistoryError(f"{path}, line {number}: {error}") from error
