"""Notes on the operations of a proof: what no operation says alone, and its history knows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from pytest_queuekit.model.history import (
    DURING,
    FORKED_FROM,
    FORKS,
    TOGETHER,
    History,
    Operation,
    Verb,
)


def annotated(call: Operation, history: History) -> Operation:
    """Return an operation with the tasks of its batch, or with the call that a kill cut off.

    The calls of a forked process name the actor that forked it.
    """
    facts: dict[str, object] = {}
    parent = history.derived(_parents).get(call.actor)
    if parent is not None:
        facts[FORKED_FROM] = parent
    if "batch" in call.arguments:
        facts[TOGETHER] = [
            _named(other)
            for other in _started_with(call, history)
            if other.task is not None and call.is_same_batch(other)
        ]
    elif call.verb is Verb.KILL:
        for cut_off in _unfinished(call, history):
            facts[DURING] = cut_off.method
    return replace(call, arguments={**call.arguments, **facts}) if facts else call


def _parents(history: History) -> dict[str, str]:
    """Return the actor that forked each forked process."""
    return {call.arguments[FORKS]: call.actor for call in history if FORKS in call.arguments}


def _named(call: Operation) -> str:
    key = call.arguments.get("key")
    return f"{call.task}" if key is None else f"{call.task} (key={key})"


def _unfinished(kill: Operation, history: History) -> list[Operation]:
    """Return the calls that never ended because their actor was killed."""
    return [
        call
        for call in history.derived(_endless)
        if call.actor == kill.actor and call.number < kill.number
    ]


def _endless(history: History) -> list[Operation]:
    return [call for call in history if call.end is None]


def _started_with(call: Operation, history: History) -> Sequence[Operation]:
    """Return the calls that started at the very moment of a call: a batch is among them."""
    start = attrgetter("start")
    first = bisect_left(history.operations, call.start, key=start)
    return history.operations[first : bisect_right(history.operations, call.start, key=start)]
