"""Completes the witness of a violation, so that the call that caused it is among the calls shown.

A monitor names the few operations that prove a violation. Their cause may be another one: the stale
acknowledgement between two claims, or the second enqueue of a key before a claim that raises.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from pytest_queuekit.model.history import CLOCK_SET, FORKS, History, Operation, Verb
from pytest_queuekit.model.verdict import Violation
from pytest_queuekit.monitors.timeline.annotations import annotated
from pytest_queuekit.monitors.timeline.findings import restarts
from pytest_queuekit.monitors.timeline.moments import latest

_MOST = 12
"""Operations of a completed witness; a report shows no more."""
_BEFORE = 6
"""Changes that are shown before a call that concerns no task."""

_LOOKS = frozenset({Verb.OPEN, Verb.STATS, Verb.DEAD_LETTERS, Verb.CLOSE})
"""Verbs that change nothing."""

_COMPARED = frozenset({"linear-cost", "worse-than-linear", "files-grow", "memory-grows"})
"""Kinds whose proof is a comparison of measured calls, which needs no other."""

_WHOLE_LIVES = frozenset(
    {"dead-too-early", "delivered-dead", "missing-dead-letter", "requeue-refused", "wrong-count"}
)
"""Kinds that depend on all that a task went through: its options and its earlier failures."""

_KEPT_OUT = frozenset({"keyed-lost", "lost", "turned-away"})
"""Kinds by which a task is missing that another one of its key may have kept out."""

_FOLDS: tuple[Callable[[str], str], ...] = (
    str.strip,
    str.casefold,
    lambda key: unicodedata.normalize("NFKC", key),
    lambda key: key[:255],
    lambda key: re.sub(r"(?<![\d.])0+(?=\d)|\.0+$", "", key),
)
"""Conversions before which a careless queue compares keys."""


def complete(violation: Violation, history: History) -> Violation:
    """Return a violation whose witness has all calls on its tasks that ran while its own did.

    An acknowledgement brings the claim that it belongs to. Where calls stop half-way for others,
    each call that meets one of these is shown, too. The first backup between the operations
    concerns every task: the run may have continued in the copy. So do a step of the clock, the end
    of a process that forked, and the restarts that may have done the damage. Of a missing task with
    a key, the witness also has the task whose key a careless comparison takes for the same.

    A single operation is preceded by the operations on its task or, if it concerns none, by the
    last changes of the run. A proof that depends on the whole life of a task has the calls from its
    enqueue on. A comparison of measured calls stays as it is.
    """
    if not violation.witness or violation.kind in _COMPARED:
        return violation
    known = {call.number for call in violation.witness}
    rivals = _rivals(violation, history)
    own = sorted((*violation.witness, *rivals), key=_place)
    known |= {call.number for call in rivals}
    room = max(_MOST - len(known), 0)
    fresh = [call for call in _company(violation, history) if call.number not in known]
    fresh.sort(key=lambda call: (call.verb is Verb.ENQUEUE, call.number))  # which has the options
    calls = sorted((*own, *fresh[len(fresh) - min(room, len(fresh)) :]), key=_place)
    return replace(violation, witness=tuple(annotated(call, history) for call in calls))


def _company(violation: Violation, history: History) -> list[Operation]:
    """Return the operations of a witness, and those around them that may be the cause."""
    witness = violation.witness
    tasks = {call.task for call in witness if call.task is not None}
    begin, end = witness[0].start, witness[-1].start
    if len(witness) == 1 or violation.kind in _WHOLE_LIVES:
        begin = history.operations[0].start

    def during(call: Operation) -> bool:
        # A call that began earlier may take effect only then: a release that stopped half-way.
        return begin <= latest(call) and call.start <= end

    if tasks:
        by_task = history.derived(_by_task)
        own = (call for task in tasks for call in by_task.get(task, ()))
        copies = islice(filter(during, history.by(Verb.BACKUP)), 1)
        steps = filter(during, history.derived(_with_argument, CLOCK_SET))
        added = [*filter(during, own), *copies, *steps]
    else:
        changes = (call for call in reversed(history.operations) if during(call) and _changed(call))
        added = list(islice(changes, _BEFORE))
    if history.driver == "interleaved":
        shown = (*witness, *added)
        added += [call for call in history if during(call) and _meets(call, shown)]
    numbers = {call.number for call in (*witness, *added)}
    # Without the claim of a stale acknowledgement, nothing shows that its worker ever had the task.
    numbers |= {call.claim for call in (*witness, *added) if call.claim is not None}
    numbers |= _ends_of_parents(witness, history)
    until = sorted(number for number in numbers if number <= witness[-1].number)
    numbers |= {
        call.number for call in restarts(history, [history.operations[each] for each in until])
    }
    return [history.operations[number] for number in sorted(numbers)]


def _by_task(history: History) -> Mapping[str | None, Sequence[Operation]]:
    by_task: dict[str | None, list[Operation]] = defaultdict(list)
    for call in history:
        by_task[call.task].append(call)
    return by_task


def _with_argument(history: History, name: str) -> Sequence[Operation]:
    return [call for call in history if name in call.arguments]


def _ends_of_parents(shown: Iterable[Operation], history: History) -> set[int]:
    """Return the numbers of the calls that closed the instance of a forked process shown."""
    actors = {call.actor for call in shown}
    forks = history.derived(_with_argument, FORKS)
    parents = {call.actor for call in forks if call.arguments[FORKS] in actors}
    return {call.number for call in history.by(Verb.CLOSE) if call.actor in parents}


def _meets(call: Operation, shown: Iterable[Operation]) -> bool:
    """Return True if a call may have taken effect within another one, on whatever task.

    Such as a claim that found the task, stopped, and came back with another one.
    """
    return call.verb not in _LOOKS and any(call.overlaps(other) for other in shown)


def _rivals(violation: Violation, history: History) -> list[Operation]:
    """Return, for each task of a proof that is missing, the enqueue that may have its key."""
    if violation.kind not in _KEPT_OUT:
        return []
    missing = [call for call in violation.witness if call.verb is Verb.ENQUEUE]
    if not any(isinstance(call.arguments.get("key"), str) for call in missing):
        return []
    came = {call.task for call in history.by(Verb.CLAIM) if call.is_delivery}
    enqueues = [call for call in history.by(Verb.ENQUEUE) if call.task in came]
    return [rival for call in missing for rival in _alike(call, enqueues)[:1]]


def _alike(missing: Operation, enqueues: Sequence[Operation]) -> list[Operation]:
    """Return the enqueues whose key differs, and is equal after a usual conversion."""
    key = missing.arguments.get("key")
    others = [(call, other) for call in enqueues if (other := call.arguments.get("key")) != key]
    return [
        call
        for fold in _FOLDS
        for call, other in others
        if isinstance(key, str) and isinstance(other, str) and fold(key) == fold(other)
    ]


def _changed(call: Operation) -> bool:
    """Return True if an operation may have changed the queue."""
    return call.verb not in _LOOKS and not call.is_empty


def _place(call: Operation) -> int:
    return call.number
