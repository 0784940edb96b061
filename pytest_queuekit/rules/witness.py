"""Completes the witness of a violation, so that the call that caused it is among the calls shown.

A monitor names the few operations that prove a violation. Their cause may be another one: the stale
acknowledgement between two claims, or the second enqueue of a key before a claim that raises.
"""

from __future__ import annotations

from dataclasses import replace

from pytest_queuekit.model.history import History, Operation, Verb
from pytest_queuekit.model.verdict import Violation

_MOST = 12
"""Operations of a completed witness; a report shows no more."""
_BEFORE = 6
"""Changes that are shown before a call that concerns no task."""

_LOOKS = frozenset({Verb.OPEN, Verb.STATS, Verb.DEAD_LETTERS, Verb.CLOSE})
"""Verbs that change nothing."""


def complete(violation: Violation, history: History) -> Violation:
    """Return a violation whose witness has all operations on its tasks, from its first to its last.

    The first backup between them concerns every task: the run may have continued in the copy.

    A single operation is preceded by the operations on its task or, if it concerns none, by the
    last changes of the run.
    """
    if not violation.witness:
        return violation
    tasks = {call.task for call in violation.witness if call.task is not None}
    begin, end = violation.witness[0].start, violation.witness[-1].start
    if len(violation.witness) == 1:
        begin = history.operations[0].start
    between = [call for call in history if begin <= call.start <= end]
    if tasks:
        copies = [call.number for call in between if call.verb is Verb.BACKUP][:1]
        added = [call for call in between if call.task in tasks or call.number in copies]
    else:
        added = [call for call in between if _changed(call)][-_BEFORE:]
    known = {call.number for call in violation.witness}
    room = max(_MOST - len(known), 0)
    fresh = [call for call in added if call.number not in known]
    witness = sorted((*violation.witness, *fresh[len(fresh) - min(room, len(fresh)) :]), key=_place)
    return replace(violation, witness=tuple(witness))


def _changed(call: Operation) -> bool:
    """Return True if an operation may have changed the queue."""
    return call.verb not in _LOOKS and not call.is_empty


def _place(call: Operation) -> int:
    return call.number
