"""Names the cause of a violation, so that a report shows each cause once.

Two violations share a cause if nothing differs that could tell causes apart: the title, the call
that shows the fault and its wrong answer, the other calls with their options and answers, the
options of their tasks, and the world around them. When in doubt, there are two causes.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pytest_queuekit.model.history import Operation, Verb
from pytest_queuekit.model.verbs import METHODS
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.report.causes import ANSWER, AT_ONCE, BETWEEN_PARTS, IN_TURN

_HUGE = 2**31
"""Numbers from here on are of a kind of their own: a column or a clock may not hold them."""

_LOOKS = frozenset({Verb.OPEN, Verb.CLOSE})
"""Verbs that prove nothing, unless they are the last call."""

_COUNT = "wrong-count"
"""The kind of a count of tasks that is wrong."""
_FOLLOWS: Mapping[str, frozenset[str]] = {
    "lost": frozenset({"stale-swallowed"}),
    "missing-dead-letter": frozenset({"delivered-dead"}),
    "not-reclaimed": frozenset({"stale-swallowed"}),
    "said-empty": frozenset({"stale-swallowed"}),
    "unfinished-lost": frozenset({"stale-swallowed"}),
    _COUNT: frozenset({"delivered-dead"}),
}
"""What is certain to follow for a task, by the kinds that it follows from."""

_SHOWN_BY_CLAIMS = frozenset({"key-let-through"})
"""Kinds whose fault is the last enqueue. The deliveries after it only show that."""

_VARIES = re.compile(r"[0-9a-f]{8,}|\d+|task-\S+")
"""What differs between two errors of one cause: ids, numbers and tasks."""


def follows(violation: Violation, others: Iterable[Violation]) -> bool:
    """Return True if a violation is certain to follow from another one in the same run.

    A stale completion that was accepted ends a task, so the task never comes again. A task that is
    missing in one count is too many in another.
    """
    others = list(others)
    if any(_is_other_side(violation, other) for other in others):
        return True
    reasons = _FOLLOWS.get(violation.kind, frozenset())
    explained = {task for other in others if other.kind in reasons for task in _tasks(other)}
    if violation.kind == _COUNT:
        return not explained.isdisjoint(_tasks(violation))  # one task makes the number wrong
    return bool(explained) and _tasks(violation) <= explained


def _is_other_side(violation: Violation, other: Violation) -> bool:
    """Return True for the second of two wrong counts in one answer, for the same tasks."""
    return (
        violation.kind == other.kind == _COUNT
        and violation.witness[-1].number == other.witness[-1].number
        and _tasks(violation) == _tasks(other) != set()
        and violation.title > other.title
    )


def _tasks(violation: Violation) -> set[str]:
    return {call.task for call in violation.witness if call.task is not None}


def cause_of(
    violation: Violation, *, world: Collection[str], enqueues: Iterable[Operation] = ()
) -> str:
    """Return the cause of a violation as a text that is equal for equal causes only.

    world: words for whatever happened around the calls, such as the kinds of faults.
    enqueues: the enqueues of the run, since an option of a task may be the cause.

    Empty if the violation has no operations, which would leave its cause open.
    `report.causes` compares the parts of the text.
    """
    calls = _to_the_culprit(violation)
    if not calls:
        return ""
    *others, last = calls
    tasks = _tasks(violation)
    others += [call for call in enqueues if call.task in tasks and call.number != last.number]
    parts = (
        violation.kind,
        violation.title,
        _described(last),
        *sorted({_described(call) for call in others if call.verb not in _LOOKS}),
        AT_ONCE if _overlap(calls) else IN_TURN,
        *sorted(world),
    )
    return BETWEEN_PARTS.join(part for part in parts if part)


def _to_the_culprit(violation: Violation) -> Sequence[Operation]:
    calls = violation.witness
    ends = [place for place, call in enumerate(calls, start=1) if call.verb is Verb.ENQUEUE]
    return calls[: ends[-1]] if ends and violation.kind in _SHOWN_BY_CLAIMS else calls


def _described(call: Operation) -> str:
    """Return a call by its verb, the sort of its arguments, and its answer."""
    options = METHODS[call.verb].options if call.verb in METHODS else {}
    words = [call.verb.value]
    for name, value in sorted(call.arguments.items()):
        if name == "payload":
            words += _body(call, value)
        elif name in options:
            words.append(f"{name}={_sort_of(value)}")
        elif isinstance(value, str):
            words.append(f"{name}={value}")  # a fact that a rule noted
    return f"{' '.join(words)}{ANSWER}{_answer(call)}"


def _body(call: Operation, payload: object) -> Iterator[str]:
    """Yield a word for a payload that holds more than the label of its task."""
    text = str(payload).replace(call.task or "", "")
    yield f"payload#{zlib.crc32(text.encode('utf-8', 'backslashreplace')):08x}"


def _answer(call: Operation) -> str:
    if call.end is None:
        return "no answer"
    if call.error is not None or not call.ok:
        error = _VARIES.sub("…", call.error or "")
        return " ".join(filter(None, (call.outcome.value, error, call.raised_at)))
    if call.verb is Verb.CLAIM:
        return "empty" if call.is_empty else "task"
    return "ok"


def _sort_of(value: Any) -> str:
    """Return what kind of value an option has, where the same fault may need the same kind."""
    if isinstance(value, bool | None):
        return repr(value)
    if not isinstance(value, int | float):
        return type(value).__name__ if value else f"empty {type(value).__name__}"
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    size = "huge " if abs(value) >= _HUGE else ""
    sign = "0" if value == 0 else "fraction" if 0 < abs(value) < 1 else "number"
    return f"{size}{'negative ' if value < 0 else ''}{sign}"


def _overlap(calls: Sequence[Operation]) -> bool:
    """Return True if two calls ran at the same time."""
    ordered = sorted(calls, key=lambda call: call.start)
    return any(
        before.end is None or before.end > after.start for before, after in pairwise(ordered)
    )
