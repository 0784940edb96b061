"""The words of a violation: actors, operations, times and declarations."""

from __future__ import annotations

from pytest_queuekit.model.history import SECOND, History, Operation, Verb

_MOMENT = SECOND // 100
"""Nanoseconds up to which an operation is described by its start alone."""

PAST = {
    Verb.ENQUEUE: "enqueued",
    Verb.CLAIM: "claimed",
    Verb.COMPLETE: "completed",
    Verb.FAIL: "failed",
    Verb.EXTEND: "extended",
    Verb.RELEASE: "released",
    Verb.CANCEL: "cancelled",
    Verb.REQUEUE: "requeued",
    Verb.DEAD_LETTERS: "listed as a dead letter",
}
"""The past tense of a verb whose object is a task."""

NOUNS = {
    Verb.COMPLETE: "completion",
    Verb.FAIL: "failure report",
    Verb.EXTEND: "extension",
    Verb.RELEASE: "release",
}
"""The noun for an acknowledgement."""


def actor(operation: Operation) -> str:
    """Return the actor of an operation in backquotes."""
    return f"`{operation.actor}`"


def when(history: History, operation: Operation) -> str:
    """Return "at 1.000 s", or "at 1.000-1.500 s" for an operation of 10 ms or more.

    Times count from the start of the history.
    """
    origin = history.operations[0].start
    start = f"{(operation.start - origin) / SECOND:.3f}"
    if operation.end is None or operation.end - operation.start < _MOMENT:
        return f"at {start} s"
    return f"at {start}-{(operation.end - origin) / SECOND:.3f} s"


def done(history: History, operation: Operation) -> str:
    """Return "enqueued by `p` at 1.000 s": the action, the actor and the time."""
    return f"{PAST[operation.verb]} by {actor(operation)} {when(history, operation)}"


def times(count: float) -> str:
    """Return "1 time" or "3 times"."""
    return "1 time" if count == 1 else f"{count:g} times"


def seconds(value: float) -> str:
    """Return "60 s", even for a whole number that no float can hold."""
    try:
        return f"{value:g} s"
    except OverflowError:
        return "more than 1e308 s"
