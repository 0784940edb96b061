"""Notes on the operations of a proof: what no operation says alone, and its history knows."""

from __future__ import annotations

from dataclasses import replace

from pytest_queuekit.model.history import DURING, TOGETHER, History, Operation, Verb


def annotated(call: Operation, history: History) -> Operation:
    """Return an operation with the tasks of its batch, or with the call that a kill cut off."""
    facts: dict[str, object] = {}
    if "batch" in call.arguments:
        facts[TOGETHER] = [_named(other) for other in history if _is_same_call(call, other)]
    elif call.verb is Verb.KILL:
        for cut_off in _unfinished(call, history):
            facts[DURING] = _called(cut_off)
    return replace(call, arguments={**call.arguments, **facts}) if facts else call


def _is_same_call(call: Operation, other: Operation) -> bool:
    """Return True if two operations belong to one call: its tasks have the same start and end."""
    own, others = ((each.actor, each.verb, each.start, each.end) for each in (call, other))
    return own == others and "batch" in other.arguments and other.task is not None


def _named(call: Operation) -> str:
    key = call.arguments.get("key")
    return f"{call.task}" if key is None else f"{call.task} (key={key})"


def _called(call: Operation) -> str:
    return f"{call.verb}_many" if "batch" in call.arguments else str(call.verb)


def _unfinished(kill: Operation, history: History) -> list[Operation]:
    """Return the calls that never ended because their actor was killed."""
    return [
        call
        for call in history.operations[: kill.number]
        if call.actor == kill.actor and call.end is None
    ]
